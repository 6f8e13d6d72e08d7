"""Bringing files in, and looking at what came of it, as the tests of this room do it."""

from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg

from loyalty.database import Database
from loyalty.imports.actions import import_file
from loyalty.imports.facts import Imported, NewImport
from loyalty.imports.kind import KINDS
from loyalty.programs.facts import Source


@dataclass(frozen=True)
class Desk:
    """Brings files into the storefront of the test."""

    database: Database
    source: Source
    folder: Path

    def new(self, kind: str, content: str | bytes | Path, name: str = "") -> NewImport:
        """Write a file, unless it lies there already, and say what is to be done with it."""
        path = content if isinstance(content, Path) else self.folder / (name or f"{kind}.csv")
        if not isinstance(content, Path):
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        found = KINDS.find(kind)
        storefront_id = self.source.storefront_id if found and found.of_storefront else None
        return NewImport(self.source.program, kind, path, storefront_id, self.source.namespace)

    async def bring_in(self, kind: str, content: str | bytes | Path, name: str = "") -> Imported:
        """Bring a file in."""
        return await import_file(self.database, self.new(kind, content, name))

    def on(self, database: Database) -> "Desk":
        """Give a desk with other pools, as another process has them."""
        return replace(self, database=database)


@dataclass(frozen=True)
class Ledger:
    """Looks at what is stored, with all rights."""

    connection: asyncpg.Connection

    async def points(self) -> dict[str, int]:
        """Give the available points of every customer, by the shop's id."""
        rows = await self.connection.fetch(
            "SELECT external_id, available - debt AS points FROM account JOIN customer_alias"
            " USING (program_id, customer_id)"
        )
        return {row["external_id"]: row["points"] for row in rows}

    async def count(self, table: str) -> int:
        """Count the rows of a table."""
        found: int = await self.connection.fetchval(f"SELECT count(*) FROM {table}")
        return found

    async def value(self, sql: str, *args: object) -> object:
        """Ask for one value."""
        return await self.connection.fetchval(sql, *args)
