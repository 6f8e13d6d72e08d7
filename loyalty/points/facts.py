"""What the rules of the points see, and what they hand out: plain data, no I/O."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

GENESIS = bytes(32)


class AccountFacts(Struct, frozen=True):
    """An account as read, with the version that the append must find unchanged."""

    customer_id: UUID
    version: int
    seq: int
    available: int
    pending: int
    held: int
    debt: int
    settled_at: datetime
    head_hash: bytes
    next_due_at: datetime | None = None
    active_at: datetime | None = None
    merged_into: UUID | None = None


class LotFacts(Struct, frozen=True):
    """A lot as read: one that still holds points, or to which points may come back."""

    customer_id: UUID
    seq: int
    purchase_id: UUID | None
    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime | None
    slides_days: int | None
    original: int
    remaining: int


class Taken(NamedTuple):
    """Points that a hold took of a lot and that are still out."""

    customer_id: UUID
    lot: int
    points: int


class HoldFacts(Struct, frozen=True):
    """A hold as read."""

    hold_id: UUID
    customer_id: UUID
    points: int
    captured: int
    returned: int
    taken: list[Taken]
    state: str
    award_id: UUID
    end_award_id: UUID | None
    reverse_award_id: UUID | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class RecordedAward(Struct, frozen=True):
    """An award as stored: enough to give the first answer again, and to go on from it."""

    award_id: UUID
    cause: str
    customer_id: UUID | None
    account_version: int | None
    purchase_id: UUID | None
    refund_id: str | None
    membership_id: UUID | None
    rules_version: int | None
    basis: str | None
    breakdown: list[dict[str, Any]]
    facts: dict[str, Any]
    target: int
    due: int
    given: int
    available_after: int | None
    pending_after: int | None
    held_after: int | None
    debt_after: int | None
    actor: str
    request_id: str
    recorded_at: datetime


@dataclass(slots=True)
class OpenLot:
    """A lot while a batch is decided, read or just brought (`fresh`). Of a `pending` one nothing can be spent yet."""

    seq: int
    purchase_id: UUID | None
    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime | None
    slides_days: int | None
    original: int
    remaining: int
    pending: bool = False
    fresh: bool = False
    touched: bool = False
    redated: bool = False


@dataclass(slots=True)
class OpenHold:
    """A hold while a batch is decided, read or just made (`fresh`)."""

    hold_id: UUID
    points: int
    captured: int
    returned: int
    taken: list[Taken]
    state: str
    award_id: UUID
    opened_at: datetime
    expires_at: datetime
    end_award_id: UUID | None = None
    reverse_award_id: UUID | None = None
    ended_at: datetime | None = None
    fresh: bool = False
    touched: bool = False


@dataclass(slots=True)
class NewEntry:
    """An entry to append, in the order of `seq`."""

    customer_id: UUID
    seq: int
    award_id: UUID
    kind: str
    debit_code: str
    credit_code: str
    amount: int
    available_after: int
    pending_after: int
    held_after: int
    debt_after: int
    actor: str
    request_id: str
    effective_at: datetime
    recorded_at: datetime
    hash: bytes = b""


@dataclass(slots=True)
class OpenAccount:
    """An account while a batch is decided: each item sees what the one before it did.

    `seen` is the version that was read; None when the customer is new and the account is to be inserted. `touched`: an
    item changed it, so it is appended; settling alone does not count. `foreign`: lots of accounts merged into it.
    """

    customer_id: UUID
    seen: int | None
    version: int
    zone: ZoneInfo
    seq: int = 0
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0
    head_hash: bytes = GENESIS
    next_due_at: datetime | None = None
    active_at: datetime | None = None
    merged_into: UUID | None = None
    touched: bool = False
    lots: list[OpenLot] = field(default_factory=list)
    foreign: dict[tuple[UUID, int], LotFacts] = field(default_factory=dict)
    holds: list[OpenHold] = field(default_factory=list)
    settling: RecordedAward | None = None
    entries: list[NewEntry] = field(default_factory=list)
    uses: list[tuple[int, int, int]] = field(default_factory=list)
    """(entry seq, lot seq, amount)"""


@dataclass(slots=True)
class Cause:
    """Why points move: the decision, and who asked for it. `notes` gathers what its award must say of the movement."""

    award_id: UUID
    actor: str
    request_id: str
    effective_at: datetime
    recorded_at: datetime
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class NewEvent:
    """News of a decision."""

    event_id: UUID
    type: str
    subject: str
    customer_id: UUID | None
    account_version: int | None
    award_id: UUID | None
    origin: str
