"""Which tier somebody holds: up at once, down only at the end of a period, after grace. Pure; docs/rules.md says it.

A standing is brought up to a day before anything else is done with it, so sums of days after a midnight are never there
yet when that midnight is decided, but for what shops' clocks run ahead.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from loyalty.points.dates import months_later
from loyalty.tiers.facts import Standing, Sums
from loyalty.tiers.scheme import Calendar, Rolling, Scheme

_JANUARY, _DECEMBER = 1, 12
_A_DAY = timedelta(days=1)
# Further ahead nobody is told what is kept.
_FARTHEST = timedelta(days=366 * 12)

Days = Mapping[date, Sums]


class Turn(NamedTuple):
    """A change of the tier held, at the first instant of `on`."""

    on: date
    tier_from: str | None
    tier_to: str | None
    cause: str


class Progress(Struct, frozen=True):
    """How far somebody is. Amounts in whole points or minor units.

    `missing` more by the end of `by` reach `next_tier`; no `by`: whenever. The tier held is kept to the end of
    `kept_until`, if nothing more is earned; None: for ever, as far as is known.
    """

    tier: str | None
    total: int
    next_tier: str | None = None
    missing: int | None = None
    by: date | None = None
    kept_until: date | None = None
    in_grace: bool = False


def total(scheme: Scheme, days: Days, today: date) -> int:
    """Sum what counts on a day."""
    if isinstance(scheme.window, Calendar):
        return max(_of_year(scheme, days, today.year), _of_year(scheme, days, today.year - 1))
    first = _first_day(scheme, today)
    return sum(_counted(scheme, sums) for day, sums in days.items() if first is None or day >= first)


def _counted(scheme: Scheme, sums: Sums) -> int:
    return sums.points if scheme.counts == "points_earned" else sums.spent_minor


def _of_year(scheme: Scheme, days: Days, year: int) -> int:
    return sum(_counted(scheme, sums) for day, sums in days.items() if day.year == year)


def _first_day(scheme: Scheme, today: date) -> date | None:
    """Give the first day that counts: the one after the same day so many months ago, or after the last there was."""
    if isinstance(scheme.window, Rolling):
        return months_later(today, -scheme.window.months) + _A_DAY
    return None


def counting_days(scheme: Scheme, today: date) -> tuple[tuple[date, date], tuple[date, date]]:
    """Give the two spans, `[first, end)`, of which the better sum counts on a day; the second may hold no day."""
    if isinstance(scheme.window, Calendar):
        this, former = (date(year, _JANUARY, 1) for year in (today.year, today.year - 1))
        return (this, date(today.year + 1, _JANUARY, 1)), (former, this)
    return (_first_day(scheme, today) or date.min, date.max), (date.max, date.max)


def _falls_out_on(day: date, months: int) -> date:
    """Give the first day on which a day is outside a rolling window."""
    found = months_later(day, months)
    while months_later(found, -months) < day:
        found += _A_DAY
    return found


def _at_midnight(scheme: Scheme, days: Days, day: date) -> int:
    """Sum what counts at the first instant of a day: of the period that has just ended."""
    return total(scheme, days, day if isinstance(scheme.window, Calendar) else day - _A_DAY)


def _ended(scheme: Scheme, day: date) -> bool:
    """Tell whether a period ended just before a day."""
    return not isinstance(scheme.window, Calendar) or (day.month, day.day) == (_JANUARY, 1)


def held(scheme: Scheme, standing: Standing, today: date) -> str | None:
    """Give the tier held: the better of what was earned and the floor."""
    floor = standing.floor
    beneath = floor.tier if floor and (floor.until is None or today <= floor.until) else None
    return scheme.key(max(scheme.rank(standing.earned), scheme.rank(beneath)))


def review(scheme: Scheme, days: Days, standing: Standing, day: date) -> Standing:
    """Decide what happens at the first instant of a day."""
    if standing.floor and standing.floor.until is not None and standing.floor.until < day:
        standing = replace(standing, floor=None)
    reached, rank = scheme.reached(_at_midnight(scheme, days, day)), scheme.rank(standing.earned)
    if reached >= rank:
        standing = replace(standing, earned=scheme.key(reached), below_since=None)
    else:
        below_since = standing.below_since or (day if _ended(scheme, day) else None)
        standing = replace(standing, below_since=below_since)
        if below_since is not None and day >= below_since + timedelta(days=scheme.grace_days):
            standing = replace(standing, earned=scheme.key(reached), below_since=None)
    return replace(
        standing, tier=held(scheme, standing, day), review_on=_next_review(scheme, days, standing, day)
    )  # fmt: skip


def _next_review(scheme: Scheme, days: Days, standing: Standing, today: date) -> date | None:
    """Tell at which midnight after a day something may change next, if nothing else happens."""
    found: list[date] = []
    if standing.floor and standing.floor.until is not None:
        found.append(max(standing.floor.until, today) + _A_DAY)
    ahead = [day for day in days if day > today]
    if ahead:
        found.append(min(ahead))
    if standing.below_since is not None:
        found.append(standing.below_since + timedelta(days=scheme.grace_days))
    elif standing.earned is not None:
        lost = _lost_on(scheme, days, scheme.threshold(scheme.rank(standing.earned)), today)
        found += [lost] if lost else []
    return min((max(day, today + _A_DAY) for day in found), default=None)


def _lost_on(scheme: Scheme, days: Days, threshold: int, today: date) -> date | None:
    """Give the midnight after the first period to come whose sum does not reach a threshold."""
    if isinstance(scheme.window, Calendar):
        return date(today.year + 1, _JANUARY, 1)
    left = total(scheme, days, today)
    if left < threshold:
        return today + _A_DAY
    first = _first_day(scheme, today)
    if first is None or not isinstance(scheme.window, Rolling):
        return None
    for day in sorted(day for day in days if day >= first):
        left -= _counted(scheme, days[day])
        if left < threshold:
            return _falls_out_on(day, scheme.window.months) + _A_DAY
    return None


def brought_up(scheme: Scheme, days: Days, standing: Standing, today: date) -> tuple[Standing, list[Turn]]:
    """Decide every midnight up to and with that of a day, in their order; the same again changes nothing."""
    turns = []
    while standing.review_on is not None and standing.review_on <= today:
        before, on = standing, standing.review_on
        standing = review(scheme, days, standing, on)
        if standing.tier != before.tier:
            turns.append(Turn(on, before.tier, standing.tier, _why(scheme, before, standing)))
    return standing, turns


def _why(scheme: Scheme, before: Standing, after: Standing) -> str:
    """Name the cause of a change at a midnight."""
    if scheme.rank(after.tier) > scheme.rank(before.tier):
        return "reached"
    return "floor_ended" if before.floor != after.floor and before.earned == after.earned else "period"


def reassessed(scheme: Scheme, days: Days, standing: Standing, today: date) -> Standing:
    """Decide what a write does to somebody's standing: up at once, never down."""
    reached, rank = scheme.reached(total(scheme, days, today)), scheme.rank(standing.earned)
    if reached >= rank:
        # Also who held a tier that the scheme does not know any more: it becomes what the sum reaches.
        standing = replace(standing, earned=scheme.key(reached), below_since=None)
    return replace(
        standing, tier=held(scheme, standing, today), review_on=_next_review(scheme, days, standing, today)
    )  # fmt: skip


