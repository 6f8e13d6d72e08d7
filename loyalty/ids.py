"""New ids: UUIDs of version 7, so that rows lie in the order in which they were made."""

from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as _UUID
from uuid_utils import uuid7


def new_id() -> UUID:
    """Make an id. A batch makes, hashes and sends thousands: the driver's own kind is five times as quick at it."""
    made: UUID = _UUID(uuid7().bytes)
    return made
