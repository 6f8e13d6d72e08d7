"""All the SQL of the queue of letters. Its clock is the real one: a test programme's moved clock moves no post."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from loyalty.database import Connection
from loyalty.mail.facts import Letter, Queued
from loyalty.statements import Part

_ADD = """
INSERT INTO mail (program_id, mail_id, kind, customer_id, letter)
SELECT $1, * FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[])
"""
# Taking a letter puts it off: if the worker is killed over it, another tries again after that time.
_TAKE = """
UPDATE mail m SET attempts = attempts + 1, next_at = clock_timestamp() + $3
FROM (SELECT mail_id FROM mail WHERE program_id = $1 AND state = 'queued' AND next_at <= clock_timestamp()
  ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED) n
WHERE m.program_id = $1 AND m.mail_id = n.mail_id
RETURNING m.mail_id, m.letter, m.attempts, extract(epoch FROM clock_timestamp() - m.recorded_at)::float8 AS age_seconds
"""
_END = """
UPDATE mail SET state = $3, error = $4, letter = NULL, ended_at = clock_timestamp()
WHERE program_id = $1 AND mail_id = $2 AND state = 'queued'
"""
_LATER = """
UPDATE mail SET next_at = clock_timestamp() + $3, error = $4
WHERE program_id = $1 AND mail_id = $2 AND state = 'queued'
"""
_PUT_OFF = """
UPDATE mail SET next_at = clock_timestamp() + $2
WHERE program_id = $1 AND state = 'queued' AND next_at <= clock_timestamp()
"""
_WAITING = """
SELECT p FROM unnest($1::int[]) AS p WHERE EXISTS (
  SELECT FROM mail m WHERE m.program_id = p AND m.state = 'queued' AND m.next_at <= clock_timestamp())
"""
_FORGET = "DELETE FROM mail WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"

_decode = msgspec.json.Decoder(Letter).decode


async def add(connection: Connection, program_id: int, letters: dict[UUID, Letter]) -> None:
    """Put letters into the queue, in the caller's commit."""
    told = [
        (mail_id, letter.kind, letter.customer_id, msgspec.json.encode(letter).decode())
        for mail_id, letter in letters.items()
    ]
    await connection.execute(_ADD, program_id, *(list(column) for column in zip(*told, strict=True)))


async def take(connection: Connection, program_id: int, limit: int, again_after: timedelta) -> list[Queued]:
    """Take letters that are due; nobody else takes them before `again_after`."""
    rows = await connection.fetch(_TAKE, program_id, limit, again_after)
    return [Queued(row["mail_id"], _decode(row["letter"]), row["attempts"], row["age_seconds"]) for row in rows]


async def sent(connection: Connection, program_id: int, mail_id: UUID) -> None:
    """Note that the mail server took a letter over, and let its words go."""
    await connection.execute(_END, program_id, mail_id, "sent", None)


async def given_up(connection: Connection, program_id: int, mail_id: UUID, error: str) -> None:
    """Note that a letter cannot be sent, and let its words go."""
    await connection.execute(_END, program_id, mail_id, "failed", error)


async def later(connection: Connection, program_id: int, mail_id: UUID, wait: timedelta, error: str) -> None:
    """Have a letter tried again after a while."""
    await connection.execute(_LATER, program_id, mail_id, wait, error)


async def put_off(connection: Connection, program_id: int, wait: timedelta) -> None:
    """Have everything that is due wait: there is no mail server."""
    await connection.execute(_PUT_OFF, program_id, wait)


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell which programmes have letters to send now."""
    return [row["p"] for row in await connection.fetch(_WAITING, programs)]


def forget(customer_ids: list[UUID]) -> Part:
    """Forget what was, or is to be, mailed to persons; in the commit of their erasure."""
    return Part("forgotten_mail", _FORGET, [customer_ids])
