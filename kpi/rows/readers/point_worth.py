"""The part "point_worth": what a point was said to cost, in force on the last day of a period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from asyncpg import Record

from kpi.inputs.queries import POINT_COSTS
from kpi.parts.points import PointWorth
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked
from loyalty.database import Connection

_TOLD = statement(
    f"""
SELECT from_on, cost_minor, breakage FROM {POINT_COSTS.known("{k}")} t WHERE NOT withdrawn
ORDER BY from_on DESC
""",  # noqa: S608 - constants
    k="$2",
)


@dataclass(frozen=True, slots=True)
class Worths:
    """All that was entered, newest day first."""

    rows: Sequence[Record]

    def on(self, day: date) -> PointWorth | None:
        """Give what was in force on a day, or None where nothing had been entered for so early a day."""
        row = next((row for row in self.rows if row["from_on"] <= day), None)
        return PointWorth(Fraction(row["cost_minor"]), Fraction(row["breakage"])) if row else None


async def read_entered(connection: Connection, program_id: int, known: datetime | None) -> Worths:
    """Read what was entered by then."""
    return Worths(await _TOLD.fetch(connection, known, program_id))


@READERS.register("point_worth")
async def read(asked: Asked) -> Mapping[Days, PointWorth | None]:
    """Give what was in force on the last day of each period."""
    entered = await read_entered(asked.connection, asked.program.program_id, asked.reading.known.limit)
    return {days: entered.on(days.end - timedelta(days=1)) for days in asked.wanted}
