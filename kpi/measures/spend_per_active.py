"""Spend per active customer."""

import numpy as np

from kpi.facts import Counts, PeriodFacts, Side
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import Sums, by_order
from loyalty.intervals import Clusters


@MEASURES.register("spend_per_active")
class SpendPerActive(Measure):
    """Σ net of known customers / #B, in minor units; for members, of their purchases as members."""

    title = Text(en="Spend per active customer", fr="Dépense par client actif")
    definition = Text(
        en="What a customer spent on average, among those who bought in the period; anonymous purchases are left out."
        " Who joined during the period can count on both sides, with the purchases of each.",
        fr="Dépense moyenne par client, parmi ceux qui ont acheté pendant la période ; les achats anonymes sont"
        " écartés. Qui a adhéré pendant la période peut compter des deux côtés, avec les achats de chacun.",
    )
    formula = Text(
        en="net amount of identified customers' purchases / customers who bought",
        fr="montant net des achats des clients identifiés / clients ayant acheté",
    )
    unit = "money"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"
    needs = frozenset({"spread"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the money by the buyers, for all and for each status."""
        spread = facts.spread
        if spread is None:
            return by_order(_sums(facts.everybody), _sums(facts.member), _sums(facts.other))
        return by_order(
            _sums(facts.everybody, spread.net, spread.orders),
            _sums(facts.member, spread.member_net, spread.member_orders),
            _sums(facts.other, spread.other_net, spread.other_orders),
        )


def _sums(side: Side, net: Counts | None = None, orders: Counts | None = None) -> Sums:
    clusters = None if net is None or orders is None else Clusters(net, (orders > 0).astype(np.int64))
    return Sums(side.net, len(side.buyers), clusters)
