"""The SQL of snapshots, and of the periods that somebody waits for."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from kpi.periods import Days
from kpi.rollup.snapshots import Snapshot, Stored
from kpi.rollup.store import Piece
from kpi.rollup.work import CONSUMER, KPI_VERSION
from loyalty.database import Connection

_FIND = """
SELECT s.start_on, s.end_on, s.measure, s.seen_version, s.watermark, s.figures::text, s.was::text, s.restated_at
FROM unnest($2::date[], $3::date[]) AS n(start_on, end_on)
JOIN kpi_snapshot s ON s.program_id = $1 AND s.start_on = n.start_on AND s.end_on = n.end_on
WHERE s.measure = ANY($4) AND s.kpi_version = $5
"""
_KEEP = """
INSERT INTO kpi_snapshot AS s
  (program_id, start_on, end_on, measure, kpi_version, seen_version, computed_at, watermark, figures, was, restated_at)
SELECT $1, n.start_on, n.end_on, n.measure, $2, n.seen_version, $3, $4, n.figures::jsonb,
  n.was::jsonb, n.restated_at
FROM unnest($5::date[], $6::date[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::timestamptz[])
  AS n(start_on, end_on, measure, seen_version, figures, was, restated_at)
ON CONFLICT (program_id, start_on, end_on, measure) DO UPDATE SET kpi_version = excluded.kpi_version,
  seen_version = excluded.seen_version, computed_at = excluded.computed_at, watermark = excluded.watermark,
  figures = excluded.figures, was = excluded.was, restated_at = excluded.restated_at
"""
_SEEN = """
SELECT start_on, end_on, min(seen_version) AS seen_version, max(computed_at) AS computed_at FROM kpi_snapshot
WHERE program_id = $1 AND kpi_version = $2 AND measure = ANY($3)
GROUP BY start_on, end_on HAVING count(*) = cardinality($3)
"""
_VERSIONS = "SELECT grain, first_on, version FROM kpi_span WHERE program_id = $1"
_WANT = """
INSERT INTO kpi_wanted (program_id, start_on, end_on) SELECT $1, * FROM unnest($2::date[], $3::date[])
ON CONFLICT DO NOTHING
"""
_WANTED = "SELECT start_on, end_on FROM kpi_wanted WHERE program_id = $1 ORDER BY start_on, end_on"
_HAD = """
DELETE FROM kpi_wanted w USING unnest($2::date[], $3::date[]) AS n(start_on, end_on)
WHERE w.program_id = $1 AND w.start_on = n.start_on AND w.end_on = n.end_on
"""
# Somebody waits; or it was just built, there are months that are over, and no snapshot of any.
_WAITING = """
SELECT p FROM unnest($1::int[]) AS p
WHERE EXISTS (SELECT FROM kpi_wanted w WHERE w.program_id = p)
   OR NOT EXISTS (SELECT FROM kpi_snapshot s WHERE s.program_id = p)
    AND EXISTS (SELECT FROM consumer_built b WHERE b.program_id = p AND b.consumer = $2)
    AND EXISTS (SELECT FROM kpi_span s WHERE s.program_id = p AND s.grain = 'month'
      AND s.first_on < now() - interval '33 days')
"""
_json = msgspec.json.encode

Key = tuple[str, Days]


class Kept(msgspec.Struct, frozen=True):
    """One snapshot to be kept; `was` and `restated_at` where the period came to something else first."""

    days: Days
    measure: str
    seen_version: int
    figures: Stored
    was: Stored | None = None
    restated_at: datetime | None = None


class Seen(msgspec.Struct, frozen=True):
    """Of which version of its days a period has snapshots of all measures, and when they were taken."""

    version: int
    computed_at: datetime


async def find(
    connection: Connection, program_id: int, wanted: Iterable[Days], measures: Sequence[str]
) -> dict[Key, Snapshot]:
    """Find what is kept of these periods and measures."""
    starts, ends = _columns(wanted)
    rows = await connection.fetch(_FIND, program_id, starts, ends, measures, KPI_VERSION)
    return {
        (row["measure"], Days(row["start_on"], row["end_on"])): Snapshot(
            row["seen_version"],
            row["watermark"],
            msgspec.json.decode(row["figures"]),
            msgspec.json.decode(row["was"]) if row["was"] else None,
            row["restated_at"],
        )
        for row in rows
    }


async def keep(
    connection: Connection, program_id: int, now: datetime, watermark: datetime, kept: Sequence[Kept]
) -> None:
    """Put snapshots in the place of what was kept before."""
    await connection.execute(
        _KEEP,
        program_id,
        KPI_VERSION,
        now,
        watermark,
        *_columns(one.days for one in kept),
        [one.measure for one in kept],
        [one.seen_version for one in kept],
        [_json(one.figures).decode() for one in kept],
        [_json(one.was).decode() if one.was else None for one in kept],
        [one.restated_at for one in kept],
    )


async def seen(connection: Connection, program_id: int, measures: Sequence[str]) -> Mapping[Days, Seen]:
    """Tell which periods have snapshots of all these measures."""
    rows = await connection.fetch(_SEEN, program_id, KPI_VERSION, measures)
    return {Days(row["start_on"], row["end_on"]): Seen(row["seen_version"], row["computed_at"]) for row in rows}


async def versions(connection: Connection, program_id: int) -> dict[Piece, int]:
    """Give the versions of all days and months."""
    return {Piece(row[0], row[1]): row[2] for row in await connection.fetch(_VERSIONS, program_id)}


async def want(connection: Connection, program_id: int, wanted: Iterable[Days]) -> None:
    """Note that somebody waits for these periods."""
    await connection.execute(_WANT, program_id, *_columns(wanted))


async def wanted(connection: Connection, program_id: int) -> list[Days]:
    """Tell for which periods somebody waits."""
    return [Days(*row) for row in await connection.fetch(_WANTED, program_id)]


async def had(connection: Connection, program_id: int, done: Iterable[Days]) -> None:
    """Note that nobody waits for these any more."""
    await connection.execute(_HAD, program_id, *_columns(done))


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell in which of these programmes somebody waits, or there is all to do."""
    return [row[0] for row in await connection.fetch(_WAITING, programs, CONSUMER)]


def _columns(days: Iterable[Days]) -> tuple[list[object], list[object]]:
    told = list(days)
    return [one.start for one in told], [one.end for one in told]
