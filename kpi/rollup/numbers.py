"""The SQL of customers' numbers: dense, lasting for a build, one for everybody who turned out to be one person."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from kpi.facts import Customers
from loyalty.database import Connection

# Merges go over any number of steps; the survivor's number counts for all of them.
_NUMBER = """
WITH RECURSIVE missing AS (
  {missing}
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
_NUMBER_SOME = _NUMBER.format(missing="SELECT customer_id FROM unnest($2::uuid[]) AS m(customer_id)")
_NUMBER_ALL = _NUMBER.format(missing="SELECT customer_id FROM customer WHERE program_id = $1")
# With all who were merged into them before.
_UNNUMBER = """
DELETE FROM kpi_customer WHERE program_id = $1 AND number IN (
  SELECT number FROM kpi_customer WHERE program_id = $1 AND customer_id = ANY($2) AND survives)
RETURNING customer_id
"""
_RENUMBERED = "UPDATE kpi_rollup SET next_number = next_number + 1, version = version + 1 WHERE program_id = $1"
_NAMED = """
SELECT customer_id, number FROM kpi_customer WHERE program_id = $1 AND survives AND number = ANY($2)
  AND customer_id > $3 ORDER BY customer_id LIMIT $4
"""
# By the primary key. Who does not survive has the number of who does, and would be somebody twice.
_WALK = """
SELECT customer_id, number FROM kpi_customer WHERE program_id = $1 AND customer_id > $2 AND survives
ORDER BY customer_id LIMIT $3
"""
_NUMBERS = "SELECT number FROM kpi_customer WHERE program_id = $1 AND customer_id = ANY($2)"
_BEFORE_ALL = UUID(int=0)
_FEW = 2_000
_STRETCHES = (1_000, 2_000, 4_000, 8_000)


async def number_all(connection: Connection, program_id: int) -> None:
    """Give every customer there is a number. The build must be locked."""
    await connection.execute(_NUMBER_ALL, program_id, timeout=900)


async def number(connection: Connection, program_id: int, customers: Iterable[UUID]) -> None:
    """Give customers their numbers; who was merged gets the survivor's. The build must be locked."""
    await connection.execute(_NUMBER_SOME, program_id, list(customers), timeout=900)


async def renumber(connection: Connection, program_id: int, merged: Sequence[UUID]) -> None:
    """Give customers who were merged into others the survivors' numbers instead of their own. The build must be locked.

    At once, and also who had none: when a day of the survivor is counted, it asks by number for what all of them did.
    """
    freed = [row[0] for row in await connection.fetch(_UNNUMBER, program_id, merged)]
    await number(connection, program_id, {*freed, *merged})
    await connection.execute(_RENUMBERED, program_id)


async def named(
    connection: Connection, program_id: int, customers: Customers, after: UUID | None, most: int | None
) -> list[tuple[UUID, int]]:
    """Give the ids of customers with their numbers, in the order of the ids; those after one, and at most so many.

    A page of many is looked for among everybody from there on, as far as that is worth it: those who came at about the
    same time have ids beside each other, and may be far from there. Then all of them are looked up, as few are at once.
    """
    last, found = after or _BEFORE_ALL, list[tuple[UUID, int]]()
    if most is not None and len(customers) > _FEW:
        for at_once in _STRETCHES:
            rows = await connection.fetch(_WALK, program_id, last, at_once)
            found += [(row[0], row[1]) for row in rows if row[1] in customers]
            if len(found) >= most or len(rows) < at_once:
                return found[:most]
            last = rows[-1][0]
    left = None if most is None else most - len(found)
    rows = await connection.fetch(_NAMED, program_id, list(customers), last, left)
    return found + [(row[0], row[1]) for row in rows]


async def numbers(connection: Connection, program_id: int, customers: Sequence[UUID]) -> list[int]:
    """Give the numbers of customers, in no order; who has none is left out."""
    return [row[0] for row in await connection.fetch(_NUMBERS, program_id, customers)]
