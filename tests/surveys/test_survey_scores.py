"""What answers come to: whole numbers, rounded once; docs/surveys.md read as tables."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.intervals import Answers, nps_interval
from surveys.results.scores import Answer, compared, rolling, rounded, shown, tally
from tests.surveys.surveys_page import instant, rows

PARIS = ZoneInfo("Europe/Paris")
TABLE = rows("no", "promoters", "passives", "detractors", "score", "low", "high", "shown")


@pytest.mark.parametrize("row", [pytest.param(row, id=row["no"]) for row in TABLE])
def test_scores_intervals_and_what_is_shown_are_those_of_the_page(row: dict[str, str]) -> None:
    answers = Answers(int(row["promoters"]), int(row["passives"]), int(row["detractors"]))
    interval = nps_interval(answers)
    assert rounded(answers) == (None if row["score"] == "–" else int(row["score"]))
    assert [f"{end:.1f}" for end in interval or ()] == [row[end] for end in ("low", "high") if row[end] != "–"]
    found = shown(answers)
    said = "too few" if found.score is None else f"{found.score}{', indicative' if found.indicative else ''}"
    assert said == row["shown"]


def test_two_groups_are_compared_from_30_answers_on() -> None:
    members, others = Answers(60, 25, 15), Answers(22, 16, 12)
    found = compared(members, others)
    assert found is not None
    assert (found.value, f"{found.z:.2f}", f"{found.p:.3f}") == (25.0, "1.89", "0.059")
    assert found.ci95[0] < 0 < found.ci95[1]
    assert compared(members, Answers(22, 7, 0)) is None
    assert compared(Answers(22, 7, 0), others) is None


def half_away(ratio: Fraction) -> int:
    """Round as people do on paper; another arithmetic than the service's."""
    exact = (Decimal(abs(ratio.numerator)) / Decimal(ratio.denominator)).quantize(Decimal(1), ROUND_HALF_UP)
    return int(exact) * (1 if ratio >= 0 else -1)


def test_subtracting_rounded_percentages_is_wrong_in_2580_of_11470_ways_and_ours_in_none() -> None:
    ways = [(p, n - p - d, d) for n in range(3, 40) for p in range(n + 1) for d in range(n - p + 1)]
    right = {way: half_away(Fraction(100 * (way[0] - way[2]), sum(way))) for way in ways}
    naive = {
        way: half_away(Fraction(100 * way[0], sum(way))) - half_away(Fraction(100 * way[2], sum(way))) for way in ways
    }
    assert len(ways) == 11_470
    assert sum(naive[way] != right[way] for way in ways) == 2_580
    assert [way for way in ways if rounded(Answers(*way)) != right[way]] == []


def test_the_rolling_score_moves_as_the_page_says() -> None:
    a, b = UUID(int=1), UUID(int=2)
    answers = [
        Answer(a, 9, instant("2026-03-01T00:00")),
        Answer(b, 8, instant("2026-03-02T23:59:59")),
        Answer(a, 3, instant("2026-03-20T12:00")),
    ]
    found = dict(rolling(answers, date(2026, 2, 20), date(2026, 6, 30), PARIS))
    for row in rows("day", "promoters", "passives", "detractors"):
        expected = Answers(int(row["promoters"]), int(row["passives"]), int(row["detractors"]))
        assert found[date.fromisoformat(row["day"])] == expected, row["day"]
    assert rolling(answers, date(2026, 3, 2), date(2026, 3, 1), PARIS) == []


moments = st.integers(0, 200 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours))
histories = st.lists(
    st.builds(Answer, st.integers(0, 4).map(lambda n: UUID(int=n)), st.integers(0, 10), moments),
    max_size=25,
    unique_by=lambda answer: answer.first_scored_at,
)


@given(histories, st.integers(0, 320))
def test_the_rolling_score_of_a_day_is_that_of_looking_at_the_day_alone(answers: list[Answer], n: int) -> None:
    day = date(2026, 1, 1) + timedelta(days=n)
    latest: dict[UUID, Answer] = {}
    for answer in sorted(answers, key=lambda one: one.first_scored_at):
        if day - timedelta(days=90) < answer.first_scored_at.astimezone(PARIS).date() <= day:
            latest[answer.respondent_id] = answer
    [(_, found)] = rolling(answers, day, day, PARIS)
    assert found == tally(answer.score for answer in latest.values())
