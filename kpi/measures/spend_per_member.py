"""Spend per member, whether they bought or not."""

import numpy as np

from kpi.facts import Counts, Customers, PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.stock import Stock
from kpi.splits import Sums, ratio
from loyalty.intervals import Clusters


@MEASURES.register("spend_per_member")
class SpendPerMember(Measure):
    """Σ net of member purchases / #M(e), in minor units; M(e) joined before the end and did not leave before it.

    A member who left in the period is in the sum and not in the number; the interval counts them so, too.
    """

    title = Text(en="Spend per member", fr="Dépense par client fidèle")
    definition = Text(
        en="What members spent in the period, divided by the members at its end, including those who bought nothing."
        " It is neither the average basket (per purchase) nor the spend per active customer (per buyer).",
        fr="Ce que les membres ont dépensé pendant la période, divisé par le nombre de membres à la fin, y compris ceux"
        " qui n’ont rien acheté. Ce n’est ni le panier moyen (par achat) ni la dépense par client actif (par"
        " acheteur).",
    )
    formula = Text(
        en="net amount of members' purchases / members at the end",
        fr="montant net des achats des membres / membres à la fin",
    )
    unit = "money"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"
    needs = frozenset({"spread", "stock"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide members' money by the members there are at the end."""
        stock: Stock = facts.parts["stock"]
        clusters = _clusters(facts.spread.member_net, stock.members) if facts.spread else None
        return Outcome({"all": ratio(Sums(facts.member.net, len(stock.members), clusters))})


def _clusters(net: Counts, members: Customers) -> Clusters:
    """Give each member a place, and each who left, up to the highest number of either."""
    size = max(len(net), members.max() + 1 if members else 0)
    y, x = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    y[: len(net)] = net
    x[np.array(members, dtype=np.int64)] = 1
    return Clusters(y, x)
