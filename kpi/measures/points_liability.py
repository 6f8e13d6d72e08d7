"""What the points that members hold are expected to cost."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Ratio, Text
from kpi.parts.points import Points, PointWorth
from kpi.reasons import NO_POINT_COST
from kpi.splits import without


@MEASURES.register("points_liability")
class PointsLiability(Measure):
    """Points outstanding at e x cost per point x (1 - breakage), rounded once to minor units, half up."""

    title = Text(en="Points liability", fr="Engagement lié aux points")
    definition = Text(
        en="What the points that customers hold at the end of the period will cost: each at the cost of a point, less"
        " the share that is expected never to be spent. Cost and share are those that you entered for that day.",
        fr="Ce que coûteront les points détenus par les clients à la fin de la période : chacun au coût d’un point,"
        " moins la part qui ne devrait jamais être utilisée. Le coût et la part sont ceux que vous avez saisis pour ce"
        " jour.",
    )
    formula = Text(
        en="points outstanding × cost per point × (1 − share never spent)",
        fr="points en circulation × coût par point × (1 − part jamais utilisée)",
    )
    unit = "money"
    additivity = "semi"
    less_is_better = True
    inputs = ("points", "point_costs")
    split = "none"
    needs = frozenset({"points", "point_worth"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Value the stock, where a cost was entered."""
        points: Points = facts.parts["points"]
        worth: PointWorth | None = facts.parts["point_worth"]
        counts = {"points": points.outstanding}
        if worth is None:
            return without(NO_POINT_COST, counts=counts)
        exact = points.outstanding * worth.cost_minor * (1 - worth.breakage)
        minor = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
        return Outcome({"all": Ratio(minor, None, float(minor), None)}, counts=counts)
