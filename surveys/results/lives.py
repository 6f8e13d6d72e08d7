"""What those who answered did afterwards, and what had happened to them before. Pure; docs/surveys.md in code."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from loyalty.intervals import Answers
from surveys.plans.classes import class_of
from surveys.results.scores import Rate, tally

Occurrence = Literal["first_redemption", "points_expired", "tier_up", "tier_down"]
OCCURRENCES: tuple[Occurrence, ...] = ("first_redemption", "points_expired", "tier_up", "tier_down")
WITHIN_DAYS = (30, 60, 90)
# So long nobody bought who has gone quiet, and so recently an answer came after what happened; days of 24 hours.
QUIET_AFTER = timedelta(days=90)
SHORTLY = timedelta(days=30)


class Life(Struct, frozen=True):
    """Somebody's latest answer of a period, with what went before and after it.

    `bought_at`: the latest purchase, as known now. `invited_at` and `brought_at`: when a friend was first told after
    the answer, and when one came. `happened`: when each of what a programme does to a member was last, by the answer.
    """

    person: UUID
    score: int
    member: bool
    at: datetime
    bought_at: datetime | None = None
    invited_at: datetime | None = None
    brought_at: datetime | None = None
    happened: dict[Occurrence, datetime] = {}

    @property
    def promotes(self) -> bool:
        """Whether it was a 9 or a 10."""
        return class_of(self.score) == "promoter"

    @property
    def detracts(self) -> bool:
        """Whether it was a 6 or less."""
        return class_of(self.score) == "detractor"

    def gone_quiet(self, now: datetime) -> bool:
        """Tell whether a promoter has not bought for 90 days."""
        return self.promotes and not self._bought_lately(now)

    def buys_on(self, now: datetime) -> bool:
        """Tell whether a detractor has bought since, and within 90 days."""
        return self.detracts and self._bought_lately(now) and self.bought_at is not None and self.bought_at > self.at

    def shortly_after(self, what: Occurrence) -> bool:
        """Tell whether the answer came within 30 days of it."""
        at = self.happened.get(what)
        return at is not None and at <= self.at < at + SHORTLY

    def _bought_lately(self, now: datetime) -> bool:
        return self.bought_at is not None and now < self.bought_at + QUIET_AFTER


class Recommended(Struct, frozen=True):
    """Of promoters who were members and whose days are over: who told a friend in time, and who brought one."""

    invited: Rate
    brought: Rate


def rate_within(stories: Sequence[tuple[str, datetime, datetime | None]], crowd: str, days: int, now: datetime) -> Rate:
    """Count a crowd's members who came back within so many days of 24 hours; the immature are left out."""
    span = timedelta(days=days)
    whole = [(at, following) for who, at, following in stories if who == crowd and at + span <= now]
    return Rate(sum(following is not None and following <= at + span for at, following in whole), len(whole))


def quiet_promoters(lives: Sequence[Life], now: datetime) -> Rate:
    """Count promoters who have gone quiet, among all."""
    return Rate(sum(life.gone_quiet(now) for life in lives), sum(life.promotes for life in lives))


def buying_detractors(lives: Sequence[Life], now: datetime) -> Rate:
    """Count detractors who buy on, among all."""
    return Rate(sum(life.buys_on(now) for life in lives), sum(life.detracts for life in lives))


def by_occurrence(lives: Sequence[Life]) -> dict[Occurrence | None, Answers]:
    """Count the answers that came shortly after something, by what it was, and (None) those that came after nothing.

    Who was promoted and redeemed in the same month is under both.
    """
    found: dict[Occurrence | None, Answers] = {
        what: tally(life.score for life in lives if life.shortly_after(what)) for what in OCCURRENCES
    }
    found[None] = tally(life.score for life in lives if not any(map(life.shortly_after, OCCURRENCES)))
    return found


def recommended(lives: Sequence[Life], now: datetime) -> dict[int, Recommended]:
    """Tell who did as they said, within 30, 60 and 90 days; only members have a link to share."""
    return {days: _recommended(lives, timedelta(days=days), now) for days in WITHIN_DAYS}


def _recommended(lives: Sequence[Life], span: timedelta, now: datetime) -> Recommended:
    whole = [life for life in lives if life.promotes and life.member and life.at + span <= now]

    def within(when: Sequence[datetime | None]) -> Rate:
        ends = [life.at + span for life in whole]
        return Rate(sum(at is not None and at <= end for at, end in zip(when, ends, strict=True)), len(whole))

    return Recommended(within([life.invited_at for life in whole]), within([life.brought_at for life in whole]))
