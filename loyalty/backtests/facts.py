"""Back-tests as the other rooms see them: what is asked, how far it is, what it came to. Money in minor units."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

State = Literal["queued", "running", "done", "failed", "cancelled"]


class NewBacktest(Struct, frozen=True):
    """Rules to try, as stored, on the purchases of a range of local days, both included.

    `point_cost_minor`: what a point costs, where that is known; kpi keeps it, so the caller hands it in.
    """

    name: str
    rules: list[dict[str, Any]]
    from_on: date
    to_on: date
    point_cost_minor: Decimal | None = None
    # The draft that the rules were taken from.
    draft_id: UUID | None = None


class Sum(Struct, frozen=True):
    """Purchases, the points that the rules tried would have given for them, and those that they really have."""

    purchases: int
    tried: int
    real: int

    @property
    def difference(self) -> int:
        """How many more the rules tried would have given."""
        return self.tried - self.real


class OfTier(Struct, frozen=True):
    """The purchases that were decided with a tier held; None: with none."""

    tier: str | None
    sum: Sum


class OfMonth(Struct, frozen=True):
    """The purchases placed in a local month, as `2026-11`."""

    month: str
    sum: Sum


class Mover(Struct, frozen=True):
    """A customer for whom it makes a large difference."""

    customer_id: UUID
    sum: Sum


class Cost(Struct, frozen=True):
    """What the points cost, rounded half up to minor units; the difference is rounded by itself."""

    tried_minor: int
    real_minor: int
    difference_minor: int


class Result(Struct, frozen=True):
    """What a back-test came to.

    Customers are those whose purchases could earn: they gain, lose, or get the same. `gained_most` and `lost_most`: ten
    each. `decisions` counts purchases and what became of them (refunds, edits, joinings), also those looked at only for
    what caps have left and who bought before; `seconds` is how long they took.
    """

    total: Sum
    cost: Cost | None
    customers: int
    gain: int
    lose: int
    same: int
    gained_most: list[Mover]
    lost_most: list[Mover]
    tiers: list[OfTier]
    months: list[OfMonth]
    decisions: int
    seconds: float


class BacktestFacts(Struct, frozen=True):
    """A back-test as it stands: `done` of `total` decisions. `result` when it is done, `error` when it failed."""

    backtest_id: UUID
    name: str
    draft_id: UUID | None
    rules: list[dict[str, Any]]
    from_on: date
    to_on: date
    point_cost_minor: Decimal | None
    state: State
    done: int
    total: int | None
    result: Result | None
    error: str | None
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
