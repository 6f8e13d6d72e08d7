"""Leaving the programme."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import rate_of_members


@MEASURES.register("member_leave_rate")
class MemberLeaveRate(Measure):
    """{c ∈ M(s) who left in [s,e)} / #M(s). Leaving is not the same as not buying, which is churn."""

    title = Text(en="Programme opt-out", fr="Départs du programme")
    definition = Text(
        en="Of the members at the start of the period, the share that left the programme during it, even if they joined"
        " again. Leaving is not the same as not buying any more.",
        fr="Parmi les membres au début de la période, la part qui a quitté le programme pendant celle-ci, même pour y"
        " adhérer de nouveau. Partir n’est pas la même chose que ne plus acheter.",
    )
    formula = Text(
        en="members at the start who left in the period / members at the start",
        fr="membres au début ayant quitté le programme pendant la période / membres au début",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("members",)
    split = "none"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the members at the start whether they left."""
        return rate_of_members(facts.member_at_start, facts.left)
