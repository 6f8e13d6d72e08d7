"""Seals: what a programme recorded since the last one, as one hash that stands on all before it.

docs/decisions/0010-seals.md describes the bytes. The chain of an account cannot tell that its newest entries were cut
off, nor that an award without points is gone or the whole account; a seal can, and one that was written down elsewhere
can tell that somebody made every hash anew.
"""

from datetime import datetime
from hashlib import sha256

import asyncpg
import msgspec
from msgspec import Struct

from loyalty.database import Tx
from loyalty.points.chain import award_digest, microseconds
from loyalty.points.facts import RecordedAward

GENESIS = bytes(32)
# The longest that a first seal over a large ledger may read.
_PATIENCE_SECONDS = 3600.0
_AT_ONCE = 1000
_encode = msgspec.json.encode
_decode = msgspec.json.decode


class RecordedSeal(Struct, frozen=True):
    """A seal as stored. `accounts` and `awards` count what the root covers."""

    program_id: int
    number: int
    cut_at: datetime
    accounts: int
    awards: int
    root: bytes
    previous: bytes
    hash: bytes


_LAST = """
SELECT program_id, number, cut_at, accounts, awards, root, previous, hash
FROM seal WHERE program_id = $1 ORDER BY number DESC LIMIT 1
"""
# Nothing that is recorded by then can still be under way: an append whose `now` is over 5 s old is refused.
_CUT = "SELECT clock_timestamp() + clock_offset - interval '10 seconds' FROM program WHERE program_id = $1"
# Every entry has an award of its own instant; so the accounts of these awards are those that moved.
_RECORDED = f"""
WITH new AS MATERIALIZED (
  SELECT {", ".join(RecordedAward.__struct_fields__)}
  FROM award WHERE program_id = $1 AND recorded_at > coalesce($2::timestamptz, '-infinity') AND recorded_at <= $3),
head AS (
  SELECT c.customer_id, e.seq, e.hash FROM (SELECT DISTINCT customer_id FROM new) c CROSS JOIN LATERAL (
    SELECT seq, hash, recorded_at FROM entry
    WHERE program_id = $1 AND customer_id = c.customer_id AND recorded_at <= $3 ORDER BY seq DESC LIMIT 1) e
  WHERE e.recorded_at > coalesce($2::timestamptz, '-infinity'))
SELECT new.*, head.seq, head.hash FROM new LEFT JOIN head USING (customer_id)
ORDER BY new.customer_id NULLS LAST, account_version, CASE WHEN new.customer_id IS NULL THEN purchase_id END, award_id
"""  # noqa: S608 - our own names
_INSERT = """
INSERT INTO seal (program_id, number, cut_at, accounts, awards, root, previous, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING number
"""


async def seal_ledger(tx: Tx, program_id: int, cut_at: datetime | None = None) -> RecordedSeal | None:
    """Seal what a programme recorded since its last seal, up to a cut ten seconds ago, or to an earlier one.

    None: there was nothing new, or somebody else sealed it meanwhile. The caller's transaction must be open.
    """
    connection = tx.connection
    await connection.execute("SET LOCAL statement_timeout = 0")
    cut = await connection.fetchval(_CUT, program_id)
    cut = min(cut, cut_at) if cut_at else cut
    last = await connection.fetchrow(_LAST, program_id)
    since: datetime | None = last["cut_at"] if last else None
    if since and since >= cut:
        return None
    accounts, awards, root = await _root(tx, program_id, since, cut)
    if not awards:
        return None
    number, previous = (last["number"] + 1, last["hash"]) if last else (1, GENESIS)
    fields = ("seal/1", program_id, number, microseconds(cut), accounts, awards, root.hex())
    seal = RecordedSeal(
        program_id, number, cut, accounts, awards, root, previous, sha256(previous + _encode(fields)).digest()
    )
    written = await connection.fetchval(_INSERT, *msgspec.structs.astuple(seal))
    return seal if written else None


async def _root(tx: Tx, program_id: int, since: datetime | None, cut: datetime) -> tuple[int, int, bytes]:
    """Hash all that was recorded in `(since, cut]`; gives how many accounts and awards, and the hash."""
    root, accounts, awards, customer = sha256(), 0, 0, None
    rows = await tx.connection.cursor(_RECORDED, program_id, since, cut, timeout=_PATIENCE_SECONDS)
    while batch := await rows.fetch(_AT_ONCE, timeout=_PATIENCE_SECONDS):
        for row in batch:
            if row["seq"] is not None and row["customer_id"] != customer:
                customer = row["customer_id"]
                accounts += 1
                root.update(_encode((customer.hex, row["seq"], row["hash"].hex())))
            awards += 1
            root.update(_encode(award_digest(program_id, _award(row))))
    return accounts, awards, root.digest()


def _award(row: asyncpg.Record) -> RecordedAward:
    fields = {name: row[name] for name in RecordedAward.__struct_fields__}
    return RecordedAward(**fields | {"breakdown": _decode(row["breakdown"]), "facts": _decode(row["facts"])})
