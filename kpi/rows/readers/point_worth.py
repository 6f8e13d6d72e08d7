"""The part "point_worth": what a point was said to cost, in force on the last day of a period."""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction

from kpi.inputs.queries import POINT_COSTS
from kpi.parts.points import PointWorth
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked

_TOLD = statement(
    f"""
SELECT from_on, cost_minor, breakage FROM {POINT_COSTS.known("{k}")} t WHERE NOT withdrawn
ORDER BY from_on DESC
""",  # noqa: S608 - constants
    k="$2",
)


@READERS.register("point_worth")
async def read(asked: Asked) -> Mapping[Days, PointWorth | None]:
    """Give what was in force, or None where nothing had been entered for so early a day."""
    rows = await _TOLD.fetch(asked.connection, asked.reading.known.limit, asked.program.program_id)
    found: dict[Days, PointWorth | None] = {}
    for days in asked.wanted:
        last = days.end - timedelta(days=1)
        row = next((row for row in rows if row["from_on"] <= last), None)
        found[days] = PointWorth(Fraction(row["cost_minor"]), Fraction(row["breakage"])) if row else None
    return found
