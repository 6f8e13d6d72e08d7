"""Every table of a programme can be distributed by it, and no row of one programme can point into another.

Stock PostgreSQL refuses a partitioned table one of whose keys lacks the partition's column, as a distributed one does.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import dialect
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

from tests.conftest import TestServers, execute, in_database

ROOT = Path(__file__).parent.parent.parent
# All rooms, by hand: which tables are known must not depend on which tests happen to run.
for path in sorted(path for package in ("loyalty", "kpi", "surveys") for path in ROOT.glob(f"{package}/**/tables.py")):
    import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))

# Owned by the installation (ledger.md); everything else belongs to a programme.
INSTALLATION = {"program", "user", "session", "sign_in_link", "sign_in_try", "staff_action", "schedule"}
TABLES = [table for table in SQLModel.metadata.sorted_tables if table.name not in INSTALLATION]
POINTERS = [
    pytest.param(table, key, id=str(key.name))
    for table in TABLES
    for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
    if key.referred_table.name != "program"
]
SCHEMA = "distributed"
PARTS = 2
HOME, ABROAD = 1, 2
_DIALECT = dialect()  # type: ignore[no-untyped-call]
_KEYS = """
SELECT c.relname, x.name, (SELECT array_agg(a.attname::text ORDER BY k.n)
  FROM unnest(x.columns) WITH ORDINALITY k(col, n)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.col) AS columns
FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'distributed'
JOIN LATERAL (
  SELECT i.indexrelid::regclass::text AS name, i.indkey::int2[] AS columns FROM pg_index i
  WHERE i.indrelid = c.oid AND i.indisunique
  UNION ALL SELECT conname, conkey FROM pg_constraint WHERE conrelid = c.oid AND contype IN ('p', 'u', 'f')) x ON true