def progress(scheme: Scheme, days: Days, standing: Standing, today: date) -> Progress:
    """Tell how far it is to the next tier, and how long the one held is kept. The standing is brought up to the day."""
    sum_now, rank = total(scheme, days, today), scheme.rank(standing.tier)
    told = Progress(standing.tier, sum_now, in_grace=standing.below_since is not None)
    told = replace(told, kept_until=_kept_until(scheme, days, standing, today))
    if rank == len(scheme.tiers):
        return told
    growing, by = _growing(scheme, days, today)
    missing = max(0, scheme.threshold(rank + 1) - growing)
    return replace(told, next_tier=scheme.key(rank + 1), missing=missing, by=by)


def _growing(scheme: Scheme, days: Days, today: date) -> tuple[int, date | None]:
    """Give the sum to which what comes is added, and the last day on which it is still that much."""
    if isinstance(scheme.window, Calendar):
        return _of_year(scheme, days, today.year), date(today.year, _DECEMBER, 31)
    first = _first_day(scheme, today)
    inside = [day for day in days if first is None or day >= first]
    counting = [day for day in inside if _counted(scheme, days[day])]
    last = None
    if isinstance(scheme.window, Rolling) and counting:
        last = _falls_out_on(min(counting), scheme.window.months) - _A_DAY
    return total(scheme, days, today), last


def _kept_until(scheme: Scheme, days: Days, standing: Standing, today: date) -> date | None:
    rank, ahead = scheme.rank(standing.tier), standing
    while rank and ahead.review_on is not None and ahead.review_on <= today + _FARTHEST:
        on = ahead.review_on
        ahead = review(scheme, days, ahead, on)
        if scheme.rank(ahead.tier) < rank:
            return on - _A_DAY
    return None
