"""When points mature and end, in calendar days of Paris. Written from `docs/decisions/0008`, not from the code."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
TICK = timedelta(microseconds=1)
Policy = dict[str, Any]
DEFAULTS: Policy = {
    "maturity": {"kind": "immediately"},
    "expiry": {"kind": "never"},
    "debt": "allow",
    "spent_points": "prorated",
    "restore_grace_days": 0,
    "on_leaving": "keep",
    "guest_window": "none",
    "hold_minutes": 30,
}
GUEST_MONTHS = {"month": 1, "three_months": 3}


def day_of(at: datetime) -> date:
    """Give the local day of an instant."""
    return at.astimezone(ZONE).date()


def start_of(day: date) -> datetime:
    """Give the instant at which a local day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def after_days(at: datetime, days: int) -> datetime:
    """Give the midnight after the last of so many days."""
    return start_of(day_of(at) + timedelta(days=days + 1))


def months_on(day: date, months: int) -> date:
    """Go so many months on; where the day is not there, to the month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def maturing(policy: Policy, earned: datetime, delivered: datetime | None) -> datetime | None:
    """Tell when points are there to be spent; None: when the delivery is told."""
    told = policy["maturity"]
    if told["kind"] == "immediately":
        return earned
    if told["kind"] == "days":
        return after_days(earned, told["days"])
    if delivered is None:
        return None
    return after_days(delivered, told["days"]) if told["days"] else delivered


def ending(policy: Policy, matures: datetime | None) -> datetime | None:
    """Tell when points end that mature then; None: never, or not by date."""
    told = policy["expiry"]
    if matures is None or told["kind"] in {"never", "inactivity"}:
        return None
    day = day_of(matures)
    if told["kind"] == "days":
        return after_days(matures, told["days"])
    if told["kind"] == "months":
        return start_of(months_on(day, told["months"]) + timedelta(days=1))
    if told["kind"] == "end_of_month":
        return start_of(months_on(day.replace(day=1), told["months"] + 1))
    return start_of(date(day.year + told["years"] + 1, 1, 1))


def guest_covers(window: str, placed: datetime, joined: datetime) -> bool:
    """Tell whether somebody who joined then earns for what was bought as a guest."""
    if window == "none" or joined <= placed:
        return False
    if window == "all":
        return True
    local = joined.astimezone(ZONE)
    first = datetime.combine(months_on(local.date(), -GUEST_MONTHS[window]), local.time(), ZONE)
    return first.astimezone(UTC) <= placed
