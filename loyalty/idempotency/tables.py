"""What was answered under a key. The row stays for ever; its body goes after a while, or with the person."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

_KEPT = text("body IS NOT NULL")


class Idempotency(SQLModel, table=True):
    """One key of one caller. `body` are the bytes of the answer; where they are gone, `body_gone` tells why."""

    __tablename__ = "idempotency"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        ForeignKeyConstraint(["program_id", "customer_id"], ["customer.program_id", "customer.customer_id"]),
        CheckConstraint("body_gone IN ('expired', 'erased')", name="body_gone_is_known"),
        CheckConstraint("(body IS NULL) = (body_gone IS NOT NULL)", name="body_is_there_or_tells_why_not"),
        # Success, or a refusal that depended on state; whatever else was answered may be tried again.
        CheckConstraint("status BETWEEN 200 AND 299 OR status IN (404, 409)", name="status_may_be_pinned"),
        # Of bodies still there only: what is kept for ever costs no index but its key.
        Index("idempotency_customer_ix", "program_id", "customer_id", postgresql_where=_KEPT),
        Index("idempotency_recorded_ix", "program_id", "recorded_at", postgresql_where=_KEPT),
    )

    program_id: int = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes = Field(sa_type=LargeBinary)
    status: int
    request_id: str
    body: bytes | None = Field(default=None, sa_type=LargeBinary)
    # Whom the answer is about: when they are erased, so is the body.
    customer_id: UUID | None = None
    recorded_at: datetime = Field(sa_type=Instant)
    body_gone: str | None = None
