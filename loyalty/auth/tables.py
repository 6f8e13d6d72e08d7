"""Who may come in: storefronts by key, staff by session. Secrets are stored as SHA-256 only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from loyalty.database import Instant
from loyalty.ids import new_id

NOW = {"server_default": text("now()")}


class ApiKey(SQLModel, table=True):
    """A storefront's bearer key, `lk_live_{program_id}_{secret}`; the programme's number stands in it in clear.

    `name` says what it is for. Two of a name may be live at a time, so that one can take over from the other.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        ForeignKeyConstraint(["program_id", "storefront_id"], ["storefront.program_id", "storefront.storefront_id"]),
        UniqueConstraint("program_id", "sha256", name="api_key_is_unique"),
        CheckConstraint("expires_at > created_at", name="expires_after_it_was_made"),
    )

    program_id: int = Field(primary_key=True)
    key_id: UUID = Field(primary_key=True)
    storefront_id: int
    sha256: bytes = Field(sa_type=LargeBinary)
    last4: str
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
    name: str = Field(default="default", sa_column_kwargs={"server_default": text("'default'")})
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    # To within ten minutes.
    last_used_at: datetime | None = Field(default=None, sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)


class User(SQLModel, table=True):
    """A person of the merchant's staff. Owned by the installation. Nobody is deleted: what they did names them.

    `totp_secret` has to be read to be compared, so it stands there as it is; it alone opens nothing.
    """

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("email", name="user_email_is_taken_once"),
        CheckConstraint("email = lower(email)", name="email_is_lower_case"),
        CheckConstraint("role IN ('owner', 'manager', 'analyst', 'support')", name="role_is_known"),
    )

    user_id: UUID = Field(primary_key=True)
    email: str
    role: str = "owner"
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
    # Argon2id, with its parameters; None: comes in by links only.
    password: str | None = None
    totp_secret: str | None = None
    # Shown to be entered into an app, and not asked for before a code of it has come.
    totp_offered: str | None = None
    # The time step of the last code that was used: none is good twice.
    totp_step: int | None = Field(default=None, sa_type=BigInteger)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class SignInLink(SQLModel, table=True):
    """A link that signs its user in once, until it expires."""

    __tablename__ = "sign_in_link"
    __table_args__ = (ForeignKeyConstraint(["user_id"], ["user.user_id"]),)

    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    user_id: UUID
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
    expires_at: datetime = Field(sa_type=Instant)
    used_at: datetime | None = Field(default=None, sa_type=Instant)


class Session(SQLModel, table=True):
    """A browser that is signed in. Ends when idle, after its absolute limit, or when revoked."""

    __tablename__ = "session"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["user.user_id"]),
        UniqueConstraint("session_id", name="session_is_named_once"),
    )

    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    user_id: UUID
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
    seen_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    # What a list of sessions calls it: its hash is nobody's business.
    session_id: UUID = Field(default_factory=new_id, sa_column_kwargs={"server_default": text("gen_random_uuid()")})
    agent: str | None = None


class SignInTry(SQLModel, table=True):
    """How often somebody tried to come in under an e-mail address, known or not, until they have, or for a day."""

    __tablename__ = "sign_in_try"
    # By its time it is forgotten.
    __table_args__ = (Index("sign_in_try_last_ix", "last_at"),)

    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    tries: int
    last_at: datetime = Field(sa_type=Instant)
    next_at: datetime = Field(sa_type=Instant)


class StaffAction(SQLModel, table=True):
    """What somebody of the staff set out to do in the panel, written before it is done; `status` is what came of it."""

    __tablename__ = "staff_action"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["user.user_id"]),
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        Index("staff_action_at_ix", "at", "action_id"),
    )

    action_id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": text("clock_timestamp()")})
    user_id: UUID
    # None: of the whole installation.
    program_id: int | None = None
    name: str
    address: str
    details: dict[str, str] = Field(sa_type=JSONB)
    status: int | None = None
    request_id: str


class SavedView(SQLModel, table=True):
    """Filters of a list under a name: what the address of the list says. Everybody's where it is shared."""

    __tablename__ = "saved_view"
    __table_args__ = (
        ForeignKeyConstraint(["program_id"], ["program.program_id"]),
        CheckConstraint("page IN ('members', 'purchases')", name="page_is_known"),
    )

    program_id: int = Field(primary_key=True)
    view_id: UUID = Field(primary_key=True)
    # Who made it; of the installation, so nothing of a programme points there.
    user_id: UUID
    page: str
    name: str
    said: str
    shared: bool
    created_at: datetime = Field(sa_type=Instant, sa_column_kwargs=NOW)
