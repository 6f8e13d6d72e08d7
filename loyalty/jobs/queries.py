"""All the SQL of schedules and leases. The time is the database's, so that workers agree on who is late."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection

_NOW = "SELECT clock_timestamp()"
_ADD = """
INSERT INTO schedule (job, program_id, next_at) SELECT * FROM unnest($1::text[], $2::int[], $3::timestamptz[])
ON CONFLICT DO NOTHING
"""
# A job that now runs more often than it did shall not wait for what was planned then.
_SOONER = """
UPDATE schedule s SET next_at = n.next_at
FROM unnest($1::text[], $2::int[], $3::timestamptz[]) AS n(job, program_id, next_at)
WHERE s.job = n.job AND s.program_id = n.program_id AND s.next_at > n.next_at
"""
_ASK_FOR = """
INSERT INTO schedule AS s (job, program_id, next_at) VALUES ($1, $2, coalesce($3, clock_timestamp()))
ON CONFLICT (job, program_id) DO UPDATE SET next_at = least(s.next_at, excluded.next_at)
"""
# Not what has failed: its back-off rules. Not what runs: it will look once more by itself.
_WAKE = """
UPDATE schedule SET next_at = clock_timestamp()
WHERE job = $1 AND program_id = ANY($2) AND next_at > clock_timestamp() AND attempts = 0 AND lease_until IS NULL
"""
# Of a test programme whose clock was set forward: what waits for the night shall not wait for ours.
_WAKE_ALL = """
UPDATE schedule SET next_at = clock_timestamp()
WHERE program_id = $1 AND next_at > clock_timestamp() AND attempts = 0 AND lease_until IS NULL
"""
_DUE = """
SELECT job, program_id, attempts, leased_by FROM schedule
WHERE job = ANY($1) AND program_id = ANY($2)
  AND (lease_until IS NULL AND next_at <= clock_timestamp() OR lease_until <= clock_timestamp())
ORDER BY coalesce(lease_until, next_at), job, program_id LIMIT $3 FOR UPDATE SKIP LOCKED
"""
_LEASE = """
UPDATE schedule s SET run_id = n.run_id, leased_by = $5, lease_until = clock_timestamp() + $6, attempts = attempts + 1,
  next_at = n.next_at, last_started_at = clock_timestamp(),
  last_failed_at = CASE WHEN s.run_id IS NULL THEN last_failed_at ELSE clock_timestamp() END,
  last_error = CASE WHEN s.run_id IS NULL THEN last_error
    ELSE left('The worker ' || s.leased_by || ' was gone before the end of run ' || s.run_id, 500) END
FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::uuid[]) AS n(job, program_id, next_at, run_id)
WHERE s.job = n.job AND s.program_id = n.program_id
"""
_RENEW = "UPDATE schedule SET lease_until = clock_timestamp() + $2 WHERE run_id = ANY($1) RETURNING run_id"
_OVER = "UPDATE schedule SET run_id = NULL, leased_by = NULL, lease_until = NULL"
_MINE = "WHERE job = $1 AND program_id = $2 AND run_id = $3"
_SUCCEEDED = f"{_OVER}, attempts = 0, last_succeeded_at = clock_timestamp() {_MINE}"
_FAILED = f"{_OVER}, next_at = clock_timestamp() + $4, last_failed_at = clock_timestamp(), last_error = $5 {_MINE}"
_GIVEN_BACK = f"{_OVER}, next_at = clock_timestamp(), attempts = attempts - 1 {_MINE}"
_RAN_LATELY = """
SELECT coalesce(bool_or(lease_until > clock_timestamp() OR last_succeeded_at > clock_timestamp() - $1::interval), false)
FROM schedule
"""
_LISTED = """
SELECT job, program_id, next_at, lease_until > clock_timestamp() AS runs, attempts, last_started_at, last_succeeded_at,
  last_failed_at, last_error, clock_timestamp() AS now
