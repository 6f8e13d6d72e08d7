"""The links to members' own pages, and those that confirm an erasure. Of the secrets in them only hashes are kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from loyalty.database import Instant

_CUSTOMER = ["customer.program_id", "customer.customer_id"]


class PageLink(SQLModel, table=True):
    """A link to somebody's own page, and who asked for it. Several live side by side; each ends by itself."""

    __tablename__ = "page_link"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], _CUSTOMER),
        CheckConstraint("expires_at > made_at", name="expires_after_it_was_made"),
        Index("page_link_customer_ix", "program_id", "customer_id"),
        Index("page_link_expiry_ix", "program_id", "expires_at"),
    )

    program_id: int = Field(primary_key=True)
    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    customer_id: UUID
    actor: str
    request_id: str
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


class ErasureRequest(SQLModel, table=True):
    """A link, mailed to somebody who asked to be erased: opening it and confirming does it."""

    __tablename__ = "erasure_request"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "customer_id"], _CUSTOMER),
        CheckConstraint("expires_at > made_at", name="expires_after_it_was_made"),
        Index("erasure_request_customer_ix", "program_id", "customer_id"),
        Index("erasure_request_expiry_ix", "program_id", "expires_at"),
    )

    program_id: int = Field(primary_key=True)
    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    customer_id: UUID
    made_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
