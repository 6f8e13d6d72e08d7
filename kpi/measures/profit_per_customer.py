"""What a customer leaves after the cost of the goods."""

from math import inf

import numpy as np

from kpi.facts import Counts, PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.money import Margins
from kpi.reasons import TOO_FEW_COSTS
from kpi.splits import SEGMENTS, Sums, by_order, without
from loyalty.intervals import Clusters

_ENOUGH_PERCENT = 80


@MEASURES.register("profit_per_customer")
class ProfitPerCustomer(Measure):
    """Σ (net - cost of what is kept) / #B, over known customers.

    `net` is after reward discounts, so these are not subtracted again. Variable costs are what `unit_cost` holds of
    them. Where less than 80 % of the net has a cost there is no figure; what has none counts with its whole net, and
    `uncovered_minor` says how much that is.
    """

    title = Text(en="Average profit per customer", fr="Bénéfice moyen par client")
    definition = Text(
        en="What remained on average of a customer’s purchases in the period after refunds, rewards and the cost of the"
        " goods. Anonymous purchases are left out. Lines without a known cost count as if they cost nothing; how much"
        " that is stands beside the figure.",
        fr="Ce qui est resté en moyenne des achats d’un client pendant la période après remboursements, récompenses et"
        " coût des articles. Les achats anonymes sont écartés. Les lignes sans coût connu comptent comme si elles ne"
        " coûtaient rien ; leur montant figure à côté du chiffre.",
    )
    formula = Text(
        en="(net amount of the purchases − cost of the goods) / customers who bought",
        fr="(montant net des achats − coût des articles) / clients ayant acheté",
    )
    unit = "money"
    additivity = "none"
    inputs = ("purchases", "members", "costs")
    split = "at_order"
    needs = frozenset({"margins", "clusters"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the profit by the buyers, for all and for each status."""
        margins: Margins = facts.parts["margins"]
        net, uncovered = int(margins.net.sum()), int((margins.net - margins.covered).sum())
        counts = {"net_minor": net, "uncovered_minor": uncovered}
        if 100 * uncovered > (100 - _ENOUGH_PERCENT) * net:
            return without(TOO_FEW_COSTS, *SEGMENTS, counts=counts)
        profit = margins.net - margins.cost
        if margins.by_customer:
            sides = _sides(margins.person, margins.member, profit)
        else:
            sides = (
                Sums(int(profit.sum()), len(facts.bought)),
                Sums(int(profit[margins.member == 1].sum()), len(facts.member.buyers)),
                Sums(int(profit[margins.member == 0].sum()), len(facts.other.buyers)),
            )
        answer = by_order(*sides, least=-inf)
        return Outcome(answer.segments, answer.difference, counts)


def _sides(person: Counts, member: Counts, profit: Counts) -> tuple[Sums, Sums, Sums]:
    """Lay the profits out by customer: of both statuses together, and of each."""
    size = int(person.max()) + 1 if len(person) else 0
    sides = []
    for chosen in (member >= 0, member == 1, member == 0):
        y, x = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        np.add.at(y, person[chosen], profit[chosen])
        x[person[chosen]] = 1
        sides.append(Sums(int(y.sum()), int(x.sum()), Clusters(y, x)))
    return sides[0], sides[1], sides[2]
