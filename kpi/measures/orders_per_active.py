"""How often those who buy, buy."""

import numpy as np

from kpi.facts import Counts, PeriodFacts, Side
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import Sums, by_order
from loyalty.intervals import Clusters


@MEASURES.register("orders_per_active")
class OrdersPerActive(Measure):
    """Purchases of known customers / #B. Active means bought in the period, not "logged in"."""

    title = Text(en="Orders per active customer", fr="Commandes par client actif")
    definition = Text(
        en="How many purchases a customer made on average, among those who bought in the period; anonymous purchases"
        " are left out. Who joined during the period can count on both sides, with the purchases of each.",
        fr="Nombre moyen d’achats par client, parmi ceux qui ont acheté pendant la période ; les achats anonymes sont"
        " écartés. Qui a adhéré pendant la période peut compter des deux côtés, avec les achats de chacun.",
    )
    formula = Text(
        en="purchases of identified customers / customers who bought",
        fr="achats des clients identifiés / clients ayant acheté",
    )
    unit = "orders"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"
    needs = frozenset({"spread"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the purchases by the buyers, for all and for each status; a buyer has at least one."""
        return by_order(*sums(facts), least=1.0)


def sums(facts: PeriodFacts) -> tuple[Sums, Sums, Sums]:
    """Give the purchases over the buyers, for all and for each status."""
    orders: tuple[Counts | None, ...] = (None, None, None)
    if facts.spread:
        orders = (facts.spread.orders, facts.spread.member_orders, facts.spread.other_orders)
    sides = (facts.everybody, facts.member, facts.other)
    everything, member, other = map(_sums, sides, orders)
    return everything, member, other


def _sums(side: Side, orders: Counts | None) -> Sums:
    clusters = None if orders is None else Clusters(orders, (orders > 0).astype(np.int64))
    return Sums(side.orders, len(side.buyers), clusters)
