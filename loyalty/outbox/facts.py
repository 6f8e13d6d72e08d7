"""An event as its consumers see it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Event(Struct, frozen=True):
    """What happened. `subject` names the row it is about: `purchase/{purchase_id}`."""

    event_id: UUID
    type: str
    subject: str
    customer_id: UUID | None
    account_version: int | None
    award_id: UUID | None
    origin: str
    recorded_at: datetime
