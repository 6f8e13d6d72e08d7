"""When a job runs next, and when again after a failure."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loyalty.jobs.facts import Every, Nightly

_FIRST_BACK_OFF_SECONDS = 5
_LONGEST_BACK_OFF_SECONDS = 900
_DOUBLINGS = 10


def next_run(when: Every | Nightly, now: datetime, zone: ZoneInfo) -> datetime:
    """Tell the first time after `now`, in UTC.

    A local time that the clocks skip is read by the offset before the change (02:30 is then 03:30); one that comes
    twice is meant the first time only.
    """
    if isinstance(when, Every):
        return now + timedelta(seconds=when.seconds)
    today = now.astimezone(zone).date()
    for days in range(3):
        local = datetime.combine(today + timedelta(days=days), time(when.hour, when.minute), zone)
        found = local.astimezone(UTC)
        if found > now:
            return found
    raise AssertionError


def first_run(when: Every | Nightly, now: datetime, zone: ZoneInfo) -> datetime:
    """Tell when a job that has never run is due: at once, or in its first night."""
    return now if isinstance(when, Every) else next_run(when, now, zone)


def back_off(attempt: int, dice: float) -> timedelta:
    """Wait after the n-th failure in a row: 5 s, 10 s, 20 s, … 15 min, of which `dice` in [0, 1) takes up to half."""
    whole = min(_LONGEST_BACK_OFF_SECONDS, _FIRST_BACK_OFF_SECONDS * 2 ** min(attempt - 1, _DOUBLINGS))
    return timedelta(seconds=whole * (1 - dice / 2))
