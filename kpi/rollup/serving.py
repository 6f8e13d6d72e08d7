"""The SQL of answering from the day sets: whether they can, what versions there are, and how far they go."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from kpi.rollup.store import Piece
from kpi.rollup.work import CONSUMER, KPI_VERSION
from loyalty.database import Connection

# One statement, so that the versions are those of the build. Ids of events are in the order of time but for clocks that
# differ: the oldest is among the first thousand, and to join all that an import left would take seconds.
_SERVING = """
SELECT r.build_id, least((
    SELECT min(e.recorded_at) FROM (
      SELECT event_id FROM outbox WHERE program_id = $1 AND consumer = $2 ORDER BY event_id LIMIT 1000
    ) o JOIN event e ON e.program_id = $1 AND e.event_id = o.event_id
  ), (SELECT min(recorded_at) FROM kpi_dirty WHERE program_id = $1)) AS behind_since,
  (SELECT array_agg((grain, first_on, version)) FROM kpi_span
    WHERE program_id = $1 AND (grain = 'month' OR grain = 'day' AND first_on = ANY($4::date[]))) AS spans,
  (SELECT coalesce(sum(member_orders + other_orders + anonymous_orders), 0)::bigint FROM kpi_span
    WHERE program_id = $1 AND grain = 'month') AS purchases,
  EXISTS (SELECT FROM kpi_span WHERE program_id = $1 AND grain = 'month' AND lined > 0) AS has_lines
FROM kpi_rollup r JOIN program g USING (program_id) JOIN consumer_built b USING (program_id)
WHERE r.program_id = $1 AND b.consumer = $2 AND r.timezone = g.timezone AND r.kpi_version = $3
"""


class Serving(NamedTuple):
    """What there is to answer from. `behind_since`: when the oldest was recorded that is not worked off yet.

    `versions` are of all months and of the days asked for; a piece that is not among them is empty. `purchases` counts
    those that qualify; `has_lines`: some purchase ever told its lines.
    """

    build_id: UUID
    behind_since: datetime | None
    versions: dict[Piece, int]
    purchases: int
    has_lines: bool


async def serving(connection: Connection, program_id: int, days: Iterable[date]) -> Serving | None:
    """Find out what there is to answer from; None while it is not built, or by another zone or definition."""
    row = await connection.fetchrow(_SERVING, program_id, CONSUMER, KPI_VERSION, list(days))
    if row is None:
        return None
    versions = {Piece(grain, first_on): version for grain, first_on, version in row["spans"] or []}
    return Serving(row["build_id"], row["behind_since"], versions, row["purchases"], row["has_lines"])
