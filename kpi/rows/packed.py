"""Columns that travel as packed integers: turning rows into Python objects would take longer than the query."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from asyncpg import Record

from kpi import periods
from kpi.facts import Counts
from kpi.periods import Days
from kpi.rows.part import Asked

# Right after an import the planner has no statistics, and would join by nested loops, for minutes.
_PLANNING = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '32MB'"


def boundaries_of(asked: Asked) -> list[datetime]:
    """Give where the periods asked for begin and end, ascending."""
    return sorted({periods.instant(day, asked.program.zone) for days in asked.wanted for day in days})


def cells_of(asked: Asked, boundaries: Sequence[datetime], days: Days) -> tuple[int, int]:
    """Give the first cell of a period, and the one after its last."""
    zone = asked.program.zone
    start, end = (boundaries.index(periods.instant(day, zone)) for day in days)
    return start + 1, end + 1


async def fetch_packed(asked: Asked, sql: str, *arguments: object) -> Record:
    """Run a statement that visits every purchase, and answers one row."""
    async with asked.connection.transaction():
        await asked.connection.execute(_PLANNING)
        row = await asked.connection.fetchrow(sql, asked.program.program_id, *arguments)
    assert row is not None  # noqa: S101 - aggregates without GROUP BY make exactly one row
    return row


def unpacked(column: bytes | None) -> Counts:
    """Read a column of `string_agg(int8send(…), '')`."""
    return np.frombuffer(column or b"", dtype=">i8").astype(np.int64)
