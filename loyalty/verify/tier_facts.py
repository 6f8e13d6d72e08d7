"""The rows of tiers as they are verified, in the order of their columns in `queries.py`."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID


class TierDayRow(NamedTuple):
    """What a local day of a customer counts towards tiers."""

    customer_id: UUID
    day: date
    points: int
    spent_minor: int


class TierStandingRow(NamedTuple):
    """Where a customer stands among the tiers."""

    customer_id: UUID
    tier: str | None
    earned_tier: str | None
    since: datetime | None
    floor_tier: str | None
    scheme_version: int
    changes: int


class TierChangeRow(NamedTuple):
    """A change of a customer's tier."""

    customer_id: UUID
    seq: int
    tier_from: str | None
    tier_to: str | None
    effective_at: datetime
    recorded_at: datetime


class TierScheme(NamedTuple):
    """The tiers in force, as stored: `window` {kind, months}, `tiers` with key and threshold."""

    version: int
    scheme: dict[str, Any]
