"""All the SQL of what is entered: adding versions, and the newest of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from asyncpg import Record

from loyalty.database import Connection

# Telling the same again adds nothing. A lead in which somebody was forgotten stays as it is: telling it anew must not
# bring the person back.
_TELL = """
WITH told AS (
  SELECT * FROM unnest({arrays}) WITH ORDINALITY AS n({names}, place)
), newest AS (
  SELECT DISTINCT ON ({keys}) * FROM {table} WHERE program_id = $1 AND ({keys}) IN (SELECT {keys} FROM told)
  ORDER BY {keys}, version DESC
), added AS (
  INSERT INTO {table} (program_id, {names}, version, withdrawn, actor, recorded_at)
  SELECT $1, {new}, coalesce(o.version, 0) + 1, false, $2,
    (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)
  FROM told n LEFT JOIN newest o USING ({keys})
  WHERE o.version IS NULL OR {open} AND (o.withdrawn OR ({new_columns}) IS DISTINCT FROM ({old_columns}))
  RETURNING {keys}
)
SELECT place FROM told JOIN added USING ({keys})
"""
_WITHDRAW = """
WITH newest AS (
  SELECT * FROM {table} WHERE program_id = $1 AND ({keys}) = ({places}) ORDER BY version DESC LIMIT 1
), added AS (
  INSERT INTO {table} (program_id, {names}, version, withdrawn, actor, recorded_at)
  SELECT program_id, {names}, version + 1, true, $2,
    (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1)
  FROM newest WHERE NOT withdrawn
)
SELECT withdrawn FROM newest
"""
_LIST = """
SELECT {names}, recorded_at FROM (
  SELECT DISTINCT ON ({keys}) * FROM {table} WHERE program_id = $1 AND ($3::text[] IS NULL OR ({keys}) > ({after}))
  ORDER BY {keys}, version DESC
) newest WHERE NOT withdrawn ORDER BY {keys} LIMIT $2
"""
_NEWEST = """
SELECT {names}, count(*) OVER () AS entered FROM (
  SELECT DISTINCT ON ({keys}) * FROM {table} WHERE program_id = $1 ORDER BY {keys}, version DESC
) newest WHERE NOT withdrawn ORDER BY {dated} DESC, {keys} LIMIT $2
"""
_KNOWN = """
(SELECT DISTINCT ON ({keys}) * FROM {table} WHERE program_id = $1 AND recorded_at <= {k} ORDER BY {keys}, version DESC)
"""


@dataclass(frozen=True)
class Sheet:
    """A table of versions: its natural key and its columns, each with its type.

    `dated`: the column that says when a row is about. `open`: which rows may be told anew.
    """

    table: str
    keys: dict[str, str]
    columns: dict[str, str]
    dated: str = "from_on"
    open: str = "true"

    def known(self, k: str) -> str:
        """Give the newest versions recorded by `k`, withdrawn ones too, as a table expression; $1 is the programme."""
        return _KNOWN.format(table=self.table, keys=", ".join(self.keys), k=k)

    @cached_property
    def sql(self) -> dict[str, str]:
        """Put the statements together."""
        types = {**self.keys, **self.columns}
        keys = list(self.keys)
        words = {
            "table": self.table,
            "names": ", ".join(types),
            "keys": ", ".join(keys),
            "arrays": ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(types.values(), 3)),
            "new": ", ".join(f"n.{name}" for name in types),
            "new_columns": ", ".join(f"n.{name}" for name in self.columns),
            "old_columns": ", ".join(f"o.{name}" for name in self.columns),
            "places": ", ".join(f"${n}::{kind}" for n, kind in enumerate(self.keys.values(), 3)),
            "after": ", ".join(f"($3::text[])[{n}]::{kind}" for n, kind in enumerate(self.keys.values(), 1)),
            "dated": self.dated,
            "open": self.open,
        }
        statements = {"tell": _TELL, "undo": _WITHDRAW, "list": _LIST, "newest": _NEWEST}
        return {name: text.format(**words) for name, text in statements.items()}


SPEND = Sheet(
    "kpi_spend",
    {"spend_id": "text"},
    {"kind": "text", "booked_on": "date", "amount_minor": "bigint", "channel": "text", "note": "text"},
    dated="booked_on",
)
LEADS = Sheet(
    "kpi_lead",
    {"lead_id": "text"},
    {
        "created_at": "timestamptz",
        "channel": "text",
        "qualified": "boolean",
        "namespace": "text",
        "external_id": "text",
        "email": "text",
    },
    dated="created_at",
    open="o.customer_id IS NULL",
)
UNIT_COSTS = Sheet("kpi_unit_cost", {"sku": "text", "from_on": "date"}, {"unit_cost_minor": "bigint"})
POINT_COSTS = Sheet("kpi_point_cost", {"from_on": "date"}, {"cost_minor": "numeric", "breakage": "numeric"})


async def tell(
    connection: Connection, sheet: Sheet, program_id: int, actor: str, rows: Sequence[Sequence[object]]
) -> list[bool]:
    """Add a version of each row that says something new; tells for each whether it did. No key comes twice."""
    columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    added = {row["place"] for row in await connection.fetch(sheet.sql["tell"], program_id, actor, *columns)}
    return [place in added for place in range(1, len(rows) + 1)]


async def withdraw(
    connection: Connection, sheet: Sheet, program_id: int, actor: str, key: Sequence[object]
) -> bool | None:
    """Say that there is no such row; False: that was said already, None: there never was one."""
    gone = await connection.fetchval(sheet.sql["undo"], program_id, actor, *key)
    return None if gone is None else not gone


async def page(
    connection: Connection, sheet: Sheet, program_id: int, limit: int, after: list[str] | None
) -> list[Record]:
    """List the newest versions in the order of their keys, those withdrawn left out."""
    return await connection.fetch(sheet.sql["list"], program_id, limit, after)


async def newest(connection: Connection, sheet: Sheet, program_id: int, limit: int) -> list[Record]:
    """List what is about the latest days, those withdrawn left out; `entered` in each row is how many there are."""
    return await connection.fetch(sheet.sql["newest"], program_id, limit)
