"""What was refused. A row goes after 30 days, its body earlier where the person it names is erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant


class RefusedCall(SQLModel, table=True):
    """A call that was refused, or an item of one with many (`place`). Where the body is gone, `body_gone` says why."""

    __tablename__ = "refused_call"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        ForeignKeyConstraint(["program_id", "key_id"], ["api_key.program_id", "api_key.key_id"]),
        CheckConstraint("(body IS NULL) = (body_gone IS NOT NULL)", name="body_or_why_not"),
        CheckConstraint("body_gone IN ('none', 'not_json', 'too_large', 'erased')", name="body_gone_is_known"),
        CheckConstraint("octet_length(body) <= 65536", name="body_is_small"),
        CheckConstraint(
            "(replayed_at IS NULL) = (outcome IS NULL) AND (replayed_at IS NULL) = (replayed_by IS NULL)",
            name="replay_has_an_outcome",
        ),
        # How many a key had in the last hour.
        Index("refused_call_of_key_ix", "program_id", "key_id", "refused_at"),
    )

    program_id: int = Field(primary_key=True)
    refusal_id: UUID = Field(primary_key=True)
    storefront_id: int
    key_id: UUID
    operation: str
    path: str
    order_id: str | None = None
    place: int | None = None
    status: int
    problem: dict[str, Any] = Field(sa_type=JSONB)
    body: str | None = None
    body_gone: str | None = None
    # Every customer's id and e-mail that stands in it, in lower case: how an erasure finds it.
    names: list[str] = Field(sa_type=ARRAY(Text))
    request_id: str
    refused_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("clock_timestamp()")})
    replayed_at: datetime | None = Field(default=None, sa_type=Instant)
    replayed_by: UUID | None = None
    # "201", or the problem's code.
    outcome: str | None = None
