"""When things are due, and when they are over. Pure. Every span is half open: what ends at an instant is over then."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# What is told, or got round to, later than that is no news any more.
FRESH = timedelta(hours=72)
LINK_LIVES = timedelta(days=30)
REMIND_AFTER = timedelta(days=5)
EDITABLE_FOR = timedelta(hours=24)


def at_hour(at: datetime, days: int, hour: int, zone: ZoneInfo) -> datetime:
    """Give that hour of the n-th local day after an instant's own; an hour that a clock skips is the one after it."""
    day = at.astimezone(zone).date() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)


def due_at(at: datetime, days: int, hour: int, zone: ZoneInfo) -> datetime:
    """Give when a customer is to be asked about what happened then."""
    return at_hour(at, days, hour, zone) if days else at


def tomorrow(now: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """Give when those are asked for whom there was no room today."""
    return at_hour(now, 1, hour, zone)


def ends_at(sent_at: datetime) -> datetime:
    """Give the end of a link."""
    return sent_at + LINK_LIVES


def remind_at(sent_at: datetime) -> datetime:
    """Give when the one reminder is due."""
    return sent_at + REMIND_AFTER


def locked_at(first_scored_at: datetime) -> datetime:
    """Give when an answer cannot be changed any more."""
    return first_scored_at + EDITABLE_FOR
