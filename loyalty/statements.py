"""One statement made of parts: every room adds its rows to a commit of the ledger without a round trip of its own.

A part is SQL with places `{0}`, `{1}`, … for its own arguments; `$1` is the programme in all of them. The text depends
on which parts there are, never on how many rows they carry, so PostgreSQL prepares it once.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import dialect
from sqlmodel import SQLModel

_POSTGRESQL = dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Part:
    """One piece. `guards`: how many rows it must touch; a version that has moved touches none, and all of it fails."""

    name: str
    sql: str
    args: list[Any]
    guards: int | None = None


def insert(table: type[SQLModel], columns: list[str], rows: list[tuple[Any, ...]], **same: object) -> Part:
    """Insert rows by arrays, one per column. JSON goes in as text.

    `same` are columns with one value for all rows: sent once, since encoding arrays is a third of a batch's Python.
    """
    sql_table: Table = cast("Any", table).__table__
    arrays: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    return Part(f"new_{sql_table.name}", _insert_sql(sql_table, tuple(columns), tuple(same)), [*arrays, *same.values()])


def update(name: str, sql: str, rows: list[tuple[Any, ...]], *extra: object) -> Part:
    """Update by arrays; each row must be there, or the whole statement fails."""
    arrays: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    return Part(name, sql, [*arrays, *extra], guards=len(rows))


def sql_columns(table: type[SQLModel], *, but: tuple[str, ...] = ()) -> list[str]:
    """Name the columns of a table, in its order, but some."""
    sql_table: Table = cast("Any", table).__table__
    return [column.name for column in sql_table.columns if column.name not in but]


@lru_cache
def _insert_sql(table: Table, columns: tuple[str, ...], same: tuple[str, ...]) -> str:
    types = [table.c[column].type.compile(_POSTGRESQL) for column in (*columns, *same)]
    arrays = ", ".join(f"{{{n}}}::{kind}[]" for n, kind in enumerate(types[: len(columns)]))
    values = "".join(f"{{{n}}}::{kind}, " for n, kind in enumerate(types[len(columns) :], len(columns)))
    names = ", ".join((*same, *columns))
    return f"INSERT INTO {table.name} (program_id, {names}) SELECT $1, {values}new.* FROM unnest({arrays}) AS new"  # noqa: S608


def joined(parts: list[Part], args: list[Any], checks: list[str]) -> tuple[str, list[Any]]:
    """Join parts and checks into one statement; `args` are those of the checks, `$1` the programme.

    When a check fails or a guard was missed it divides by zero, on purpose: an error is the only thing that undoes what
    other parts of the same statement have already written, and it needs no function of ours in the database.
    """
    shape = tuple((part.name, part.sql, len(part.args), part.guards is not None) for part in parts)
    args = list(args)
    first = len(args)
    for part in parts:
        args += part.args
        if part.guards is not None:
            args.append(part.guards)
    return _joined_sql(shape, first, tuple(checks)), args


# Writing the text anew costs a single purchase a third of its Python; there are as many as combinations of parts.
@lru_cache(maxsize=512)
def _joined_sql(shape: tuple[tuple[str, str, int, bool], ...], first: int, checks: tuple[str, ...]) -> str:
    ctes, guards, place = [], list(checks), first
    for name, sql, count, guarded in shape:
        ctes.append(f"{name} AS ({sql.format(*(f'${place + n}' for n in range(1, count + 1)))})")
        place += count
        if guarded:
            place += 1
            guards.append(f"(SELECT count(*) FROM {name}) = ${place}")  # noqa: S608 - our own names
    return f"WITH {', '.join(ctes)} SELECT 1 / (CASE WHEN {' AND '.join(guards)} THEN 1 ELSE 0 END)"
