"""What the customers of the sample might have said: simulated answers, for the panel's pages only."""

from collections.abc import Mapping
from dataclasses import astuple

from loyalty.intervals import Answers, nps_difference, nps_interval
from tests.admin.fake_desk import Counts, Row, Table, complete_journey


def opinion(member: Answers, other: Answers, asked: Mapping[str, int] | None = None) -> Row:
    """Tell a period by its answers, with their score and intervals."""
    gap = nps_difference(member, other)
    everybody = Answers(*map(sum, zip(astuple(member), astuple(other), strict=True)))
    counts = {"joiners": 0, "overlap": 0, **(asked or {})}
    for side, answers in (("", everybody), ("member_", member), ("non_member_", other)):
        counts |= {
            f"{side}promoters": answers.promoters,
            f"{side}passives": answers.passives,
            f"{side}detractors": answers.detractors,
        }
    difference = (gap.value, *gap.ci95) if gap else (None, None, None)
    return Row(_counts(everybody), _counts(member), _counts(other), difference, counts)


def with_opinions(months: Mapping[str, Row]) -> Table:
    """Let the customers of the sample have said something."""
    return {**complete_journey(), "nps": months}


def _counts(answers: Answers) -> Counts:
    return (answers.promoters - answers.detractors, answers.n, *(nps_interval(answers) or (None, None)))


MONTHS = {
    # The first two are too few, the next an indication, and May is the one of docs/surveys.md.
    "2017-02": opinion(Answers(5, 4, 0), Answers(1, 1, 1)),
    "2017-03": opinion(Answers(12, 10, 7), Answers(0, 0, 0)),
    "2017-04": opinion(Answers(12, 10, 7), Answers(5, 4, 0)),
    "2017-05": opinion(
        Answers(60, 25, 15),
        Answers(22, 16, 12),
        {
            "surveys_sent": 250,
            "surveys_answered": 150,
            "member_surveys_sent": 200,
            "member_surveys_answered": 100,
            "non_member_surveys_sent": 50,
            "non_member_surveys_answered": 50,
        },
    ),
}
