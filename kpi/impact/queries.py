"""All the SQL of the estimates' own rows."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from asyncpg import Record

from kpi.impact.facts import EstimateFacts, Result
from kpi.impact.measuring import Kept, Reading
from kpi.inputs.queries import SPEND
from kpi.periods import Days
from loyalty.database import Connection

_NOW = "(SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_COLUMNS = "estimate_id, state, done, total, result, error, asked_by, asked_at, started_at, ended_at"
_SPENT = f"""
SELECT kind, sum(amount_minor)::bigint AS minor FROM {SPEND.known("'infinity'")} told
WHERE NOT withdrawn AND booked_on >= $2 AND booked_on < $3 GROUP BY kind
"""  # noqa: S608 - a constant of its room
_ADD = f"""
INSERT INTO impact_estimate (program_id, estimate_id, asked_by, asked_at) VALUES ($1, $2, $3, {_NOW})
"""  # noqa: S608 - a constant of this file
_FIND = f"""
SELECT {_COLUMNS} FROM impact_estimate WHERE program_id = $1 AND ($2::uuid IS NULL OR estimate_id = $2)
  AND ($3::text IS NULL OR state = $3)
ORDER BY estimate_id DESC LIMIT $4
"""  # noqa: S608 - as above
# A month of the programme's own zone. One that failed or was cancelled is no estimate of the month.
_THIS_MONTH = f"""
SELECT EXISTS (SELECT FROM impact_estimate e, program p WHERE e.program_id = $1 AND p.program_id = $1
  AND e.state IN ('queued', 'running', 'done')
  AND date_trunc('month', e.asked_at AT TIME ZONE p.timezone) = date_trunc('month', {_NOW} AT TIME ZONE p.timezone))
"""  # noqa: S608 - as above
_CANCEL = f"""
UPDATE impact_estimate SET state = 'cancelled', run_id = NULL, ended_at = {_NOW}
WHERE program_id = $1 AND estimate_id = $2 AND state IN ('queued', 'running')
"""  # noqa: S608 - as above
# A run that was killed left nothing but its number: whoever takes an estimate over begins anew.
_TAKE = f"""
UPDATE impact_estimate SET state = 'running', run_id = $2, done = 0, total = NULL, started_at = {_NOW}
WHERE program_id = $1 AND estimate_id IN (
  SELECT estimate_id FROM impact_estimate WHERE program_id = $1
    AND (state = 'queued' OR (state = 'running' AND run_id <> $2))
  ORDER BY asked_at, estimate_id LIMIT 1 FOR NO KEY UPDATE)
RETURNING {_COLUMNS}
"""  # noqa: S608 - as above
_MINE = "program_id = $1 AND estimate_id = $2 AND run_id = $3 AND state = 'running'"
_PROGRESS = f"UPDATE impact_estimate SET done = $4, total = $5 WHERE {_MINE} RETURNING true"  # noqa: S608 - as above
_END = f"""
UPDATE impact_estimate SET state = $4, result = $5, error = $6, ended_at = {_NOW} WHERE {_MINE}
"""  # noqa: S608 - as above
# The first stays: what others were compared by must not move under them.
_KEEP_CUTS = f"""
INSERT INTO impact_cuts (program_id, cuts, computed_at) VALUES ($1, $2, {_NOW}) ON CONFLICT DO NOTHING
"""  # noqa: S608 - as above
_CUTS = "SELECT cuts FROM impact_cuts WHERE program_id = $1"

_READINGS = "SELECT holdout_id, as_of, method, final, result FROM impact_measurement WHERE program_id = $1"
_KEEP_READING = """
INSERT INTO impact_measurement AS m (program_id, holdout_id, as_of, method, final, result)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (program_id, holdout_id) DO UPDATE
SET as_of = excluded.as_of, method = excluded.method, final = excluded.final, result = excluded.result
WHERE NOT m.final
"""


async def add(connection: Connection, program_id: int, estimate_id: UUID, actor: str) -> None:
    """Insert an estimate that is to be made."""
    await connection.execute(_ADD, program_id, estimate_id, actor)


async def estimates(
    connection: Connection,
    program_id: int,
    estimate_id: UUID | None = None,
    *,
    state: str | None = None,
    limit: int = 1,
) -> list[EstimateFacts]:
    """Read an estimate, or the newest ones, of one state or all."""
    return [_told(row) for row in await connection.fetch(_FIND, program_id, estimate_id, state, limit)]


async def has_this_months(connection: Connection, program_id: int) -> bool:
    """Tell whether one was asked for in this local month, and not lost."""
    return bool(await connection.fetchval(_THIS_MONTH, program_id))


async def cancel(connection: Connection, program_id: int, estimate_id: UUID) -> None:
    """End one that has not ended."""
    await connection.execute(_CANCEL, program_id, estimate_id)


async def take(connection: Connection, program_id: int, run_id: UUID) -> EstimateFacts | None:
    """Take the oldest that waits, or that a run before has left."""
    row = await connection.fetchrow(_TAKE, program_id, run_id)
    return _told(row) if row else None


async def progress(
    connection: Connection, program_id: int, estimate_id: UUID, run_id: UUID, done: int, total: int
) -> bool:
    """Tell how far it is; False when it was cancelled, or is another run's by now."""
    return bool(await connection.fetchval(_PROGRESS, program_id, estimate_id, run_id, done, total))


async def end(connection: Connection, program_id: int, estimate_id: UUID, run_id: UUID, outcome: Result | str) -> None:
    """Write down what it came to, or why it failed."""
    failed = isinstance(outcome, str)
    told = (None, outcome) if failed else (msgspec.json.encode(outcome).decode(), None)
    await connection.execute(_END, program_id, estimate_id, run_id, "failed" if failed else "done", *told)


async def kept_cuts(connection: Connection, program_id: int) -> tuple[int, ...] | None:
    """Read the classes of spend that were kept."""
    cuts = await connection.fetchval(_CUTS, program_id)
    return None if cuts is None else tuple(cuts)


async def keep_cuts(connection: Connection, program_id: int, cuts: Sequence[int]) -> tuple[int, ...]:
    """Keep classes of spend, unless there are some; give those that are kept."""
    await connection.execute(_KEEP_CUTS, program_id, list(cuts))
    return tuple(await connection.fetchval(_CUTS, program_id))


async def readings(connection: Connection, program_id: int) -> dict[UUID, Kept]:
    """Give what was read of holdouts."""
    return {
        row["holdout_id"]: Kept(
            row["as_of"], row["method"], row["final"], msgspec.json.decode(row["result"], type=Reading)
        )
        for row in await connection.fetch(_READINGS, program_id)
    }


async def keep_reading(connection: Connection, program_id: int, holdout_id: UUID, kept: Kept) -> None:
    """Keep what was read of a holdout; what was read on its day stays for good."""
    result = msgspec.json.encode(kept.reading).decode()
    await connection.execute(_KEEP_READING, program_id, holdout_id, kept.as_of, kept.method, kept.final, result)


def _told(row: Record) -> EstimateFacts:
    told = dict(row)
    told["result"] = msgspec.json.decode(row["result"], type=Result) if row["result"] else None
    return EstimateFacts(**told)


async def spent(connection: Connection, program_id: int, days: Days) -> dict[str, int]:
    """Sum the money that was booked on some days, by kind; one of which nothing was entered is absent."""
    return {row["kind"]: row["minor"] for row in await connection.fetch(_SPENT, program_id, *days)}
