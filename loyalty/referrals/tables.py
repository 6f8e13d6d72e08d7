"""Referrals: versions of the terms, members' codes and shares, what became of each claim, and what is to be done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.customers.tables import CUSTOMER_KEY
from loyalty.database import Instant
from loyalty.points.tables import ACCOUNT_KEY, AWARD_KEY, ZERO
from loyalty.referrals.rules import REASONS, STATES

_LIVE = "state <> 'refused'"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


class ReferralTerms(SQLModel, table=True):
    """One published version of a programme's terms; the newest is in force. `terms`: as `referrals/terms.py` has it."""

    __tablename__ = "referral_terms"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("version >= 1", name="version_counts_from_one"),
    )

    program_id: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    terms: dict[str, Any] = Field(sa_type=JSONB)
    actor: str
    published_at: datetime = Field(sa_type=Instant)


class ReferralCode(SQLModel, table=True):
    """A member's code. `code_key` is what makes it that code, `code` how it is shown. Goes with the person."""

    __tablename__ = "referral_code"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="referral_code_customer_fk"),
        Index(
            "referral_code_made_once",
            "program_id",
            "customer_id",
            unique=True,
            postgresql_where=text("NOT custom"),
        ),
        Index("referral_code_customer_ix", "program_id", "customer_id"),
    )

    program_id: int = Field(primary_key=True)
    code_key: str = Field(primary_key=True)
    code: str
    customer_id: UUID
    custom: bool
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    actor: str
    made_at: datetime = Field(sa_type=Instant)


class ReferralShare(SQLModel, table=True):
    """A member shared the code, as a storefront told it. Only added to."""

    __tablename__ = "referral_share"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="referral_share_customer_fk"),
        Index("referral_share_at_ix", "program_id", "shared_at"),
    )

    program_id: int = Field(primary_key=True)
    share_id: UUID = Field(primary_key=True)
    customer_id: UUID
    channel: str
    shared_at: datetime = Field(sa_type=Instant)
    request_id: str
    recorded_at: datetime = Field(sa_type=Instant)


class Referral(SQLModel, table=True):
    """A claim, and what became of it. A friend has one that is not refused. `told_key`: the code, while known."""

    __tablename__ = "referral"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "friend_id"], ACCOUNT_KEY, name="referral_friend_fk"),
        ForeignKeyConstraint(["program_id", "referrer_id"], ACCOUNT_KEY, name="referral_referrer_fk"),
        ForeignKeyConstraint(["program_id", "friend_award_id"], AWARD_KEY, name="referral_friend_award_fk"),
        ForeignKeyConstraint(["program_id", "referrer_award_id"], AWARD_KEY, name="referral_referrer_award_fk"),
        CheckConstraint(f"state IN ({_listed(STATES)})", name="state_is_known"),
        CheckConstraint(f"reason IN ({_listed(REASONS)})", name="reason_is_known"),
        CheckConstraint(
            "(state IN ('refused', 'reversed', 'in_review')) = (reason IS NOT NULL)", name="what_is_refused_says_why"
        ),
        CheckConstraint("referrer_id IS NOT NULL OR state = 'refused'", name="only_refused_ones_lead_nowhere"),
        CheckConstraint(
            "(state IN ('qualified', 'rewarded', 'reversed')) = (qualified_at IS NOT NULL)", name="rewards_qualified"
        ),
        CheckConstraint("friend_points >= 0 AND referrer_points >= 0", name="points_not_negative"),
        Index("referral_one_lives", "program_id", "friend_id", unique=True, postgresql_where=text(_LIVE)),
        Index("referral_claimed_ix", "program_id", "claimed_at"),
        # Those of a state newest first, above all those that wait for staff.
        Index("referral_state_ix", "program_id", "state", "claimed_at", "referral_id"),
        Index("referral_referrer_ix", "program_id", "referrer_id", "qualified_at"),
        Index("referral_maturing_ix", "program_id", "matures_at", postgresql_where=text("state = 'qualified'")),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    referral_id: UUID = Field(primary_key=True)
    friend_id: UUID
    referrer_id: UUID | None = None
    told_key: str | None = None
    state: str
    reason: str | None = None
    version: int
    terms_version: int
    claimed_at: datetime = Field(sa_type=Instant)
    purchase_id: UUID | None = None
    qualified_at: datetime | None = Field(default=None, sa_type=Instant)
    matures_at: datetime | None = Field(default=None, sa_type=Instant)
    friend_points: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    referrer_points: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=ZERO)
    friend_award_id: UUID | None = None
    referrer_award_id: UUID | None = None
    # The lots that the points came as, by their numbers in the two accounts.
    friend_lot: int | None = Field(default=None, sa_type=BigInteger)
    referrer_lot: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)
    decided_by: str | None = None
    recorded_at: datetime = Field(sa_type=Instant)


class ReferralGift(SQLModel, table=True):
    """A reward promised to one side: bought with the points given for it, or (`kept_because`) they stay points."""

    __tablename__ = "referral_gift"
    __table_args__ = (
        ForeignKeyConstraint(
            ["program_id", "referral_id"], ["referral.program_id", "referral.referral_id"], name="referral_gift_of_fk"
        ),
        CheckConstraint("side IN ('friend', 'referrer')", name="side_is_known"),
        CheckConstraint("points > 0", name="points_positive"),
        CheckConstraint("redemption_id IS NULL OR kept_because IS NULL", name="given_or_kept"),
        Index(
            "referral_gift_due_ix",
            "program_id",
            "promised_at",
            postgresql_where=text("redemption_id IS NULL AND kept_because IS NULL"),
        ),
    )

    program_id: int = Field(primary_key=True)
    referral_id: UUID = Field(primary_key=True)
    side: str = Field(primary_key=True)
    customer_id: UUID
    reward_id: UUID
    points: int = Field(sa_type=BigInteger)
    storefront_id: int
    redemption_id: UUID | None = None
    kept_because: str | None = None
    promised_at: datetime = Field(sa_type=Instant)


class ReferralTrace(SQLModel, table=True):
    """A fingerprint of an address or means of payment of orders, as the shop made it. Goes with the person."""

    __tablename__ = "referral_trace"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="referral_trace_customer_fk"),
        CheckConstraint("kind IN ('address', 'payment')", name="kind_is_known"),
        Index("referral_trace_ix", "program_id", "kind", "trace"),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    trace: str = Field(primary_key=True)


class ReferralWork(SQLModel, table=True):
    """News that may change a referral, until that is decided. `subject` as the event's."""

    __tablename__ = "referral_work"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    customer_id: UUID
    type: str
    subject: str
    origin: str
    recorded_at: datetime = Field(sa_type=Instant)
