"""All the SQL of links. Times are the programme's: a test programme's moved clock moves them too."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection

_NOW = "(SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_MOMENT = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_ADD_LINK = f"""
INSERT INTO page_link (program_id, sha256, customer_id, actor, request_id, made_at, expires_at)
SELECT $1, $2, $3, $4, $5, n.now, n.now + $6 FROM {_NOW} n (now) RETURNING made_at, expires_at
"""  # noqa: S608 - our own parts
_ADD_REQUEST = f"""
INSERT INTO erasure_request (program_id, sha256, customer_id, made_at, expires_at)
SELECT $1, $2, $3, n.now, n.now + $4 FROM {_NOW} n (now)
"""  # noqa: S608 - our own parts
# Of whoever was merged it is the other's. A link is of one membership: it ends with it, and joining again makes no old
# one live. `inside` tells whether that membership goes on.
_FIND = """
WITH RECURSIVE found AS (SELECT customer_id, made_at, expires_at FROM {table} WHERE program_id = $1 AND sha256 = $2),
chain (customer_id, merged_into, n) AS (
  SELECT c.customer_id, c.merged_into, 0 FROM found f JOIN customer c
    ON c.program_id = $1 AND c.customer_id = f.customer_id
  UNION ALL SELECT c.customer_id, c.merged_into, h.n + 1 FROM chain h JOIN customer c
    ON c.program_id = $1 AND c.customer_id = h.merged_into)
SELECT h.customer_id, f.made_at, f.expires_at, f.expires_at <= {now} AS expired, EXISTS (
  SELECT FROM membership m WHERE m.program_id = $1 AND m.customer_id = h.customer_id AND m.superseded_at IS NULL
    AND m.joined_at <= f.made_at AND (m.left_at IS NULL OR {now} < m.left_at)) AS inside
FROM found f, chain h WHERE h.merged_into IS NULL
"""
_FIND_LINK = _FIND.format(table="page_link", now=_NOW)
_FIND_REQUEST = _FIND.format(table="erasure_request", now=_NOW)
_ASKED_AT = f"""
SELECT max(made_at) FROM erasure_request WHERE program_id = $1 AND customer_id = $2 AND expires_at > {_NOW}
"""  # noqa: S608 - our own parts
_CLEAN = """
DELETE FROM {table} WHERE program_id = $1 AND sha256 IN (SELECT sha256 FROM {table}
  WHERE program_id = $1 AND expires_at < {now} - $2::interval LIMIT 1000)
"""
_CLEANINGS = [_CLEAN.format(table=table, now=_NOW) for table in ("page_link", "erasure_request")]


class LinkFacts(Struct, frozen=True):
    """A link as it stands now. `inside`: the membership that it was made in goes on."""

    customer_id: UUID
    made_at: datetime
    expires_at: datetime
    expired: bool
    inside: bool


async def now_of(connection: Connection, program_id: int) -> datetime:
    """Ask for the programme's time."""
    found: datetime = await connection.fetchval(_MOMENT, program_id)
    return found


async def add_link(
    connection: Connection,
    program_id: int,
    sha256: bytes,
    customer_id: UUID,
    *,
    actor: str,
    request_id: str,
    lives: timedelta,
) -> tuple[datetime, datetime]:
    """Keep a link; gives when it was made, and when it ends."""
    told = (program_id, sha256, customer_id, actor, request_id, lives)
    [row] = await connection.fetch(_ADD_LINK, *told)
    return row["made_at"], row["expires_at"]


async def find_link(connection: Connection, program_id: int, sha256: bytes) -> LinkFacts | None:
    """Find a link; None when there is none."""
    row = await connection.fetchrow(_FIND_LINK, program_id, sha256)
    return None if row is None else LinkFacts(**dict(row))


async def add_request(
    connection: Connection, program_id: int, sha256: bytes, customer_id: UUID, lives: timedelta
) -> None:
    """Keep the link that confirms an erasure."""
    await connection.execute(_ADD_REQUEST, program_id, sha256, customer_id, lives)


async def find_request(connection: Connection, program_id: int, sha256: bytes) -> LinkFacts | None:
    """Find the link that confirms an erasure; None when there is none."""
    row = await connection.fetchrow(_FIND_REQUEST, program_id, sha256)
    return None if row is None else LinkFacts(**dict(row))


async def asked_to_erase_at(connection: Connection, program_id: int, customer_id: UUID) -> datetime | None:
    """Tell when somebody last asked to be erased, with a link that still works; None: not."""
    found: datetime | None = await connection.fetchval(_ASKED_AT, program_id, customer_id)
    return found


async def clean(connection: Connection, program_id: int, kept: timedelta) -> int:
    """Delete links that ended long ago, each slice a commit; gives how many."""
    gone = 0
    for sql in _CLEANINGS:
        while n := int((await connection.execute(sql, program_id, kept)).split()[-1]):
            gone += n
    return gone
