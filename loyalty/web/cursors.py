"""Cursors of lists: the place of the last one told, which says nothing to whoever carries it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar.params import QueryParameter

from loyalty.errors import Invalid

_EPOCH, _MICROSECOND, _BYTES = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1), 8
PageSize = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]


def cursor_of(last: UUID) -> str:
    """Name the last one of a page."""
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def place_of(cursor: str | None) -> UUID | None:
    """Read a cursor; None for the first page."""
    return None if cursor is None else _read(cursor)[1]


def cursor_at(at: datetime, last: UUID) -> str:
    """Name the last one of a page in the order of instants: the page after it begins there, whatever becomes of it."""
    since = (at - _EPOCH) // _MICROSECOND
    return urlsafe_b64encode(since.to_bytes(_BYTES, "big") + last.bytes).decode().rstrip("=")


def place_at(cursor: str | None) -> tuple[datetime, UUID] | tuple[None, None]:
    """Read a cursor of instants; nothing for the first page."""
    if cursor is None:
        return None, None
    at, last = _read(cursor, _BYTES)
    try:
        return _EPOCH + int.from_bytes(at, "big") * _MICROSECOND, last
    except OverflowError:
        raise _none() from None


def _read(cursor: str, before: int = 0) -> tuple[bytes, UUID]:
    """Part a cursor into so many bytes, and an id."""
    try:
        told = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return told[:before], UUID(bytes=told[before:])
    except ValueError:
        raise _none() from None


def _none() -> Invalid:
    msg = "Send the next_cursor of the page before, or none for the first page."
    return Invalid(msg, pointer="/cursor")
