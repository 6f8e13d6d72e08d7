"""Back-testing within a test: what each purchase would have, and what it really has."""

from datetime import date
from typing import Any
from uuid import UUID

from loyalty.backtests.facts import NewBacktest, Result
from loyalty.backtests.replay import Replay
from loyalty.backtests.rules import Decision
from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts

EVER = (date(2000, 1, 1), date(2100, 1, 1))


async def tried(
    database: Database,
    program: ProgramFacts,
    rules: list[dict[str, Any]],
    days: tuple[date, date] = EVER,
    size: int = 7,
) -> tuple[Result, dict[UUID, int]]:
    """Back-test rules; gives the result, and the points that each purchase would have."""
    points: dict[UUID, int] = {}

    def each(told: Decision, change: int) -> None:
        points[told.purchase_id] = points.get(told.purchase_id, 0) + change

    replay = Replay(program, NewBacktest("Tried", rules, *days), each)
    async with database.reader() as connection:
        await replay.begin(connection)
        while await replay.step(connection, size):
            assert replay.done <= replay.total
    assert replay.done == replay.total
    return replay.result(), points


async def really(database: Database, program: ProgramFacts) -> dict[UUID, int]:
    """Give the points that each purchase really has, as due."""
    query = (
        "SELECT purchase_id, sum(due)::bigint FROM award WHERE program_id = $1 AND purchase_id IS NOT NULL GROUP BY 1"
    )
    async with database.reader() as connection:
        return dict(map(tuple, await connection.fetch(query, program.program_id)))  # type: ignore[arg-type]
