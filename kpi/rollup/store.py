"""The SQL of the rollup's own tables: the build, the customers' numbers, the spans, and the dirty days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from kpi.facts import Customers
from kpi.rollup.fold import Fold, fold_of
from loyalty.database import Connection

_LOCK = """
SELECT build_id, timezone, kpi_version FROM kpi_rollup WHERE program_id = $1 FOR UPDATE
"""
_BEGIN = """
INSERT INTO kpi_rollup (program_id, build_id, timezone, kpi_version, version, next_number, built_from)
SELECT program_id, gen_random_uuid(), timezone, $2, 1, 0, clock_timestamp() + clock_offset
FROM program WHERE program_id = $1
ON CONFLICT (program_id) DO UPDATE SET build_id = excluded.build_id, timezone = excluded.timezone,
  kpi_version = excluded.kpi_version, version = kpi_rollup.version + 1, next_number = 0,
  built_from = excluded.built_from
RETURNING build_id
"""
_EMPTY = ("kpi_span", "kpi_customer", "kpi_dirty")
_BUILT_FROM = "SELECT built_from FROM kpi_rollup WHERE program_id = $1"
_NEXT_VERSION = "UPDATE kpi_rollup SET version = version + 1 WHERE program_id = $1 RETURNING version"
# Merges go over any number of steps; the survivor's number counts for all of them.
_NUMBER = """
WITH RECURSIVE missing AS (
  SELECT customer_id FROM unnest($2::uuid[]) AS m(customer_id)
), up (customer_id, person) AS (
  SELECT customer_id, customer_id FROM missing
  UNION
  SELECT u.customer_id, c.merged_into FROM up u
  JOIN customer c ON c.program_id = $1 AND c.customer_id = u.person WHERE c.merged_into IS NOT NULL
), persons AS MATERIALIZED (
  SELECT u.customer_id, u.person FROM up u
  JOIN customer c ON c.program_id = $1 AND c.customer_id = u.person WHERE c.merged_into IS NULL
), given AS (
  INSERT INTO kpi_customer (program_id, customer_id, number, survives)
  SELECT $1, person, r.next_number + row_number() OVER (ORDER BY person) - 1, true
  FROM (SELECT DISTINCT person FROM persons p WHERE NOT EXISTS (
    SELECT FROM kpi_customer k WHERE k.program_id = $1 AND k.customer_id = p.person)), kpi_rollup r
  WHERE r.program_id = $1
  RETURNING customer_id, number
), numbers AS (
  SELECT customer_id, number FROM given
  UNION ALL SELECT customer_id, number FROM kpi_customer
  WHERE program_id = $1 AND customer_id IN (SELECT person FROM persons)
), merged AS (
  INSERT INTO kpi_customer (program_id, customer_id, number, survives)
  SELECT $1, p.customer_id, n.number, false FROM persons p JOIN numbers n ON n.customer_id = p.person
  WHERE p.customer_id <> p.person ON CONFLICT (program_id, customer_id) DO NOTHING
)
UPDATE kpi_rollup SET next_number = greatest(next_number, coalesce((SELECT max(number) + 1 FROM given), 0))
WHERE program_id = $1
"""
_EVERYBODY = "SELECT array_agg(customer_id) FROM customer WHERE program_id = $1"
# With all who were merged into them before.
_UNNUMBER = """
DELETE FROM kpi_customer WHERE program_id = $1 AND number IN (
  SELECT number FROM kpi_customer WHERE program_id = $1 AND customer_id = ANY($2) AND survives)
"""
_RENUMBERED = "UPDATE kpi_rollup SET next_number = next_number + 1, version = version + 1 WHERE program_id = $1"
_NAMES = "SELECT customer_id FROM kpi_customer WHERE program_id = $1 AND survives AND number = ANY($2) ORDER BY number"

_SUMS = (
    "member_orders, member_net_minor, other_orders, other_net_minor, anonymous_orders, anonymous_net_minor,"
    " anonymous_net_squared, left_out"
)
_DELETE_SPANS = """
DELETE FROM kpi_span s USING unnest($2::text[], $3::date[]) AS n(grain, first_on)
WHERE s.program_id = $1 AND s.grain = n.grain AND s.first_on = n.first_on
"""
_INSERT_SPANS = f"""
INSERT INTO kpi_span (program_id, grain, first_on, version, {_SUMS})
SELECT $1, n.grain, n.first_on, $4, n.a, n.b, n.c, n.d, n.e, n.f, n.g, n.h FROM unnest($2::text[], $3::date[],
  $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::numeric[], $12::bigint[])
  AS n(grain, first_on, a, b, c, d, e, f, g, h)
