"""How much of what is sold comes back."""

import numpy as np
from numpy.typing import NDArray

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Difference, Measure, Outcome, Ratio, Text
from kpi.parts.money import Units
from kpi.reasons import NO_LINES
from kpi.splits import SEGMENTS, without
from loyalty.intervals import Clusters, ratio_difference_interval, wilson


@MEASURES.register("product_return_rate")
class ProductReturnRate(Measure):
    """Units returned (known at K) of the sales placed in [s, e) / units sold in it; lines of kind goods only.

    Wilson, taking the units as independent; the difference is clustered by customer. Incomplete for 30 days after e.
    """

    title = Text(en="Product return rate", fr="Taux de retour produits")
    definition = Text(
        en="Of the units of goods sold in the period, the share that has come back since. Services, shipping, gift"
        " cards and cancelled purchases do not count. Goods still come back for 30 days after the period: until then,"
        " the figure is marked as incomplete.",
        fr="Parmi les unités d’articles vendues pendant la période, la part qui est revenue depuis. Les services, la"
        " livraison, les cartes cadeaux et les achats annulés ne comptent pas. Des articles reviennent encore pendant"
        " 30 jours après la période : d’ici là, le chiffre est signalé comme incomplet.",
    )
    formula = Text(
        en="units returned of the period’s sales / units sold in the period",
        fr="unités retournées des ventes de la période / unités vendues pendant la période",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "refunds")
    split = "at_order"
    needs = frozenset({"units", "clusters"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what came back by what was sold, for all and for each status of the sale."""
        units: Units = facts.parts["units"]
        counts = {"purchases_without_lines": units.unlined, "refunds_without_lines": units.untold}
        if not len(units.sold) and units.unlined:
            return without(NO_LINES, *SEGMENTS, counts=counts)
        everything, member, other = (
            _laid_out(units, chosen) for chosen in (units.member >= 0, units.member == 1, units.member == 0)
        )
        segments = {
            name: Ratio(side.num, side.den, side.ratio, wilson(side.num, side.den))
            for name, side in zip(SEGMENTS, (everything, member, other), strict=True)
        }
        gap = Difference(None, None)
        if member.ratio is not None and other.ratio is not None:
            interval = ratio_difference_interval(member, other) if units.by_customer else None
            gap = Difference(member.ratio - other.ratio, interval)
        return Outcome(segments, gap, counts, immature=units.immature)


def _laid_out(units: Units, chosen: NDArray[np.bool_]) -> Clusters:
    """Lay the units of one status out by customer."""
    size = int(units.person.max()) + 1 if len(units.person) else 0
    returned, sold = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    np.add.at(returned, units.person[chosen], units.returned[chosen])
    np.add.at(sold, units.person[chosen], units.sold[chosen])
    return Clusters(returned, sold)
