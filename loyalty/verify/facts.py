"""Rows as they are verified, in the order of their columns in `queries.py`, and what is told about them."""

from dataclasses import dataclass, field
from datetime import datetime
from json import loads
from typing import Any, NamedTuple
from uuid import UUID

# A broken ledger may break everywhere; the first faults tell the story, the rest is counted.
MOST_FAULTS = 1000
CODES = ("issued", "pending", "available", "held", "redeemed", "expired", "clawed_back", "debt", "adjusted")


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

    def merge(self, part: "Report") -> None:
        """Add what was found of a part."""
        for fault in part.faults:
            self.add(fault)
        self.further += part.further
        for counts, more in ((self.checked, part.checked), (self.not_checkable, part.not_checkable)):
            for name, count in more.items():
                counts[name] = counts.get(name, 0) + count


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
    next_due_at: datetime | None
    active_at: datetime | None
    merged_into: UUID | None
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
    """An award; `breakdown` and `facts` as JSON text, `told`: an event carries it, or it is too old for one."""

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
        available = self.available_after
        return None if available is None else Balances(available, self[15] or 0, self[16] or 0, self[17] or 0)

    @property
    def told_facts(self) -> dict[str, Any]:
        """The facts that it was decided on."""
        found: dict[str, Any] = loads(self.facts) if self.facts != "{}" else {}
        return found


class LotRow(NamedTuple):
    """A lot."""

    customer_id: UUID
    seq: int
    purchase_id: UUID | None
    earned_at: datetime
    matures_at: datetime | None
    expires_at: datetime | None
    slides_days: int | None
    original: int
    remaining: int


class UseRow(NamedTuple):
    """How much an entry took of a lot."""

    customer_id: UUID
    seq: int
    lot_seq: int
    amount: int


class HoldRow(NamedTuple):
    """A hold; `taken` as JSON text."""

    customer_id: UUID
    hold_id: UUID
    points: int
    captured: int
    returned: int
    taken: str
    state: str
    award_id: UUID
    end_award_id: UUID | None
    reverse_award_id: UUID | None
    opened_at: datetime
    expires_at: datetime
    ended_at: datetime | None


class MembershipRow(NamedTuple):
    """An interval, and when it was known."""

    customer_id: UUID
    membership_id: UUID
    joined_at: datetime
    left_at: datetime | None
    recorded_at: datetime
    superseded_at: datetime | None


class PurchaseRow(NamedTuple):
    """A purchase as it is known now; `redemption_ids` and `lines` (where some rule looks at them) as JSON text."""

    customer_id: UUID | None
    purchase_id: UUID
    order_id: str
    state: str
    version: int
    placed_at: datetime | None
    goods_minor: int | None
    tax_minor: int | None
    shipping_minor: int | None
    reward_discount_minor: int | None
    redemption_ids: str | None
    test: bool
    member: bool
    recorded_at: datetime
    lines: str | None = None


class FormerRow(NamedTuple):
    """The facts of a purchase that others replaced; the first customer is the one that the purchase has now."""

    customer_id: UUID | None
    purchase_id: UUID
    version: int
    former_customer_id: UUID | None
    placed_at: datetime | None
    recorded_at: datetime
    superseded_at: datetime


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


class SealRow(NamedTuple):
    """A seal."""

    number: int
    cut_at: datetime
    accounts: int
    awards: int
    root: bytes
    previous: bytes
    hash: bytes
