"""How many points ended unspent."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.points import Points
from kpi.splits import counted


@MEASURES.register("points_expired")
class PointsExpired(Measure):
    """Σ entries → expired, effective in [s, e): over by their date, or forfeited on leaving (told beside)."""

    title = Text(en="Points expired", fr="Points expirés")
    definition = Text(
        en="Points that ended in the period without having been spent: over by their date, or given up by leaving the"
        " programme.",
        fr="Points perdus pendant la période sans avoir été utilisés : arrivés à leur date de fin, ou abandonnés en"
        " quittant le programme.",
    )
    formula = Text(en="sum of the points that ended in the period", fr="somme des points perdus pendant la période")
    unit = "points"
    additivity = "additive"
    less_is_better = True
    inputs = ("points",)
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Give the points."""
        points: Points = facts.parts["points"]
        return replace(counted(points.expired), counts={"forfeited": points.forfeited})