WHERE c.relkind = 'p'
"""


def keys(table: Table) -> Iterator[tuple[str, list[str]]]:
    """Give every key of a table: primary, unique (constraint or index), and foreign."""
    yield "primary key", [column.name for column in table.primary_key.columns]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint | ForeignKeyConstraint):
            yield str(constraint.name), [column.name for column in constraint.columns]
    for index in table.indexes:
        # One by words has no order that could begin with a number; it is parted with its table.
        if index.kwargs.get("postgresql_using") != "gin":
            yield str(index.name), [column.name for column in index.columns]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_programme_is_the_first_column_of_every_key(table: Table) -> None:
    for name, columns in keys(table):
        assert columns[0] == "program_id", name
    assert table.c.program_id.nullable is False


def test_every_table_is_either_a_programmes_or_the_installations() -> None:
    assert {table.name for table in SQLModel.metadata.sorted_tables if "program_id" not in table.c} == INSTALLATION - {
        "program",
        "schedule",
        # What is done to the installation has no programme.
        "staff_action",
    }


async def test_every_table_of_the_database_is_looked_at(owner: asyncpg.Connection) -> None:
    made = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert {row["tablename"] for row in made} == {table.name for table in TABLES} | INSTALLATION | {"alembic_version"}


def partitioned() -> Iterator[str]:
    """Give the statements that make the tables of a programme once more, partitioned by it."""
    yield f"CREATE SCHEMA {SCHEMA}"
    for table in TABLES:
        body = str(CreateTable(table).compile(dialect=_DIALECT)).rstrip().partition(" WITH (fillfactor")[0]
        yield f"{body} PARTITION BY HASH (program_id)"
        for index in table.indexes:
            assert isinstance(index, Index)
            yield str(CreateIndex(index).compile(dialect=_DIALECT))
        for part in range(PARTS):
            partition = f'CREATE TABLE "{table.name}_{part}" PARTITION OF "{table.name}"'
            yield f"{partition} FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})"
        # What is left to be tried is the keys: a row need not make sense beyond them.
        for check in (one for one in table.constraints if isinstance(one, CheckConstraint)):
            name = _DIALECT.identifier_preparer.format_constraint(check)
            yield f'ALTER TABLE "{table.name}" DROP CONSTRAINT {name}'


@pytest.fixture(scope="module")
def distributed_url(servers: TestServers, template: str) -> Iterator[str]:
    """Give the address of a database in which a programme's tables are partitioned, and two programmes are."""
    name = f"loyalty_test_{uuid4().hex}"
    execute(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = in_database(servers.database_url, name)
    programs = (
        "INSERT INTO public.program (program_id, name, currency, timezone, mode, policies)"
        f" VALUES ({HOME}, 'home', 'EUR', 'UTC', 'live', '{{}}'), ({ABROAD}, 'abroad', 'EUR', 'UTC', 'live', '{{}}')"
    )
    execute(url, programs, f"SET search_path = {SCHEMA}, public", *partitioned())
    yield url
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def distributed(distributed_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give a connection with all rights there; nothing of what a test writes stays."""
    connection = await asyncpg.connect(distributed_url)
    writing = connection.transaction()
    await writing.start()
    yield connection
    await writing.rollback()
    await connection.close()


async def test_every_table_of_a_programme_can_be_distributed_by_it(distributed: asyncpg.Connection) -> None:
    made = await distributed.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'distributed'::regnamespace AND relkind = 'p'"
    )
    assert {row["relname"] for row in made} == {table.name for table in TABLES}


async def test_every_key_of_the_partitioned_tables_holds_the_programme(distributed: asyncpg.Connection) -> None:
    found = await distributed.fetch(_KEYS)
    assert {row["relname"] for row in found} == {table.name for table in TABLES}
    assert len(found) > 3 * len(TABLES)
    assert [row["name"] for row in found if row["columns"][0] != "program_id"] == []


async def test_every_pointer_leads_from_a_programme_into_itself(distributed: asyncpg.Connection) -> None:
    """What the database enforces, not what the code declares."""
    found = await distributed.fetch(
        "SELECT pg_get_constraintdef(oid) AS told FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
        " AND connamespace = 'distributed'::regnamespace AND confrelid <> 'public.program'::regclass"
    )
    assert len(found) == len(POINTERS)
    assert [row["told"] for row in found if not row["told"].startswith("FOREIGN KEY (program_id,")] == []
    assert [row["told"] for row in found if "(program_id," not in row["told"].partition("REFERENCES")[2]] == []


@pytest.mark.parametrize(
    "odd",
    [
        "CREATE TABLE odd (program_id int, award_id uuid PRIMARY KEY) PARTITION BY HASH (program_id)",
        "CREATE TABLE odd (program_id int, award_id uuid UNIQUE) PARTITION BY HASH (program_id)",
        "CREATE TABLE odd (program_id int, a int) PARTITION BY HASH (program_id); CREATE UNIQUE INDEX odd_a ON odd (a)",
    ],
)
async def test_a_key_without_the_programme_would_be_refused(owner: asyncpg.Connection, odd: str) -> None:
    """Else the tests above would prove nothing."""
    with pytest.raises(asyncpg.FeatureNotSupportedError, match="program_id"):
        await owner.execute(odd)


_numbers = count(100)


def _some(column: Column[Any]) -> object:
    """Give a value that no other row has, where its type allows that."""
    n = next(_numbers)
    made: dict[str, object] = {
        "BOOLEAN": False,
        "INTEGER": n,
        "BIGINT": n,
        "VARCHAR": f"text {n}",
        "BYTEA": str(n).encode(),
        "UUID": uuid4(),
        "JSONB": "{}",
        "TIMESTAMP WITH TIME ZONE": datetime(2026, 1, 1, tzinfo=UTC),
        "DATE": date(2026, 1, 1) + timedelta(days=n),
        "NUMERIC": Decimal(n),
    }
    kind = column.type.compile(_DIALECT)
    return [] if kind.endswith("[]") else made[kind]


async def _put(connection: asyncpg.Connection, table: Table, program_id: int, told: dict[str, object]) -> None:
    """Insert a row: what is told, and something in every other column that must not be null."""
    needed = {column.name: _some(column) for column in table.columns if not column.nullable}
    row = needed | told | {"program_id": program_id}
    names = ", ".join(f'"{name}"' for name in row)
    places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    await connection.execute(f'INSERT INTO distributed."{table.name}" ({names}) VALUES ({places})', *row.values())


async def _point(connection: asyncpg.Connection, table: Table, key: ForeignKeyConstraint, target_in: int) -> None:
    """Insert a row of the programme abroad, all whose pointers find their rows there, but this one in `target_in`."""
    row = {column.name: _some(column) for column in table.columns if not column.nullable}
    row |= {column.name: _some(column) for column in key.columns}
    # Rows to point at need none themselves: a superuser may leave the pointers unchecked.
    await connection.execute("SET LOCAL session_replication_role = 'replica'")
    for pointer in table.foreign_key_constraints:
        values = {e.column.name: row.get(e.parent.name) for e in pointer.elements if e.column.name != "program_id"}
        if values and None not in values.values():
            await _put(connection, pointer.referred_table, target_in if pointer is key else ABROAD, values)
    await connection.execute("SET LOCAL session_replication_role = 'origin'")
    await _put(connection, table, ABROAD, row)


@pytest.mark.parametrize(("table", "key"), POINTERS)
async def test_a_row_of_one_programme_cannot_point_into_another(
    distributed: asyncpg.Connection, table: Table, key: ForeignKeyConstraint
) -> None:
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        async with distributed.transaction():
            await _point(distributed, table, key, target_in=HOME)
    assert [element.parent.name for element in key.elements] == _named(refused.value)
    # The same row points well enough within its own programme.
    async with distributed.transaction():
        await _point(distributed, table, key, target_in=ABROAD)


def _named(refused: asyncpg.ForeignKeyViolationError) -> list[str]:
    """Read the columns of the pointer out of "Key (program_id, …)=(…) is not present in table …"."""
    return str(refused.detail).partition("(")[2].partition(")")[0].split(", ")
