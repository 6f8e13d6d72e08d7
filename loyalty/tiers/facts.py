"""What the rules of tiers see, and what they hand out: plain data, no I/O. Days are local ones of the programme."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from loyalty.tiers.scheme import StoredScheme


class Sums(NamedTuple):
    """What one local day counts: points that became due by its purchases and actions, and money kept of them."""

    points: int = 0
    spent_minor: int = 0


class Floor(Struct, frozen=True):
    """The tier at which staff hold somebody at least, to the end of a day or for ever, and why, in free text."""

    tier: str
    until: date | None
    reason: str
    actor: str
    set_at: datetime


class Standing(Struct, frozen=True):
    """Where somebody stands. `tier`: what is held, the better of what was earned and the floor.

    `below_since`: the first day of grace. `review_on`: the day at whose first instant something may change next.
    `scheme_version`: by which this was found; `changes`: how many changes of the tier there were.
    """

    tier: str | None = None
    earned: str | None = None
    since: datetime | None = None
    below_since: date | None = None
    review_on: date | None = None
    floor: Floor | None = None
    scheme_version: int = 0
    changes: int = 0


class Change(Struct, frozen=True):
    """One change of somebody's tier: from when on, and when and why it became known."""

    seq: int
    tier_from: str | None
    tier_to: str | None
    effective_at: datetime
    recorded_at: datetime
    cause: str
    scheme_version: int
    award_id: UUID | None = None


class DaySums(Struct, frozen=True, array_like=True):
    """The sums of somebody's day, as read."""

    customer_id: UUID
    day: date
    points: int
    spent_minor: int


class StandingOf(Struct, frozen=True):
    """Somebody's standing, as read."""

    customer_id: UUID
    standing: Standing


class ChangeOf(Struct, frozen=True):
    """A change of somebody's tier, as read."""

    customer_id: UUID
    change: Change


class TierRead(Struct, frozen=True):
    """Everything that deciding tiers needs of some customers. `closed`: who were erased, or merged into others."""

    scheme: StoredScheme | None
    days: list[DaySums]
    standings: list[StandingOf]
    changes: list[ChangeOf]
    closed: list[UUID]