"""  # noqa: S608 - column names
_INSERT_SETS = """
INSERT INTO kpi_span_set (program_id, grain, first_on, kind, customers)
SELECT $1, * FROM unnest($2::text[], $3::date[], $4::text[], $5::bytea[])
"""
_SPANS = f"""
SELECT s.grain, s.first_on, s.version, ARRAY[{_SUMS}]::numeric[] AS sums, k.kinds, k.customers
FROM unnest($2::text[], $3::date[]) AS n(grain, first_on)
JOIN kpi_span s ON s.program_id = $1 AND s.grain = n.grain AND s.first_on = n.first_on
CROSS JOIN LATERAL (
  SELECT array_agg(kind) AS kinds, array_agg(customers) AS customers FROM kpi_span_set t
  WHERE t.program_id = $1 AND t.grain = s.grain AND t.first_on = s.first_on AND t.kind = ANY($4)
) k
"""  # noqa: S608 - column names
_MARKS = "SELECT mark_id, local_day FROM kpi_dirty WHERE program_id = $1 ORDER BY mark_id LIMIT $2"
_MARK = "INSERT INTO kpi_dirty (program_id, local_day, recorded_at) SELECT $1, d, $3 FROM unnest($2::date[]) AS d"
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
    """A span as it was stored: the sums, and of the sets those that were asked for, packed."""

    version: int
    sums: Sequence[int]
    sets: dict[str, bytes]

    def fold(self) -> Fold:
        """Unpack it."""
        return fold_of(self.sums, {kind: Customers.deserialize(packed) for kind, packed in self.sets.items()})


async def lock_build(connection: Connection, program_id: int, *, wait: bool) -> Build | None:
    """Be the only one who changes the days of a programme; None when there is no build or (not `wait`) another is."""
    row = await connection.fetchrow(_LOCK if wait else f"{_LOCK} SKIP LOCKED", program_id)
    return Build(*row) if row else None


async def begin_build(connection: Connection, program_id: int, kpi_version: int) -> UUID:
    """Throw away what there is, and give every customer a number; gives the name of the new build."""
    build_id: UUID = await connection.fetchval(_BEGIN, program_id, kpi_version)
    for table in _EMPTY:
        await connection.execute(f"DELETE FROM {table} WHERE program_id = $1", program_id, timeout=900)  # noqa: S608
    await number(connection, program_id, await connection.fetchval(_EVERYBODY, program_id, timeout=900) or [])
    return build_id


async def built_from(connection: Connection, program_id: int) -> datetime | None:
    """Tell when the build began, by the programme's clock."""
    found: datetime | None = await connection.fetchval(_BUILT_FROM, program_id)
    return found


async def next_version(connection: Connection, program_id: int) -> int:
    """Count one more change."""
    found: int = await connection.fetchval(_NEXT_VERSION, program_id)
    return found


async def number(connection: Connection, program_id: int, customers: Iterable[UUID]) -> None:
    """Give customers their numbers; who was merged gets the survivor's. The build must be locked."""
    await connection.execute(_NUMBER, program_id, list(customers), timeout=900)


async def renumber(connection: Connection, program_id: int, merged: Sequence[UUID]) -> None:
    """Forget numbers of their own of customers who were merged into others. The build must be locked."""
    await connection.execute(_UNNUMBER, program_id, merged)
    await connection.execute(_RENUMBERED, program_id)


async def names(connection: Connection, program_id: int, numbers: Sequence[int]) -> list[UUID]:
    """Give the ids of customers, in the order of their numbers."""
    return [row[0] for row in await connection.fetch(_NAMES, program_id, numbers)]


async def write_spans(
    connection: Connection, program_id: int, version: int, spans: Sequence[tuple[Piece, Fold]]
) -> None:
    """Put days and months in the place of what was stored of them."""
    grains, firsts = [piece.grain for piece, _ in spans], [piece.first_on for piece, _ in spans]
    await connection.execute(_DELETE_SPANS, program_id, grains, firsts, timeout=60)
    columns = [list(column) for column in zip(*(fold.sums() for _, fold in spans), strict=True)]
    columns[6] = [Decimal(squared) for squared in columns[6]]
    await connection.execute(_INSERT_SPANS, program_id, grains, firsts, version, *columns, timeout=60)
    sets = [(*piece, kind, who.serialize()) for piece, fold in spans for kind, who in fold.sets().items()]
    if sets:
        await connection.execute(_INSERT_SETS, program_id, *map(list, zip(*sets, strict=True)), timeout=60)


async def read_spans(
    connection: Connection, program_id: int, pieces: Iterable[Piece], kinds: Iterable[str]
) -> dict[Piece, Stored]:
    """Read days and months with some of their sets; those in which nothing ever happened are not there."""
    wanted = list(pieces)
    grains, firsts = [piece.grain for piece in wanted], [piece.first_on for piece in wanted]
    rows = await connection.fetch(_SPANS, program_id, grains, firsts, list(kinds), timeout=60)
    return {
        Piece(row["grain"], row["first_on"]): Stored(
            row["version"],
            [int(n) for n in row["sums"]],
            dict(zip(row["kinds"] or (), row["customers"] or (), strict=True)),
        )
        for row in rows
    }


async def marks(connection: Connection, program_id: int, limit: int) -> list[tuple[int, date]]:
    """Give the oldest marks: number and day."""
    return [(row[0], row[1]) for row in await connection.fetch(_MARKS, program_id, limit)]


async def mark(connection: Connection, program_id: int, days: Iterable[date], recorded_at: datetime) -> None:
    """Mark days as dirty."""
    await connection.execute(_MARK, program_id, list(days), recorded_at)


async def worked_off(connection: Connection, program_id: int, numbers: Sequence[int]) -> None:
    """Take marks away."""
    await connection.execute(_WORKED_OFF, program_id, numbers)


async def waiting(connection: Connection, consumer: str, kpi_version: int, programs: Sequence[int]) -> list[int]:
    """Tell which of these programmes have something to work off."""
    return [row["p"] for row in await connection.fetch(_WAITING, consumer, kpi_version, programs)]


async def is_outdated(connection: Connection, program_id: int, kpi_version: int) -> bool:
    """Tell whether there is a build, and by another zone or definition than today's."""
    found: bool = await connection.fetchval(_IS_OUTDATED, program_id, kpi_version)
    return found
