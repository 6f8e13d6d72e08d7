"""A letter as the rooms above write it, and as the worker takes it out of the queue."""

from uuid import UUID

from msgspec import Struct


class Letter(Struct, frozen=True, kw_only=True):
    """A mail to one person. `kind` is lasting and says for what; `sender` is the name that the reader sees.

    `html` is a second way to say `text`. `unsubscribe`: an https address where one POST ends such letters (RFC 8058).
    `customer_id`: whom it is about; when they are erased, so is the letter.
    """

    kind: str
    to: str
    sender: str
    subject: str
    text: str
    html: str | None = None
    reply_to: str | None = None
    unsubscribe: str | None = None
    customer_id: UUID | None = None


class Queued(Struct, frozen=True):
    """A letter that is to be sent now. `attempt` counts from one; `age_seconds` since it was written."""

    mail_id: UUID
    letter: Letter
    attempt: int
    age_seconds: float
