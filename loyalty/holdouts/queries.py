"""The SQL of holdouts; `lot.py` has that of who is drawn."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.database import Connection
from loyalty.holdouts import tables
from loyalty.holdouts.facts import HoldoutFacts, Override
from loyalty.statements import Part, insert

_NOW = "(SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)"
_READ_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_COLUMNS = f"""h.holdout_id, h.salt, h.holdout_bp, h.weeks, h.offered, h.held_out, h.started_at, h.ends_at,
  h.started_by, h.ended_at, h.ended_by, h.drawn_at, (SELECT count(*) FROM holdout_override o
    WHERE o.program_id = h.program_id AND o.holdout_id = h.holdout_id) AS overrides,
  CASE WHEN h.ended_at < h.ends_at THEN 'stopped' WHEN h.ends_at <= {_NOW} THEN 'over' ELSE 'running' END AS state"""  # noqa: S608 - constants of this file
_FIND = f"""
SELECT {_COLUMNS} FROM holdout h WHERE h.program_id = $1 AND ($2::uuid IS NULL OR h.holdout_id = $2)
ORDER BY h.started_at DESC, h.holdout_id DESC LIMIT $3
"""  # noqa: S608 - constants of this file
_CLOSE_OVER = f"""
UPDATE holdout SET ended_at = ends_at, ended_by = 'schedule'
WHERE program_id = $1 AND ended_at IS NULL AND ends_at <= {_NOW}
"""  # noqa: S608 - as above
_ADD = """
INSERT INTO holdout (program_id, holdout_id, salt, holdout_bp, weeks, started_at, ends_at, started_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_STOP = f"""
UPDATE holdout SET ended_at = {_NOW}, ended_by = $3
WHERE program_id = $1 AND holdout_id = $2 AND ended_at IS NULL AND ends_at > {_NOW}
"""  # noqa: S608 - as above
_FORGET = (
    "UPDATE holdout_override SET reason = NULL WHERE program_id = $1 AND customer_id = ANY({0}::uuid[]) RETURNING 1"
)


async def now_of(connection: Connection, program_id: int) -> datetime:
    """Tell the time by the programme's clock."""
    now: datetime = await connection.fetchval(_READ_NOW, program_id)
    return now


async def holdouts(
    connection: Connection, program_id: int, holdout_id: UUID | None = None, limit: int = 1
) -> list[HoldoutFacts]:
    """Read a holdout, or the newest ones."""
    return [HoldoutFacts(**row) for row in await connection.fetch(_FIND, program_id, holdout_id, limit)]


async def close_over(connection: Connection, program_id: int) -> None:
    """Make room for another one after a holdout whose day has come."""
    await connection.execute(_CLOSE_OVER, program_id)


async def add(connection: Connection, program_id: int, new: HoldoutFacts) -> None:
    """Insert a holdout, of which nobody is drawn yet."""
    told = (new.holdout_id, new.salt, new.holdout_bp, new.weeks)
    await connection.execute(_ADD, program_id, *told, new.started_at, new.ends_at, new.started_by)


async def stop(connection: Connection, program_id: int, holdout_id: UUID, actor: str) -> None:
    """End a holdout before its day."""
    await connection.execute(_STOP, program_id, holdout_id, actor)


def new_overrides(overrides: Sequence[Override], actor: str, now: datetime) -> list[Part]:
    """Keep why somebody joined who was held out."""
    if not overrides:
        return []
    rows = [(o.membership_id, o.holdout_id, o.customer_id, o.reason) for o in overrides]
    columns = ["membership_id", "holdout_id", "customer_id", "reason"]
    return [insert(tables.HoldoutOverride, columns, rows, actor=actor, recorded_at=now)]


@forgetter
def _forget_reasons(person: Person) -> list[Part]:
    return [Part("blanked_override", _FORGET, [person.customer_ids])]


exporter(
    "holdouts",
    "SELECT json_agg(json_build_object('arm', a.arm, 'started_at', h.started_at, 'ends_at', h.ends_at)"
    " ORDER BY h.started_at) FROM holdout_arm a JOIN holdout h USING (program_id, holdout_id)"
    " WHERE a.program_id = $1 AND a.customer_id = ANY($2::uuid[])",
)
exporter(
    "holdout_overrides",
    "SELECT json_agg(json_build_object('reason', reason, 'recorded_at', recorded_at) ORDER BY recorded_at)"
    " FROM holdout_override WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
