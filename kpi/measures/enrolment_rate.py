"""Enrolment: which buyers the programme won."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.splits import rate_of_members


@MEASURES.register("enrolment_rate")
class EnrolmentRate(Measure):
    """Non-member buyers of [s,e) who joined in it / identified buyers with a non-member purchase in it."""

    title = Text(en="Enrolment rate", fr="Taux d’adhésion")
    definition = Text(
        en="Of the identified customers who made a purchase in the period while they were no members, the share that"
        " joined the programme in that period. Who joined at their very first purchase made none as a non-member.",
        fr="Parmi les clients identifiés qui ont fait pendant la période un achat sans être membres, la part qui a"
        " adhéré au programme pendant cette période. Qui a adhéré lors de son tout premier achat n’en a fait aucun en"
        " tant que non-membre.",
    )
    formula = Text(
        en="non-member buyers who joined in the period / non-member buyers",
        fr="acheteurs non-membres ayant adhéré pendant la période / acheteurs non-membres",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the non-member buyers whether they joined."""
        return rate_of_members(facts.other.buyers, facts.joined)
