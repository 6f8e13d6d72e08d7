"""What goes over the wire about invitations."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.web.bounds import Email, ShopId


class LinkIn(Struct, forbid_unknown_fields=True):
    """Whom to ask."""

    customer_id: ShopId


class BounceIn(Struct, forbid_unknown_fields=True):
    """An address that takes no mail."""

    email: Email


class LinkOut(Struct):
    """A personal link to show. It is kept nowhere: a retry has it made again."""

    invitation_id: UUID
    expires_at: datetime | None
    url: Annotated[str | None, Meta(description="null: the key that made it is no more, so ask under a new key.")]
