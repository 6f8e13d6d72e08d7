"""The points ledger: decisions (`award`), the entries they made, the lots these fill and empty, and holds.

Awards, entries, lot uses and seals are only ever added; `migrations/` gives the service no right to do more.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

CODES = ("issued", "pending", "available", "held", "redeemed", "expired", "clawed_back", "debt", "adjusted")
CAUSES = (
    "purchase", "refund", "cancellation", "edit", "claim", "joined", "left", "membership", "merged",
    "held", "captured", "released", "reversed", "adjusted", "settled", "erased", "action",
    "referral",
)  # fmt: skip
KINDS = (
    "issue", "mature", "expire", "repay", "claw_back", "hold", "capture", "release", "reverse", "adjust", "forfeit",
    "erase", "merge",
)  # fmt: skip


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


ZERO = {"server_default": text("0")}
ACCOUNT_KEY = ["account.program_id", "account.customer_id"]
AWARD_KEY = ["award.program_id", "award.award_id"]
ENTRY_KEY = ["entry.program_id", "entry.customer_id", "entry.seq"]


class Account(SQLModel, table=True):
    """A customer's points. `version` rises with every write about the customer, `seq` counts the entries.

    `next_due_at` is never later than the first maturing, expiry or time-out to come. `active_at`: the last earning or
    redemption, from which points that expire on inactivity count.
    """

    __tablename__ = "account"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint("available >= 0 AND pending >= 0 AND held >= 0 AND debt >= 0", name="never_below_zero"),
        CheckConstraint("debt = 0 OR available = 0", name="debt_is_repaid_first"),
        CheckConstraint(
            "merged_into IS NULL OR (available = 0 AND pending = 0 AND held = 0 AND debt = 0)",
            name="merged_ones_are_empty",
        ),
        {"postgresql_with": {"fillfactor": "70"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    available: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    pending: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    held: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    debt: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    version: int = Field(sa_type=BigInteger)
    seq: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    settled_at: datetime = Field(sa_type=Instant)
    next_due_at: datetime | None = Field(default=None, sa_type=Instant)
    active_at: datetime | None = Field(default=None, sa_type=Instant)
    merged_into: UUID | None = None
    head_hash: bytes = Field(sa_type=LargeBinary)


class Award(SQLModel, table=True):
    """One decision and why, also when it gives nothing. `given` is what `due` did; the rest was clamped."""

    __tablename__ = "award"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "purchase_id"], ["purchase.program_id", "purchase.purchase_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="award_account_fk"),
        CheckConstraint(_one_of("cause", CAUSES), name="cause_is_known"),
        CheckConstraint("(customer_id IS NULL) = (account_version IS NULL)", name="account_has_a_version"),
        Index("award_purchase_ix", "program_id", "purchase_id"),
        Index("award_account_ix", "program_id", "customer_id", "account_version"),
        # Awards lie in the order of time: for a seal, this finds those of a day at the cost of next to nothing.
        Index("award_recorded_ix", "program_id", "recorded_at", postgresql_using="brin"),
    )

    program_id: int = Field(primary_key=True)
    award_id: UUID = Field(primary_key=True)
    cause: str
    customer_id: UUID | None = None
    account_version: int | None = Field(default=None, sa_type=BigInteger)
    purchase_id: UUID | None = None
    refund_id: str | None = None
    membership_id: UUID | None = None
    rules_version: int | None = None
    # The earning basis in minor units, an exact fraction: "3438" or "10000/3".
    basis: str | None = None
    breakdown: list[Any] = Field(sa_type=JSONB)
    facts: dict[str, Any] = Field(sa_type=JSONB)
    target: int = Field(sa_type=BigInteger)
    due: int = Field(sa_type=BigInteger)
    given: int = Field(sa_type=BigInteger)
    available_after: int | None = Field(default=None, sa_type=BigInteger)
    pending_after: int | None = Field(default=None, sa_type=BigInteger)
    held_after: int | None = Field(default=None, sa_type=BigInteger)
    debt_after: int | None = Field(default=None, sa_type=BigInteger)
    actor: str
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)


class Entry(SQLModel, table=True):
    """One movement of an account: `amount` leaves the debit code and reaches the credit code. Hash-chained by `seq`."""

    __tablename__ = "entry"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="entry_account_fk"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY),
        CheckConstraint("amount > 0", name="amount_is_positive"),
        CheckConstraint("debit_code <> credit_code", name="moves_between_codes"),
        CheckConstraint(f"{_one_of('debit_code', CODES)} AND {_one_of('credit_code', CODES)}", name="codes_are_known"),
        CheckConstraint(_one_of("kind", KINDS), name="kind_is_known"),
        CheckConstraint("octet_length(hash) = 32", name="hash_is_sha256"),
        # Entries lie about in the order of time, but for those posted late: several ranges a page find those of a day.
        Index(
            "entry_effective_ix",
            "program_id",
            "effective_at",
            postgresql_using="brin",
            postgresql_ops={"effective_at": "timestamptz_minmax_multi_ops"},
        ),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    award_id: UUID
    kind: str
    debit_code: str
    credit_code: str
    amount: int = Field(sa_type=BigInteger)
    available_after: int = Field(sa_type=BigInteger)
    pending_after: int = Field(sa_type=BigInteger)
    held_after: int = Field(sa_type=BigInteger)
    debt_after: int = Field(sa_type=BigInteger)
    actor: str
    request_id: str
    effective_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    hash: bytes = Field(sa_type=LargeBinary)


class Lot(SQLModel, table=True):
    """The points of one earning, with their own dates. Named by the entry that brought it.

    No `matures_at`: it waits for the delivery. With `slides_days` it ends so long after the account was last active.
    """

    __tablename__ = "lot"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id", "seq"], ENTRY_KEY),
        CheckConstraint("remaining BETWEEN 0 AND original", name="remaining_is_within_original"),
        CheckConstraint("original > 0", name="original_is_positive"),
        CheckConstraint("slides_days IS NULL OR expires_at IS NULL", name="ends_on_a_date_or_slides"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    purchase_id: UUID | None = None
    earned_at: datetime = Field(sa_type=Instant)
    matures_at: datetime | None = Field(default=None, sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    slides_days: int | None = None
    original: int = Field(sa_type=BigInteger)
    remaining: int = Field(sa_type=BigInteger)


class LotUse(SQLModel, table=True):
    """How much of which lot an entry took (`amount` > 0) or gave back (< 0)."""

    __tablename__ = "lot_use"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id", "seq"], ENTRY_KEY, name="lot_use_entry_fk"),
        ForeignKeyConstraint(
            ["program_id", "customer_id", "lot_seq"],
            ["lot.program_id", "lot.customer_id", "lot.seq"],
            name="lot_use_lot_fk",
        ),
        CheckConstraint("amount <> 0", name="amount_is_not_zero"),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    lot_seq: int = Field(primary_key=True, sa_type=BigInteger)
    amount: int = Field(sa_type=BigInteger)


class Hold(SQLModel, table=True):
    """Points set aside for a redemption, until captured, released or timed out; once. `taken`: what is still out.

    `taken` lists [[customer, lot, points], …] in spending order; `returned` counts what came back after the capture.
    """

    __tablename__ = "hold"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], ACCOUNT_KEY, name="hold_account_fk"),
        ForeignKeyConstraint(["program_id", "award_id"], AWARD_KEY, name="hold_award_fk"),
        ForeignKeyConstraint(["program_id", "end_award_id"], AWARD_KEY, name="hold_end_award_fk"),
        ForeignKeyConstraint(["program_id", "reverse_award_id"], AWARD_KEY, name="hold_reverse_award_fk"),
        CheckConstraint("state IN ('open', 'captured', 'released', 'timed_out')", name="state_is_known"),
        CheckConstraint("points > 0 AND captured BETWEEN 0 AND points", name="captured_is_within_points"),
        CheckConstraint("returned BETWEEN 0 AND captured", name="returned_is_within_captured"),
        CheckConstraint("(state = 'captured') = (captured > 0)", name="captured_ones_took_points"),
        CheckConstraint(
            "(state = 'open') = (ended_at IS NULL) AND (state = 'open') = (end_award_id IS NULL)",
            name="ended_ones_say_when_and_why",
        ),
        Index("hold_open_ix", "program_id", "customer_id", postgresql_where=text("state = 'open'")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    hold_id: UUID = Field(primary_key=True)
    customer_id: UUID
    points: int = Field(sa_type=BigInteger)
    captured: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    returned: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    taken: list[Any] = Field(sa_type=JSONB)
    state: str
    # The decisions that opened it, ended it, and took all of it back by the storefront's word.
    award_id: UUID
    end_award_id: UUID | None = None
    reverse_award_id: UUID | None = None
    opened_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Seal(SQLModel, table=True):
    """What was recorded up to `cut_at`, in one number that cannot be made again by hand; each stands on the one before.

    `accounts` and `awards` count what `root` covers: all that was recorded after the cut of the seal before.
    """

    __tablename__ = "seal"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    cut_at: datetime = Field(sa_type=Instant)
    accounts: int = Field(sa_type=BigInteger)
    awards: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    previous: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)
