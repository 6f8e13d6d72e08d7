"""The part "tiers", from the history of changes: who held which just before each end of a period, as was known then.

Of who was merged into somebody else only the survivor's own history counts.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from kpi import periods
from kpi.facts import Customers
from kpi.parts.tiers import Tiers
from kpi.periods import Days
from kpi.rows.part import READERS, Asked
from kpi.rows.who import SURVIVORS, K

_HELD = f"""
WITH RECURSIVE {SURVIVORS}
SELECT b.at, c.tier_to AS tier, array_agg(c.customer_id) AS customers
FROM unnest($2::timestamptz[]) AS b(at) CROSS JOIN LATERAL (
  SELECT DISTINCT ON (customer_id) customer_id, tier_to FROM tier_change
  WHERE program_id = $1 AND recorded_at <= {K} AND effective_at < b.at
  ORDER BY customer_id, seq DESC) c
WHERE c.tier_to IS NOT NULL AND NOT EXISTS (SELECT FROM survivors s WHERE s.customer_id = c.customer_id)
GROUP BY 1, 2
"""  # noqa: S608 - no value is put in


@READERS.register("tiers")
async def read(asked: Asked) -> Mapping[Days, Tiers]:
    """Read who held which tier at both ends of each of the periods."""
    zone = asked.program.zone
    boundaries = sorted({periods.instant(day, zone) for days in asked.wanted for day in days})
    rows = await asked.connection.fetch(_HELD, asked.program.program_id, boundaries, asked.reading.known.limit)
    held: defaultdict[datetime, dict[str, list[UUID]]] = defaultdict(dict)
    for row in rows:
        held[row["at"]][row["tier"]] = row["customers"]

    def holders(at: datetime) -> dict[str, Customers]:
        return {tier: asked.reading.numbers(who) for tier, who in sorted(held[at].items())}

    return {days: Tiers(*(holders(periods.instant(day, zone)) for day in days)) for days in asked.wanted}
