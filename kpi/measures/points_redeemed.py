"""How many points were spent."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.points import Points
from kpi.splits import counted


@MEASURES.register("points_redeemed")
class PointsRedeemed(Measure):
    """Σ captures effective in [s, e). Reversals are movements of their own, as in the ledger: told, not taken off."""

    title = Text(en="Points redeemed", fr="Points utilisés")
    definition = Text(
        en="Points spent on rewards in the period. Points that came back because a reward was reversed or its purchase"
        " refunded are not taken off; they are counted beside the figure.",
        fr="Points utilisés pour des récompenses pendant la période. Les points rendus parce qu’une récompense a été"
        " annulée ou son achat remboursé ne sont pas déduits ; ils sont comptés à côté du chiffre.",
    )
    formula = Text(en="sum of the points spent in the period", fr="somme des points utilisés pendant la période")
    unit = "points"
    additivity = "additive"
    inputs = ("points",)
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Give the points."""
        points: Points = facts.parts["points"]
        return replace(counted(points.redeemed), counts={"restored": points.restored})
