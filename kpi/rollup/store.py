"""The SQL of the rollup's own tables: the build, the spans, and the dirty days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from kpi.facts import Customers
from kpi.rollup import numbers
from kpi.rollup.fold import GAPS, NEWCOMERS, Fold, fold_of, gaps_of
from loyalty.database import Connection

_BEHIND = (
    "SELECT count(DISTINCT local_day)::int AS days, min(recorded_at) AS since FROM kpi_dirty WHERE program_id = $1"
)
_LOCK = """
SELECT build_id, timezone, kpi_version FROM kpi_rollup WHERE program_id = $1 FOR UPDATE
"""
_BEGIN = """
INSERT INTO kpi_rollup (program_id, build_id, timezone, kpi_version, version, next_number)
SELECT program_id, gen_random_uuid(), timezone, $2, 1, 0 FROM program WHERE program_id = $1
ON CONFLICT (program_id) DO UPDATE SET build_id = excluded.build_id, timezone = excluded.timezone,
  kpi_version = excluded.kpi_version, version = kpi_rollup.version + 1, next_number = 0
RETURNING build_id
"""
_EMPTY = ("kpi_span", "kpi_points_flow", "kpi_customer", "kpi_dirty")
_NEXT_VERSION = "UPDATE kpi_rollup SET version = version + 1 WHERE program_id = $1 RETURNING version"
_LINES = (
    "member_sold", "member_returned", "member_back", "other_sold", "other_returned", "other_back", "told", "untold",
    "member_cost_minor", "member_covered_minor", "other_cost_minor", "other_covered_minor", "first_cost_minor",
    "first_covered_minor",
)  # fmt: skip
_POINTS = (
    "points_issued", "points_redeemed", "points_restored", "points_expired", "points_forfeited", "points_clawed_back",
    "points_held", "points_debt",
)  # fmt: skip
# In the order of a fold's sums.
_SUMS = (
    "member_orders", "member_net_minor", "other_orders", "other_net_minor", "anonymous_orders", "anonymous_net_minor",
    "anonymous_net_squared", "left_out", "lined", "member_rewards_minor", "first_net_minor", "member_gap_seconds",
    "other_gap_seconds", *_LINES, *_POINTS,
)  # fmt: skip
_SQUARED = _SUMS.index("anonymous_net_squared")
_PACKED = ("member_gaps", "other_gaps", "newcomers")
_TYPES = [*("numeric" if name == "anonymous_net_squared" else "bigint" for name in _SUMS), *("bytea" for _ in _PACKED)]
_DELETE_SPANS = """
DELETE FROM kpi_span s USING unnest($2::text[], $3::date[]) AS n(grain, first_on)
WHERE s.program_id = $1 AND s.grain = n.grain AND s.first_on = n.first_on
"""
_INSERT_SPANS = f"""
INSERT INTO kpi_span (program_id, grain, first_on, version, {", ".join((*_SUMS, *_PACKED))})
SELECT $1, n.grain, n.first_on, $4, {", ".join(f"n.{name}" for name in (*_SUMS, *_PACKED))}
FROM unnest($2::text[], $3::date[], {", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES, 5))})
  AS n(grain, first_on, {", ".join((*_SUMS, *_PACKED))})
"""  # noqa: S608 - column names
_INSERT_SETS = """
INSERT INTO kpi_span_set (program_id, grain, first_on, kind, customers)
SELECT $1, * FROM unnest($2::text[], $3::date[], $4::text[], $5::bytea[])
"""
_SPANS = f"""
SELECT s.grain, s.first_on, s.version, ARRAY[{", ".join(_SUMS)}]::numeric[] AS sums, k.kinds, k.customers,
  CASE WHEN '{GAPS}' = ANY($4) THEN s.member_gaps END AS member_gaps,
  CASE WHEN '{GAPS}' = ANY($4) THEN s.other_gaps END AS other_gaps,
  CASE WHEN '{NEWCOMERS}' = ANY($4) THEN s.newcomers END AS newcomers
FROM unnest($2::text[], $3::date[]) AS n(grain, first_on)
JOIN kpi_span s ON s.program_id = $1 AND s.grain = n.grain AND s.first_on = n.first_on
CROSS JOIN LATERAL (
  SELECT array_agg(kind) AS kinds, array_agg(customers) AS customers FROM kpi_span_set t
  WHERE t.program_id = $1 AND t.grain = s.grain AND t.first_on = s.first_on AND t.kind = ANY($4)
) k
"""  # noqa: S608 - column names
_MARKS = """
SELECT mark_id, local_day FROM kpi_dirty
WHERE program_id = $1 AND date_trunc('month', local_day) = (
  SELECT date_trunc('month', local_day) FROM kpi_dirty WHERE program_id = $1 ORDER BY mark_id LIMIT 1)
"""
_MARK = "INSERT INTO kpi_dirty (program_id, local_day, recorded_at) SELECT $1, d, $3 FROM unnest($2::date[]) AS d"
# A day more on both sides, for there are clocks ahead of UTC and behind it. Days without purchases have no lines, and
# those of purchases that come later are marked by them. Whether a day is stored by now does not matter: it may just be
# counted.
_MARK_FROM = """
INSERT INTO kpi_dirty (program_id, local_day, recorded_at)
SELECT $1, day::date, (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)
FROM (
  SELECT (min(placed_at) AT TIME ZONE 'UTC')::date - 1 AS first_on,
    (max(placed_at) AT TIME ZONE 'UTC')::date + 1 AS last_on
  FROM purchase WHERE program_id = $1
) known, generate_series(greatest(first_on, $2::date)::timestamp, last_on::timestamp, interval '1 day') AS day
"""
# Only of what is built: while it is built again, the first look at the rows is still to come.
_WAITING = """
SELECT p FROM unnest($3::int[]) AS p
WHERE EXISTS (SELECT FROM consumer_built b WHERE b.program_id = p AND b.consumer = $1)
  AND (EXISTS (SELECT FROM kpi_dirty d WHERE d.program_id = p)
    OR EXISTS (SELECT FROM kpi_rollup r JOIN program g USING (program_id)
      WHERE r.program_id = p AND (r.timezone <> g.timezone OR r.kpi_version <> $2)))
"""
_IS_OUTDATED = """
SELECT EXISTS (SELECT FROM kpi_rollup r JOIN program g USING (program_id)
  WHERE r.program_id = $1 AND (r.timezone <> g.timezone OR r.kpi_version <> $2))
"""
_WORKED_OFF = "DELETE FROM kpi_dirty WHERE program_id = $1 AND mark_id = ANY($2)"


class Piece(NamedTuple):
    """A day or a month, by its first day."""

    grain: str
    first_on: date


class Build(NamedTuple):
    """What the days of a programme were built by."""

    build_id: UUID
    timezone: str
    kpi_version: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A span as it was stored: sums, and what was asked for of sets, gaps and newcomers, packed."""

    version: int
    sums: Sequence[int]
    sets: dict[str, bytes]
    member_gaps: bytes = b""
    other_gaps: bytes = b""
    newcomers: bytes = b""

    def fold(self) -> Fold:
        """Unpack it."""
        sets = {kind: Customers.deserialize(packed) for kind, packed in self.sets.items()}
        return fold_of(self.sums, sets, self.gaps(), self.newcomers)

    def gaps(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Unpack how many gaps lasted how long."""
        return gaps_of(self.member_gaps), gaps_of(self.other_gaps)


async def lock_build(connection: Connection, program_id: int, *, wait: bool) -> Build | None:
    """Be the only one who changes the days of a programme; None when there is no build or (not `wait`) another is."""
    row = await connection.fetchrow(_LOCK if wait else f"{_LOCK} SKIP LOCKED", program_id)
    return Build(*row) if row else None


async def begin_build(connection: Connection, program_id: int, kpi_version: int) -> UUID:
    """Throw away what there is, and give every customer a number; gives the name of the new build."""
    build_id: UUID = await connection.fetchval(_BEGIN, program_id, kpi_version)
    for table in _EMPTY:
        await connection.execute(f"DELETE FROM {table} WHERE program_id = $1", program_id, timeout=900)  # noqa: S608
    await numbers.number_all(connection, program_id)
    return build_id


async def next_version(connection: Connection, program_id: int) -> int:
    """Count one more change."""
    found: int = await connection.fetchval(_NEXT_VERSION, program_id)
    return found


async def write_spans(
    connection: Connection, program_id: int, version: int, spans: Sequence[tuple[Piece, Fold]]
) -> None:
    """Put days and months in the place of what was stored of them."""
    grains, firsts = [piece.grain for piece, _ in spans], [piece.first_on for piece, _ in spans]
    await connection.execute(_DELETE_SPANS, program_id, grains, firsts, timeout=60)
    columns = [list(column) for column in zip(*(fold.sums() for _, fold in spans), strict=True)]
    columns[_SQUARED] = [Decimal(squared) for squared in columns[_SQUARED]]
    columns += [list(column) for column in zip(*((*fold.gaps(), fold.newcomers) for _, fold in spans), strict=True)]
    await connection.execute(_INSERT_SPANS, program_id, grains, firsts, version, *columns, timeout=60)
    sets = [(*piece, kind, who.serialize()) for piece, fold in spans for kind, who in fold.sets().items()]
    if sets:
        await connection.execute(_INSERT_SETS, program_id, *map(list, zip(*sets, strict=True)), timeout=60)


async def read_spans(
    connection: Connection, program_id: int, pieces: Iterable[Piece], kinds: Iterable[str]
) -> dict[Piece, Stored]:
    """Read days and months with some of their sets, and gaps and newcomers if they are among the kinds.

    Those in which nothing ever happened are not there.
    """
    wanted = list(pieces)
    grains, firsts = [piece.grain for piece in wanted], [piece.first_on for piece in wanted]
    rows = await connection.fetch(_SPANS, program_id, grains, firsts, list(kinds), timeout=60)
    return {
        Piece(row["grain"], row["first_on"]): Stored(
            row["version"],
            [int(n) for n in row["sums"]],
            dict(zip(row["kinds"] or (), row["customers"] or (), strict=True)),
            row["member_gaps"] or b"",
            row["other_gaps"] or b"",
            row["newcomers"] or b"",
        )
        for row in rows
    }


async def marks(connection: Connection, program_id: int) -> list[tuple[int, date]]:
    """Give the marks of the month that was marked first: number and day."""
    return [(row[0], row[1]) for row in await connection.fetch(_MARKS, program_id)]


async def mark(connection: Connection, program_id: int, days: Iterable[date], recorded_at: datetime) -> None:
    """Mark days as dirty."""
    await connection.execute(_MARK, program_id, list(days), recorded_at)


async def mark_from(connection: Connection, program_id: int, first: date) -> None:
    """Mark all days from one on as dirty, as far as there are purchases."""
    await connection.execute(_MARK_FROM, program_id, first)


async def worked_off(connection: Connection, program_id: int, mark_ids: Sequence[int]) -> None:
    """Take marks away."""
    await connection.execute(_WORKED_OFF, program_id, mark_ids)


async def behind(connection: Connection, program_id: int) -> tuple[int, datetime | None]:
    """Tell how many days are to be counted anew, and since when the first of them is."""
    row = await connection.fetchrow(_BEHIND, program_id)
    return (row["days"], row["since"]) if row else (0, None)


async def waiting(connection: Connection, consumer: str, kpi_version: int, programs: Sequence[int]) -> list[int]:
    """Tell which of these programmes have something to work off."""
    return [row["p"] for row in await connection.fetch(_WAITING, consumer, kpi_version, programs)]


async def is_outdated(connection: Connection, program_id: int, kpi_version: int) -> bool:
    """Tell whether there is a build, and by another zone or definition than today's."""
    found: bool = await connection.fetchval(_IS_OUTDATED, program_id, kpi_version)
    return found
