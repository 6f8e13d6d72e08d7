"""The SQL of how many points went from which code to which, by local day: what the liability is rolled forward from."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from kpi.liability.rules import Moved
from loyalty.database import Connection

_DELETE = "DELETE FROM kpi_points_flow WHERE program_id = $1 AND local_day = ANY($2::date[])"
_INSERT = """
INSERT INTO kpi_points_flow (program_id, local_day, kind, debit_code, credit_code, points)
SELECT $1, * FROM unnest($2::date[], $3::text[], $4::text[], $5::text[], $6::bigint[])
"""
_READ = """
SELECT width_bucket(local_day, $2::date[]) AS cell, kind, debit_code, credit_code, sum(points)::bigint
FROM kpi_points_flow WHERE program_id = $1 AND local_day < $3 GROUP BY 1, 2, 3, 4
"""


async def write(
    connection: Connection, program_id: int, days: Sequence[date], flows: Sequence[tuple[int, str, str, str, int]]
) -> None:
    """Put what moved on these days in the place of what was stored of them; a flow names its day by its place, from 1.

    The build must be locked.
    """
    await connection.execute(_DELETE, program_id, days)
    columns: list[list[Any]] = [list(column) for column in zip(*flows, strict=True)]
    if columns:
        columns[0] = [days[cell - 1] for cell in columns[0]]
        await connection.execute(_INSERT, program_id, *columns)


async def read(connection: Connection, program_id: int, boundaries: Sequence[date]) -> list[Moved]:
    """Read what moved before the last of the ascending days; cell n: on the n-th day or after, before the next."""
    rows = await connection.fetch(_READ, program_id, boundaries, boundaries[-1])
    return [Moved(*row) for row in rows]
