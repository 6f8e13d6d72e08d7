"""How much of what is given is spent."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.points import Points
from kpi.splits import quotient


@MEASURES.register("points_redemption_rate")
class PointsRedemptionRate(Measure):
    """Redeemed / issued in [s, e). Not a share: old points are spent too, so it may exceed 1."""

    title = Text(en="Points redemption rate", fr="Taux d’utilisation des points")
    definition = Text(
        en="Points spent in the period for each point given in it. Points from earlier are spent too, so it can be more"
        " than 100 %.",
        fr="Points utilisés pendant la période, rapportés aux points attribués pendant celle-ci. Des points plus"
        " anciens sont utilisés aussi ; le taux peut donc dépasser 100 %.",
    )
    formula = Text(en="points redeemed / points issued", fr="points utilisés / points attribués")
    unit = "ratio"
    additivity = "none"
    inputs = ("points",)
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what was spent by what was given."""
        points: Points = facts.parts["points"]
        return Outcome({"all": quotient(points.redeemed, points.issued)})
