"""All the SQL of keys: finding the first answer, pinning it in the commit of its effect, and letting bodies go."""

from datetime import datetime, timedelta
from uuid import UUID

from loyalty.database import Connection
from loyalty.idempotency import tables
from loyalty.idempotency.facts import Once, Pinned
from loyalty.idempotency.refusals import AnswerErased, KeyExpired, KeyReused
from loyalty.statements import Part, insert

KEEP_BODIES = timedelta(days=30)
# How many bodies go in one commit: well within the time of a statement.
_SLICE = 5000

_COLUMNS = ["scope", "key", "fingerprint", "status", "request_id", "body", "customer_id", "recorded_at"]
_FIND = """
SELECT fingerprint, status, request_id, body, body_gone FROM idempotency
WHERE program_id = $1 AND scope = $2 AND key = $3
"""
_PIN_ALONE = """
INSERT INTO idempotency (program_id, scope, key, fingerprint, status, request_id, body, customer_id, recorded_at)
SELECT program_id, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + clock_offset FROM program WHERE program_id = $1
"""
_BLANK = """
UPDATE idempotency SET body = NULL, body_gone = 'erased'
WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) AND body IS NOT NULL RETURNING 1
"""
_PROGRAMS = "SELECT program_id FROM program ORDER BY program_id"
_FORGET = """
UPDATE idempotency SET body = NULL, body_gone = 'expired' WHERE program_id = $1 AND (scope, key) IN (
  SELECT i.scope, i.key FROM idempotency i JOIN program p USING (program_id)
  WHERE i.program_id = $1 AND i.body IS NOT NULL AND i.recorded_at < clock_timestamp() + p.clock_offset - $2::interval
  ORDER BY i.recorded_at LIMIT $3 FOR UPDATE OF i SKIP LOCKED)
"""


async def pinned(connection: Connection, once: Once) -> Pinned | None:
    """Find the first answer under a key; None when there is none yet.

    Raises `KeyReused` when the key came with another request, `KeyExpired` and `AnswerErased` when the body is gone.
    """
    row = await connection.fetchrow(_FIND, once.program_id, once.scope, once.key)
    if row is None:
        return None
    if row["fingerprint"] != once.fingerprint:
        msg = "This Idempotency-Key was used for another request. Send a new key with a new request."
        raise KeyReused(msg)
    if row["body_gone"] == "erased":
        msg = "This request was answered; the answer went when the customer was erased. Do not send it again."
        raise AnswerErased(msg)
    if row["body_gone"] == "expired":
        msg = "This request was answered more than 30 days ago, and is not done again. Look at what it did instead."
        raise KeyExpired(msg)
    return Pinned(row["status"], row["body"], row["request_id"])


def pin(once: Once, status: int, body: bytes, customer_id: UUID | None, now: datetime) -> Part:
    """Pin a first answer: hung on an append, it is the same commit as the effect. `customer_id`: whom it is about.

    A unique violation means that the same key was faster.
    """
    row = (once.scope, once.key, once.fingerprint, status, once.request_id, body, customer_id, now)
    return insert(tables.Idempotency, _COLUMNS, [row])


async def pin_alone(connection: Connection, once: Once, status: int, body: bytes, customer_id: UUID | None) -> None:
    """Pin the answer of a verb that writes by other statements, in the transaction of these (`whole`)."""
    told = (once.program_id, once.scope, once.key, once.fingerprint, status, once.request_id, body, customer_id)
    await connection.execute(_PIN_ALONE, *told)


async def pin_refusal(connection: Connection, once: Once, status: int, body: bytes, customer_id: UUID | None) -> None:
    """Pin a refusal that depended on state, so that it never turns into a success; it changes nothing else."""
    await pin_alone(connection, once, status, body, customer_id)


def blank(customer_ids: list[UUID]) -> Part:
    """Erase what was answered about persons, in the commit of their erasure; a replay is then `AnswerErased`."""
    return Part("blanked_idempotency", _BLANK, [customer_ids])


async def forget_bodies(connection: Connection, older_than: timedelta = KEEP_BODIES) -> int:
    """Let the bodies of old answers go, each slice a commit; gives how many. Keys and fingerprints stay for ever."""
    gone = 0
    for (program_id,) in await connection.fetch(_PROGRAMS):
        while n := int((await connection.execute(_FORGET, program_id, older_than, _SLICE)).split()[-1]):
            gone += n
    return gone
