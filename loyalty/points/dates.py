"""When points mature and when they end. Pure; days are those of the programme's zone.

Everything ends at a local midnight: "after n days" is the midnight after the n-th day, so nobody loses a day to the
hour at which he bought. A midnight that a change of clocks skips is the first instant of that day.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from loyalty.programs.policies import (
    AfterDays,
    AfterMonths,
    EndOfMonth,
    EndOfYear,
    Immediately,
    Inactivity,
    Never,
    OnDelivery,
    Policies,
)

_DECEMBER = 12


class LotDates(NamedTuple):
    """From when and until when the points of a lot can be spent.

    `matures_at` None: they wait for the delivery. `slides_days`: they end so long after the account was last active.
    """

    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime | None
    slides_days: int | None


def midnight_after(day: date, zone: ZoneInfo) -> datetime:
    """Give the instant at which a local day ends."""
    following = day + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """Give the local day of an instant."""
    return at.astimezone(zone).date()


def months_later(day: date, months: int) -> date:
    """Give the same day so many months later, or the last day of that month: 31 January + 1 = 28 February."""
    month = day.year * _DECEMBER + day.month - 1 + months
    year, month = month // _DECEMBER, month % _DECEMBER + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def lot_dates(policies: Policies, zone: ZoneInfo, earned_at: datetime, delivered_at: datetime | None) -> LotDates:
    """Date points that are earned, by the policies in force."""
    match policies.maturity:
        case Immediately():
            matures_at: datetime | None = earned_at
        case AfterDays(days):
            matures_at = _days_after(earned_at, days, zone)
        case OnDelivery(days):  # pragma: no branch - there is no other
            matures_at = None if delivered_at is None else _after_delivery(max(delivered_at, earned_at), days, zone)
    return ending(policies, zone, earned_at, matures_at)


def ending(policies: Policies, zone: ZoneInfo, earned_at: datetime, matures_at: datetime | None) -> LotDates:
    """Date the end of points from their maturing."""
    if isinstance(policies.expiry, Inactivity):
        return LotDates(earned_at, matures_at, None, policies.expiry.days)
    expires_at = None if matures_at is None else _end(policies, zone, matures_at)
    return LotDates(earned_at, matures_at, expires_at, None)


def _end(policies: Policies, zone: ZoneInfo, matures_at: datetime) -> datetime | None:
    day = local_day(matures_at, zone)
    match policies.expiry:
        case AfterDays(days):
            return midnight_after(day + timedelta(days=days), zone)
        case AfterMonths(months):
            return midnight_after(months_later(day, months), zone)
        case EndOfMonth(months):
            last = months_later(day.replace(day=1), months)
            return midnight_after(last.replace(day=monthrange(last.year, last.month)[1]), zone)
        case EndOfYear(years):
            return midnight_after(date(day.year + years, _DECEMBER, 31), zone)
        case Never() | Inactivity():  # pragma: no branch - there is no other
            return None


def slid_end(matures_at: datetime, active_at: datetime | None, days: int, zone: ZoneInfo) -> datetime:
    """Give the end of points that end so many days after the last activity."""
    return _days_after(max(matures_at, active_at or matures_at), days, zone)


def _days_after(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    return midnight_after(local_day(at, zone) + timedelta(days=days), zone)


def _after_delivery(at: datetime, days: int, zone: ZoneInfo) -> datetime:
    return _days_after(at, days, zone) if days else at