FROM schedule WHERE program_id = ANY($1) ORDER BY job, program_id
"""
_LATELY = timedelta(minutes=1)


class Due(Struct, frozen=True):
    """A job that may be taken now. `left_by` had it and let its lease run out."""

    job: str
    program_id: int
    attempts: int
    left_by: str | None


class Run(Struct, frozen=True):
    """One run of a job, under a lease of ours. `attempt` counts from one."""

    job: str
    program_id: int
    run_id: UUID
    attempt: int
    now: datetime
    next_at: datetime


class Standing(Struct, frozen=True):
    """How a job stands. `attempts` are the starts since the last success; `last_error` stays after a later one."""

    job: str
    program_id: int
    next_at: datetime
    runs: bool | None
    attempts: int
    last_started_at: datetime | None
    last_succeeded_at: datetime | None
    last_failed_at: datetime | None
    last_error: str | None
    now: datetime


async def standings(connection: Connection, programs: Sequence[int]) -> list[Standing]:
    """List how the jobs of these programmes stand."""
    return [Standing(**dict(row)) for row in await connection.fetch(_LISTED, programs)]


async def now(connection: Connection) -> datetime:
    """Ask the database for the time."""
    found: datetime = await connection.fetchval(_NOW)
    return found


async def plan(connection: Connection, rows: Sequence[tuple[str, int, datetime, datetime]]) -> None:
    """Add what is missing of (job, programme, first run, next run), and bring forward what was planned for later."""
    jobs, programs, firsts, nexts = (list(column) for column in zip(*rows, strict=True))
    await connection.execute(_ADD, jobs, programs, firsts)
    await connection.execute(_SOONER, jobs, programs, nexts)


async def ask_for(connection: Connection, job: str, program_id: int, at: datetime | None) -> None:
    """Have a job run at `at` (None: now) or before; a run that goes on just now is followed by another."""
    await connection.execute(_ASK_FOR, job, program_id, at)


async def wake(connection: Connection, job: str, programs: Sequence[int]) -> None:
    """Make a job due that found out that there is work for it."""
    await connection.execute(_WAKE, job, programs)


async def wake_all(connection: Connection, program_id: int) -> None:
    """Make every job of a programme due that does not wait because it failed."""
    await connection.execute(_WAKE_ALL, program_id)


async def due(connection: Connection, jobs: Sequence[str], programs: Sequence[int], limit: int) -> list[Due]:
    """Lock up to `limit` rows that are due, in a transaction that leases them; others' rows are passed over."""
    rows = await connection.fetch(_DUE, jobs, programs, limit)
    return [Due(*row) for row in rows]


async def lease(connection: Connection, runs: Sequence[Run], worker: str, seconds: float) -> None:
    """Take what `due` has locked; whoever had it before and vanished is written down as its error."""
    columns = [list(column) for column in zip(*((r.job, r.program_id, r.next_at, r.run_id) for r in runs), strict=True)]
    await connection.execute(_LEASE, *columns, worker, timedelta(seconds=seconds))


async def renew(connection: Connection, runs: Collection[UUID], seconds: float) -> set[UUID]:
    """Keep leases; gives those that are still ours."""
    return {row["run_id"] for row in await connection.fetch(_RENEW, list(runs), timedelta(seconds=seconds))}


async def succeeded(connection: Connection, run: Run) -> None:
    """End a run well."""
    await connection.execute(_SUCCEEDED, run.job, run.program_id, run.run_id)


async def failed(connection: Connection, run: Run, again_after: timedelta, error: str) -> None:
    """End a run that failed, and say when it is tried again."""
    await connection.execute(_FAILED, run.job, run.program_id, run.run_id, again_after, error)


async def give_back(connection: Connection, run: Run) -> None:
    """End a run that was broken off through no fault of its own: another worker may have it at once."""
    await connection.execute(_GIVEN_BACK, run.job, run.program_id, run.run_id)


async def ran_lately(connection: Connection) -> bool:
    """Tell whether a worker runs something now, or ended something well within a minute."""
    found: bool = await connection.fetchval(_RAN_LATELY, _LATELY)
    return found
