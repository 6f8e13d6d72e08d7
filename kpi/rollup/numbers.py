"""The SQL of customers' numbers: dense, lasting for a build, one for everybody who turned out to be one person."""

from collections.abc import Iterable, Sequence
from uuid import UUID

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
_NAMES = "SELECT customer_id FROM kpi_customer WHERE program_id = $1 AND survives AND number = ANY($2) ORDER BY number"

_NUMBERS = "SELECT number FROM kpi_customer WHERE program_id = $1 AND customer_id = ANY($2)"


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


async def names(connection: Connection, program_id: int, numbers: Sequence[int]) -> list[UUID]:
    """Give the ids of customers, in the order of their numbers."""
    return [row[0] for row in await connection.fetch(_NAMES, program_id, numbers)]


async def numbers(connection: Connection, program_id: int, customers: Sequence[UUID]) -> list[int]:
    """Give the numbers of customers, in no order; who has none is left out."""
    return [row[0] for row in await connection.fetch(_NUMBERS, program_id, customers)]
