"""How many points members hold."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.points import Points
from kpi.splits import counted


@MEASURES.register("points_outstanding")
class PointsOutstanding(Measure):
    """Σ pending + available + held by the entries effective before e: a stock, taken at e, never summed over time."""

    title = Text(en="Points outstanding", fr="Points en circulation")
    definition = Text(
        en="Points that customers hold at the end of the period: spendable, not yet spendable, or set aside for a"
        " reward. What customers owe after refunds is not taken off; it is counted beside the figure.",
        fr="Points détenus par les clients à la fin de la période : utilisables, pas encore utilisables ou réservés"
        " pour une récompense. Ce que des clients doivent après des remboursements n’est pas déduit ; c’est compté à"
        " côté du chiffre.",
    )
    formula = Text(en="points held at the end of the period", fr="points détenus à la fin de la période")
    unit = "points"
    additivity = "semi"
    inputs = ("points",)
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Give the points."""
        points: Points = facts.parts["points"]
        return replace(counted(points.outstanding), counts={"debt": points.debt})
