"""Cursors of lists: the place of the last one told, which says nothing to whoever carries it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from loyalty.errors import Invalid

PageSize = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]


def cursor_of(last: UUID) -> str:
    """Name the last one of a page."""
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def place_of(cursor: str | None) -> UUID | None:
    """Read a cursor; None for the first page."""
    if cursor is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        msg = "Send the next_cursor of the page before, or none for the first page."
        raise Invalid(msg, pointer="/cursor") from None
