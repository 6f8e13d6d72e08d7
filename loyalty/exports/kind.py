"""What an export kind is: the statement that finds its rows, and what stands in each of its columns.

A new kind is one file in `kinds/`, registered under the name by which callers and stored exports call it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar, Protocol

from asyncpg import Record

from loyalty.programs.facts import ProgramFacts
from loyalty.registry import Registry
from loyalty.spreadsheets import Cell

# The statements begin with this: whoever was merged is told by the ids of who is left.
SURVIVORS = """WITH RECURSIVE way (customer_id, kept) AS (
  SELECT customer_id, merged_into FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL
  UNION ALL SELECT w.customer_id, c.merged_into FROM way w
    JOIN customer c ON c.program_id = $1 AND c.customer_id = w.kept AND c.merged_into IS NOT NULL),
survivor AS MATERIALIZED (SELECT w.customer_id, w.kept FROM way w
  JOIN customer c ON c.program_id = $1 AND c.customer_id = w.kept AND c.merged_into IS NULL)"""
# $2: the namespace of the shop's ids. Null of an anonymous or an erased customer.
CUSTOMER = """(SELECT min(a.external_id) FROM customer_alias a WHERE a.program_id = $1 AND a.namespace = $2
  AND a.customer_id = coalesce(s.kept, {0}))"""
# $6: a segment, or null for everybody.
IN_SEGMENT = """($6::text IS NULL OR EXISTS (SELECT FROM segment_member g WHERE g.program_id = $1
  AND g.segment_key = $6 AND g.customer_id = coalesce(s.kept, {0})))"""
# $4, $5: from and before which instant, or null.
WITHIN = "($4::timestamptz IS NULL OR {0} >= $4) AND ($5::timestamptz IS NULL OR {0} < $5)"


class ExportKind(Protocol):
    """One kind of file. The attributes are facts about the kind, not settings."""

    summary: ClassVar[str]
    columns: ClassVar[tuple[str, ...]]
    # Whether the rows belong to a storefront ($3 of the statement), and what a key must be allowed to see.
    of_storefront: ClassVar[bool]
    scope: ClassVar[str]
    # $1 programme, $2 namespace, $3 storefront, $4 and $5 instants, $6 segment; in a lasting order.
    sql: ClassVar[str]

    @staticmethod
    def cells(row: Record, program: ProgramFacts) -> Sequence[Cell]:
        """Write a row, a cell for each column."""
        ...


def told(at: datetime | None) -> str | None:
    """Write an instant as the API does: RFC 3339 in UTC."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


KINDS: Registry[type[ExportKind]] = Registry("export kind", "loyalty.exports.kinds")
