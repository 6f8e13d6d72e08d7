"""How many points were given."""

from dataclasses import replace

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.points import Points
from kpi.splits import counted


@MEASURES.register("points_issued")
class PointsIssued(Measure):
    """Σ entries issued → pending or available, effective in [s, e). What was clawed back is not taken off, but told."""

    title = Text(en="Points issued", fr="Points attribués")
    definition = Text(
        en="Points given to members in the period, at the instant of the purchase that earned them, also those that"
        " cannot be spent yet. Points taken back after refunds are not taken off; they are counted beside the figure.",
        fr="Points attribués aux membres pendant la période, à l’instant de l’achat qui les a fait gagner, y compris"
        " ceux qui ne peuvent pas encore être utilisés. Les points repris après remboursement ne sont pas déduits ; ils"
        " sont comptés à côté du chiffre.",
    )
    formula = Text(en="sum of the points given in the period", fr="somme des points attribués pendant la période")
    unit = "points"
    additivity = "additive"
    inputs = ("points",)
    split = "none"
    needs = frozenset({"points"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Give the points."""
        points: Points = facts.parts["points"]
        return replace(counted(points.issued), counts={"clawed_back": points.clawed_back})
