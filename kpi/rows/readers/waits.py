"""Reads how long each purchase waited for the same customer's next one."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from kpi import periods
from kpi.facts import Counts
from kpi.parts.waits import Waits
from kpi.periods import Days
from kpi.rows.cells import Flags
from kpi.rows.known import statement
from kpi.rows.packed import unpacked
from kpi.rows.part import READERS, Asked

# $2 and $3 are the first start and the last end, $4 is K. The next purchase may lie anywhere after the period. Watching
# ends with the last purchase of all: after it nobody was there to record one, so that none is no news.
_WAITS = statement(
    """
WITH RECURSIVE {people}, {qualifying}, following AS (
  SELECT placed_at, member, lead(placed_at) OVER (PARTITION BY customer_id ORDER BY placed_at) AS next
  FROM qualifying WHERE placed_at >= $2
)
SELECT string_agg(boolsend(member), '') AS member, string_agg(timestamptz_send(placed_at), '') AS placed_at,
  string_agg(timestamptz_send(coalesce(next, 'infinity')), '') AS next,
  (SELECT max(placed_at) FROM following) AS last_at
FROM following WHERE placed_at < $3
""",
    k="$4",
)
# What PostgreSQL counts the microseconds of an instant from.
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000


@READERS.register("waits")
async def read(asked: Asked) -> Mapping[Days, Waits]:
    """Give the purchases of each period, each with how long it was watched."""
    zone = asked.program.zone
    ends = {days: [periods.instant(day, zone) for day in days] for days in asked.wanted}
    arguments = (asked.program.program_id, min(one[0] for one in ends.values()), max(one[1] for one in ends.values()))
    # Aggregates without GROUP BY make exactly one row.
    [row] = await _WAITS.visit(asked.connection, asked.reading.known.limit, *arguments)
    placed_at, following = unpacked(row["placed_at"]), unpacked(row["next"])
    member = np.frombuffer(row["member"] or b"", dtype=np.bool_)
    until = _microseconds(row["last_at"] or _EPOCH)
    parts = {}
    for days, (start, end) in ends.items():
        inside = (placed_at >= _microseconds(start)) & (placed_at < _microseconds(end))
        parts[days] = _watched(placed_at[inside], following[inside], member[inside], until)
    return parts


def _watched(placed_at: Counts, following: Counts, member: Flags, until: int) -> Waits:
    followed = following <= until
    watched = (np.where(followed, following, until) - placed_at) // _SECOND
    return Waits(watched, followed.astype(np.int64), member)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
