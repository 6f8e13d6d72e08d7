"""The part "spend": money that was entered as spent, by the local day on which it was booked."""

from collections import Counter
from collections.abc import Mapping

from kpi.inputs.queries import SPEND
from kpi.parts.money import Spent
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked

_SPEND = statement(
    f"""
SELECT kind, booked_on, sum(amount_minor)::bigint AS minor
FROM {SPEND.known("{k}")} told WHERE NOT withdrawn GROUP BY kind, booked_on
""",  # noqa: S608 - constants
    k="$2",
)


@READERS.register("spend")
async def read(asked: Asked) -> Mapping[Days, Spent]:
    """Sum what was booked in each of the periods."""
    rows = await _SPEND.fetch(asked.connection, asked.reading.known.limit, asked.program.program_id)
    found = {}
    for days in asked.wanted:
        minor: Counter[str] = Counter()
        for row in rows:
            if days.start <= row["booked_on"] < days.end:
                minor[row["kind"]] += row["minor"]
        found[days] = Spent(dict(minor))
    return found
