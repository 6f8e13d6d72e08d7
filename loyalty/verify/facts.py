"""Rows as they are verified, in the order of their columns in `queries.py`, and what is told about them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

# A broken ledger may break everywhere; the first faults tell the story, the rest is counted.
MOST_FAULTS = 1000


class Fault(NamedTuple):
    """One broken promise: which check found it, where (programme, account, entry, purchase …), and what is wrong."""

    check: str
    where: str
    message: str


@dataclass
class Report:
    """What was found. `checked` counts the subjects of every check, so that none passes for want of rows."""

    faults: list[Fault] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    # More faults than `faults` holds.
    further: int = 0
    # Purchases whose worth was not recomputed, by the kind of rule that this room does not know.
    not_checkable: dict[str, int] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """Note a fault."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.further += 1


class Balances(NamedTuple):
    """The points of an account by code."""

    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0


class AccountRow(NamedTuple):
    """An account."""

    customer_id: UUID
    available: int
    pending: int
    held: int
    debt: int
    version: int
    seq: int
    settled_at: datetime
    head_hash: bytes

    @property
    def balances(self) -> Balances:
        """Its stored balances."""
        return Balances(self.available, self.pending, self.held, self.debt)


class EntryRow(NamedTuple):
    """An entry."""

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
    hash: bytes

    @property
    def after(self) -> Balances:
        """The balances that it says it left."""
        return Balances(self.available_after, self.pending_after, self.held_after, self.debt_after)


class AwardRow(NamedTuple):
    """An award; `breakdown` and `facts` as JSON text, `told`: an event carries it."""

    customer_id: UUID | None
    award_id: UUID
    cause: str
    account_version: int | None
    purchase_id: UUID | None
    refund_id: str | None
    membership_id: UUID | None
    rules_version: int | None
    basis: str | None
    breakdown: str
    facts: str
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
    told: bool

    @property
    def after(self) -> Balances | None:
        """The balances that it says it left; None: it touched no account."""
        after = (self.available_after, self.pending_after, self.held_after, self.debt_after)
        return None if None in after else Balances(*(points or 0 for points in after))


class LotRow(NamedTuple):
    """A lot."""

    customer_id: UUID
    seq: int
    purchase_id: UUID | None
    matures_at: datetime
    expires_at: datetime | None
    original: int
    remaining: int


class UseRow(NamedTuple):
    """How much an entry took of a lot."""

    customer_id: UUID
    seq: int
    lot_seq: int
    amount: int


class MembershipRow(NamedTuple):
    """An interval, and when it was known."""

    customer_id: UUID
    membership_id: UUID
    joined_at: datetime
    left_at: datetime | None
    recorded_at: datetime
    superseded_at: datetime | None


class PurchaseRow(NamedTuple):
    """A purchase as it is known now."""

    customer_id: UUID | None
    purchase_id: UUID
    order_id: str
    state: str
    placed_at: datetime | None
    goods_minor: int | None
    reward_discount_minor: int | None
    test: bool
    member: bool
    recorded_at: datetime


class RefundRow(NamedTuple):
    """A refund or a cancellation, with the customer of its purchase."""

    customer_id: UUID | None
    purchase_id: UUID
    kind: str
    refund_id: str
    goods_minor: int | None
    award_id: UUID | None
    recorded_at: datetime


class StoredRules(NamedTuple):
    """A published version of the earning rules, as stored."""

    version: int
    in_force_from: datetime | None
    published_at: datetime
    rules: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Programme:
    """What is verified of a programme at one moment: its rules, and since when every award must have its event."""

    program_id: int
    events_since: datetime
    rules: dict[int, StoredRules]


@dataclass(slots=True)
class PurchaseHistory:
    """One purchase with everything that was decided on it. `memberships` are all that its customer ever had."""

    programme: Programme
    purchase: PurchaseRow
    awards: list[AwardRow] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    memberships: list[MembershipRow] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Name it for a person."""
        purchase = self.purchase
        return f"program {self.programme.program_id}, order {purchase.order_id!r}, purchase {purchase.purchase_id}"


@dataclass(slots=True)
class AccountHistory:
    """One account with all its rows, in the order of their keys; awards in the order of `account_version`."""

    programme: Programme
    account: AccountRow
    entries: list[EntryRow] = field(default_factory=list)
    awards: list[AwardRow] = field(default_factory=list)
    lots: list[LotRow] = field(default_factory=list)
    uses: list[UseRow] = field(default_factory=list)
    memberships: list[MembershipRow] = field(default_factory=list)
    purchases: list[PurchaseHistory] = field(default_factory=list)

    @property
    def where(self) -> str:
        """Name it for a person."""
        return f"program {self.programme.program_id}, account {self.account.customer_id}"
