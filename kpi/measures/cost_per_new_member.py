"""What it costs to win a member."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.reasons import NO_ENROLMENT_SPEND
from kpi.splits import quotient, without


@MEASURES.register("cost_per_new_member")
class CostPerNewMember(Measure):
    """Enrolment spend booked in [s, e) / customers who joined in it."""

    title = Text(en="Cost per new member", fr="Coût par nouveau membre")
    definition = Text(
        en="What you spent on enrolling members in the period, for each customer who joined in it.",
        fr="Ce que vous avez dépensé pour faire adhérer des membres pendant la période, par client y ayant adhéré.",
    )
    formula = Text(en="enrolment spend / new members", fr="dépenses d’adhésion / nouveaux membres")
    unit = "money"
    additivity = "none"
    less_is_better = True
    inputs = ("members", "spend")
    split = "none"
    needs = frozenset({"spend"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the spend by the joiners."""
        spent = facts.parts["spend"].minor.get("enrolment")
        if spent is None:
            return without(NO_ENROLMENT_SPEND)
        return Outcome({"all": quotient(spent, facts.joiners)}, counts={"spend_minor": spent})
