"""The part "tiers", from the history of changes: who held which just before each end of a period, as was known then.

Of who was merged into somebody else only the survivor's own history counts.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from kpi import periods
from kpi.facts import Customers
from kpi.parts.tiers import Tiers
from kpi.periods import Days
from kpi.rows.known import statement
from kpi.rows.part import READERS, Asked, boundaries_of

_HELD = statement("""
WITH RECURSIVE {people}
SELECT b.at, c.tier_to AS tier, array_agg(c.customer_id) AS customers
FROM unnest($2::timestamptz[]) AS b(at) CROSS JOIN LATERAL (
  SELECT DISTINCT ON (customer_id) customer_id, tier_to FROM tier_change
  WHERE program_id = $1 AND recorded_at <= {k} AND effective_at < b.at
  ORDER BY customer_id, seq DESC) c
WHERE c.tier_to IS NOT NULL AND NOT EXISTS (SELECT FROM survivors s WHERE s.customer_id = c.customer_id)
GROUP BY 1, 2
""")


@READERS.register("tiers")
async def read(asked: Asked) -> Mapping[Days, Tiers]:
    """Read who held which tier at both ends of each of the periods."""
    zone = asked.program.zone
    rows = await _HELD.fetch(
        asked.connection, asked.reading.known.limit, asked.program.program_id, boundaries_of(asked)
    )
    held: defaultdict[datetime, dict[str, Customers]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: row["tier"]):
        held[row["at"]][row["tier"]] = await asked.reading.numbers(row["customers"])
    return {days: Tiers(*(held[periods.instant(day, zone)] for day in days)) for days in asked.wanted}
