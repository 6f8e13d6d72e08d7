"""Whom a survey asks: invitations, the quarantine's clocks, who is not to be written to, and the days' counts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.customers.tables import CUSTOMER_KEY
from loyalty.database import Instant
from surveys.invitations.rules import CHANNELS, REASONS

INVITATION_KEY = ["survey_invitation.program_id", "survey_invitation.invitation_id"]


def listed(words: tuple[str, ...]) -> str:
    """Write words as SQL lists them."""
    return ", ".join(f"'{word}'" for word in words)


class SurveyInvitation(SQLModel, table=True):
    """One asking of one customer, or why it was skipped. A link has the SHA-256 of its secret here, never the secret.

    `respondent_id` is the customer until that one is forgotten, then an id of nobody that all of theirs share.
    `due_at` is when it should go, `next_at` when it is looked at next. `remind_at`: null when no reminder is to go.
    """

    __tablename__ = "survey_invitation"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="survey_invitation_customer_fk"),
        ForeignKeyConstraint(
            ["program_id", "survey_id", "edition"],
            ["survey_edition.program_id", "survey_edition.survey_id", "survey_edition.edition"],
            name="survey_invitation_edition_fk",
        ),
        UniqueConstraint("program_id", "survey_id", "occasion", name="survey_occasion_asked_once"),
        CheckConstraint("state IN ('planned', 'sent', 'skipped')", name="state_is_known"),
        CheckConstraint(f"channel IN ({listed(CHANNELS)})", name="channel_is_known"),
        CheckConstraint(f"reason IN ({listed(REASONS)})", name="reason_is_known"),
        CheckConstraint("(state = 'skipped') = (reason IS NOT NULL)", name="skipped_says_why"),
        CheckConstraint(
            "(state = 'sent') = (sent_at IS NOT NULL) AND (sent_at IS NULL) = (ends_at IS NULL)", name="sent_has_times"
        ),
        CheckConstraint("token_sha256 IS NULL OR state = 'sent'", name="only_sent_ones_have_links"),
        CheckConstraint("(customer_id IS NULL) OR (respondent_id = customer_id)", name="respondent_is_the_customer"),
        Index("survey_invitation_due_ix", "program_id", "next_at", postgresql_where=text("state = 'planned'")),
        Index("survey_invitation_late_ix", "program_id", "due_at", postgresql_where=text("state = 'planned'")),
        Index("survey_invitation_remind_ix", "program_id", "remind_at", postgresql_where=text("remind_at IS NOT NULL")),
        Index(
            "survey_link_leads_to_one",
            "program_id",
            "token_sha256",
            unique=True,
            postgresql_where=text("token_sha256 IS NOT NULL"),
        ),
        Index("survey_invitation_mail_ix", "program_id", "mail_id", postgresql_where=text("mail_id IS NOT NULL")),
        Index("survey_invitation_customer_ix", "program_id", "customer_id"),
        Index("survey_invitation_planned_at_ix", "program_id", "planned_at"),
        # With what is counted of them, on every page about surveys: that reads no row.
        Index(
            "survey_invitation_sent_ix",
            "program_id",
            "sent_at",
            postgresql_include=["survey_id", "invitation_id", "member"],
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index("survey_invitation_held_out_ix", "program_id", "due_at", postgresql_where=text("reason = 'held_out'")),
        Index(
            "survey_invitation_email_ix",
            "program_id",
            "email_sha256",
            postgresql_where=text("email_sha256 IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    invitation_id: UUID = Field(primary_key=True)
    survey_id: UUID
    edition: int
    customer_id: UUID | None = None
    respondent_id: UUID
    occasion: str
    purchase_id: UUID | None = None
    channel: str
    state: str
    reason: str | None = None
    # At the planning. It stays when the person is forgotten: how many members answered must not change.
    member: bool
    # What was known at the planning: member, tier, orders, spend_minor, language. Goes with the person.
    snapshot: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    due_at: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)
    planned_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    remind_at: datetime | None = Field(default=None, sa_type=Instant)
    reminded_at: datetime | None = Field(default=None, sa_type=Instant)
    # The newest letter about it; one that a mail server refused for good has bounced.
    mail_id: UUID | None = None
    # Where that letter went, in small letters: what comes back is told of by address.
    email_sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    bounced_at: datetime | None = Field(default=None, sa_type=Instant)
    key_id: str | None = None
    token_version: int = Field(default=1, sa_column_kwargs={"server_default": text("1")})
    token_sha256: bytes | None = Field(default=None, sa_type=LargeBinary)


class SurveyClock(SQLModel, table=True):
    """When a customer was sent an invitation last, by any survey: its row is the lock under which that is decided."""

    __tablename__ = "survey_clock"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="survey_clock_customer_fk"),
        {"postgresql_with": {"fillfactor": "80"}},
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)


class SurveySuppression(SQLModel, table=True):
    """Who is not to be asked any more. What bounced is in `survey_bounce` now; the version before wrote it here."""

    __tablename__ = "survey_suppression"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], CUSTOMER_KEY, name="survey_suppression_customer_fk"),
        CheckConstraint("why IN ('unsubscribed', 'bounced')", name="why_is_known"),
        CheckConstraint("(why = 'bounced') = (email_sha256 IS NOT NULL)", name="bounced_has_an_address"),
    )

    program_id: int = Field(primary_key=True)
    customer_id: UUID = Field(primary_key=True)
    why: str = Field(primary_key=True)
    email_sha256: bytes | None = Field(default=None, sa_type=LargeBinary)
    recorded_at: datetime = Field(sa_type=Instant)


class SurveyBounce(SQLModel, table=True):
    """An address that takes no mail, whoever has it: the SHA-256 of it in small letters."""

    __tablename__ = "survey_bounce"
    __table_args__ = (ForeignKeyConstraint(["program_id"], ["program.program_id"]),)

    program_id: int = Field(primary_key=True)
    email_sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    recorded_at: datetime = Field(sa_type=Instant)


class SurveyDay(SQLModel, table=True):
    """How many invitations went by mail in a local day: what the cap is held to."""

    __tablename__ = "survey_day"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("sent >= 0", name="sent_not_negative"),
    )

    program_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    sent: int
