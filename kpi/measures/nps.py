"""Whether customers would recommend the shop."""

from dataclasses import astuple

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Difference, Measure, Outcome, People, Ratio, Text
from kpi.parts.opinions import Opinions, Said
from kpi.reasons import NO_OPINIONS
from kpi.splits import SEGMENTS, without
from loyalty.intervals import nps_difference, nps_interval

# Each with its count, of everybody and, after `member_` and `non_member_`, of each side.
CLASSES = ("promoters", "passives", "detractors")


@MEASURES.register("nps")
class Nps(Measure):
    """100 · (#9–10 − #0–6) / n of the latest answer of each customer in [s, e), dated by its first score.

    Answers for which something was promised, and those that staff excluded, are left out. Who is listed did: promoters.
    """

    title = Text(en="Net Promoter Score", fr="Net Promoter Score (NPS)")
    definition = Text(
        en="The share of customers who would recommend you (9 or 10 out of 10) less the share who would not (0 to 6),"
        " from −100 to 100. Each customer counts once, with the latest answer of the period, as a member or not by the"
        " status on the day of the answer. Below 10 answers there is too little to show a score; from 10 to 29 it is"
        " indicative. Answers for which something was promised, and answers that you excluded, are left out.",
        fr="La part des clients qui vous recommanderaient (9 ou 10 sur 10) moins la part de ceux qui ne le feraient pas"
        " (0 à 6), de −100 à 100. Chaque client compte une fois, avec sa dernière réponse de la période, comme membre"
        " ou non selon son statut le jour de la réponse. En dessous de 10 réponses, il y en a trop peu pour montrer un"
        " score ; de 10 à 29, il est indicatif. Les réponses contre récompense et celles que vous avez exclues sont"
        " laissées de côté.",
    )
    formula = Text(
        en="100 × (promoters − detractors) / answers",
        fr="100 × (promoteurs − détracteurs) / réponses",
    )
    unit = "nps"
    additivity = "none"
    inputs = ("surveys",)
    split = "at_answer"
    needs = frozenset({"opinions"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Score each side; `counts` has the classes, and how many were asked and replied."""
        told: Opinions = facts.parts["opinions"]
        sides = dict(zip(SEGMENTS, (told.everybody, told.member, told.other), strict=True))
        everybody = sides["all"]
        counts = _counts(told)
        if not everybody.answers.n:
            return without(NO_OPINIONS, *SEGMENTS, counts=counts)
        gap = nps_difference(told.member.answers, told.other.answers)
        return Outcome(
            {name: _scored(side) for name, side in sides.items()},
            Difference(gap.value, gap.ci95) if gap else Difference(None, None),
            counts=counts,
            people={name: People(side.answered, side.promoters) for name, side in sides.items()},
        )


def _scored(side: Said) -> Ratio:
    answers = side.answers
    return Ratio(answers.promoters - answers.detractors, answers.n, answers.score, nps_interval(answers))


def _counts(told: Opinions) -> dict[str, int]:
    """Tell what the score hides: how many are in the middle, and how many did not answer at all."""
    counts: dict[str, int] = {}
    for side, found in (("", told.everybody), ("member_", told.member), ("non_member_", told.other)):
        counts |= {f"{side}{name}": n for name, n in zip(CLASSES, astuple(found.answers), strict=True)}
        counts |= {f"{side}surveys_sent": found.asked, f"{side}surveys_answered": found.replied}
    return {**counts, "answers_left_out": told.left_out}
