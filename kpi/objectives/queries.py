"""All the SQL of objectives."""

from uuid import UUID

from kpi.objectives.rules import ObjectiveFacts
from loyalty.database import Connection

_ADD = """
INSERT INTO objective (program_id, objective_id, kpi_key, side, target, due_on, set_on, set_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_ALL = """
SELECT objective_id, kpi_key, side, target, due_on, set_on FROM objective
WHERE program_id = $1 AND withdrawn_at IS NULL ORDER BY due_on, objective_id
"""
_WITHDRAW = """
UPDATE objective SET withdrawn_at = clock_timestamp()
WHERE program_id = $1 AND objective_id = $2 AND withdrawn_at IS NULL RETURNING true
"""


async def add(connection: Connection, program_id: int, new: ObjectiveFacts, actor: str) -> None:
    """Insert an objective."""
    told = (new.objective_id, new.kpi_key, new.side, new.target, new.due_on, new.set_on)
    await connection.execute(_ADD, program_id, *told, actor)


async def objectives(connection: Connection, program_id: int) -> list[ObjectiveFacts]:
    """Read those that are pursued, soonest due first."""
    return [ObjectiveFacts(**row) for row in await connection.fetch(_ALL, program_id)]


async def withdraw(connection: Connection, program_id: int, objective_id: UUID) -> bool:
    """Withdraw one; False where none is pursued under that id."""
    return bool(await connection.fetchval(_WITHDRAW, program_id, objective_id))
