"""The only place that asks the machine for the time.

The ledger's `now` comes from the database (`points/queries.py`); this one is for cookies, links and files.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Tell the time as an aware datetime in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock
