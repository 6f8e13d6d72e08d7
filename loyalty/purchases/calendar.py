"""In which days and months a programme has purchases: what a period picker offers."""

from datetime import date

from msgspec import Struct

from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts

_DAYS = """
SELECT (min(placed_at) AT TIME ZONE $2)::date AS first, (max(placed_at) AT TIME ZONE $2)::date AS last,
  (SELECT ((clock_timestamp() + clock_offset) AT TIME ZONE $2)::date FROM program WHERE program_id = $1) AS today
FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test
"""
# The latest three years are enough to find a month worth opening on, and so many purchases of each.
_COUNTED = 100
_MONTHS = f"""
SELECT m.month::date AS month, n.purchases
FROM generate_series(date_trunc('month', $3::date - interval '3 years'), $3::date::timestamp, '1 month') AS m (month)
CROSS JOIN LATERAL (
  SELECT count(*) AS purchases FROM (
    SELECT FROM purchase WHERE program_id = $1 AND state = 'recorded' AND NOT test AND goods_minor > 0
      AND placed_at >= m.month AT TIME ZONE $2 AND placed_at < (m.month + interval '1 month') AT TIME ZONE $2
    LIMIT {_COUNTED}
  ) AS counted
) n WHERE n.purchases > 0
"""  # noqa: S608 - a number of ours


class PurchaseDays(Struct, frozen=True):
    """Local days of the programme's zone; `months`: by the first day of each of the latest 36 months, how many.

    They are counted as far as 100: the pages ask whether there are enough.
    """

    first: date
    last: date
    today: date
    months: dict[date, int]


async def purchase_days(connection: Connection, program: ProgramFacts) -> PurchaseDays | None:
    """Tell when a programme has purchases; None when it has none yet."""
    days = await connection.fetchrow(_DAYS, program.program_id, program.timezone)
    if days is None or days["first"] is None:
        return None
    months = await connection.fetch(_MONTHS, program.program_id, program.timezone, days["last"])
    return PurchaseDays(days["first"], days["last"], days["today"], {row["month"]: row["purchases"] for row in months})
