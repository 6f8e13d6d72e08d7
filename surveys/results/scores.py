"""The score of answers, what of it is shown, and how it moves from day to day. Pure; whole numbers to the very end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.intervals import Answers, Interval, NpsDifference, nps_difference, nps_interval, wilson
from surveys.plans.classes import CLASSES, NpsClass, class_of

# Below that many answers no number is shown; below the other it is but an indication, and nothing is compared.
FEWEST = 10
ENOUGH = 30
ROLLING_DAYS = 90


class Answer(Struct, frozen=True):
    """An answer that counts. `respondent_id`: whose it is, or, of the forgotten, whose it was said to be."""

    respondent_id: UUID
    score: int
    first_scored_at: datetime


class Shown(Struct, frozen=True):
    """A score as people see it: a whole number, or None where there are too few answers."""

    score: int | None
    indicative: bool
    interval: Interval | None


class Rate(Struct, frozen=True):
    """Who did it, of whom."""

    num: int
    den: int

    @property
    def value(self) -> float | None:
        """The share, of 1."""
        return self.num / self.den if self.den else None

    @property
    def ci95(self) -> Interval | None:
        """Its Wilson interval."""
        return wilson(self.num, self.den)


def tally(scores: Iterable[int]) -> Answers:
    """Count answers by class."""
    counts = dict.fromkeys(CLASSES, 0)
    for score in scores:
        counts[class_of(score)] += 1
    return Answers(counts["promoter"], counts["passive"], counts["detractor"])


def rounded(answers: Answers) -> int | None:
    """Round 100·(P − D)/n once, half away from zero; None without an answer."""
    if not answers.n:
        return None
    gap = answers.promoters - answers.detractors
    whole = (200 * abs(gap) + answers.n) // (2 * answers.n)
    return whole if gap >= 0 else -whole


def shown(answers: Answers) -> Shown:
    """Give what may be shown of a score."""
    if answers.n < FEWEST:
        return Shown(None, indicative=False, interval=None)
    return Shown(rounded(answers), answers.n < ENOUGH, nps_interval(answers))


def compared(answers: Answers, other: Answers) -> NpsDifference | None:
    """Compare two groups; None when one is too small for it."""
    return nps_difference(answers, other) if min(answers.n, other.n) >= ENOUGH else None


def rolling(answers: Sequence[Answer], first: date, last: date, zone: ZoneInfo) -> list[tuple[date, Answers]]:
    """Pool the answers of the last 90 local days, of each customer the latest, by the end of each day asked for.

    An answer counts from its own day until the next of the same customer, or until it is 90 days old. So each adds one
    to its class on one day, and takes it away on another.
    """
    steps: dict[NpsClass, dict[date, int]] = {name: defaultdict(int) for name in ("promoter", "passive", "detractor")}
    for begins, ends, name in _spans(answers, zone):
        steps[name][begins] += 1
        steps[name][ends] -= 1
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    counts = {name: _running(moves, days) for name, moves in steps.items()}
    return [
        (day, Answers(counts["promoter"][n], counts["passive"][n], counts["detractor"][n]))
        for n, day in enumerate(days)
    ]


def _spans(answers: Sequence[Answer], zone: ZoneInfo) -> Iterable[tuple[date, date, NpsClass]]:
    of_each: dict[UUID, list[Answer]] = defaultdict(list)
    for answer in sorted(answers, key=lambda one: one.first_scored_at):
        of_each[answer.respondent_id].append(answer)
    for theirs in of_each.values():
        days = [answer.first_scored_at.astimezone(zone).date() for answer in theirs]
        following = [*days[1:], date.max]
        for answer, day, next_day in zip(theirs, days, following, strict=True):
            yield day, min(day + timedelta(days=ROLLING_DAYS), next_day), class_of(answer.score)


def _running(steps: dict[date, int], days: Sequence[date]) -> list[int]:
    if not days:
        return []
    before = sum(step for day, step in steps.items() if day < days[0])
    return list(accumulate((steps.get(day, 0) for day in days), initial=before))[1:]
