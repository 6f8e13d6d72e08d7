"""The only place that asks the machine for the time.

The ledger's `now` comes from the database (`points/queries.py`); this one is for cookies, links and files.
"""

from datetime import UTC, date, datetime

# The last day that anything may be planned for: beyond, no zone and no day after it could be reckoned with.
LAST_DAY = date(9000, 1, 1)


def utc_now() -> datetime:
    """Tell the time as an aware datetime in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock
