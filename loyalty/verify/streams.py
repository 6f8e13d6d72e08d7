"""Taking sorted rows key by key from a cursor, so that a programme of any size is read in constant memory."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

from asyncpg.cursor import Cursor

from loyalty.database import Connection

_AT_ONCE = 2000
Row = TypeVar("Row", bound=tuple[Any, ...])


class Stream(Generic[Row]):
    """The rows of one table in the order of their key, taken key by key. Rows of no key that was asked for stray."""

    def __init__(self, cursor: Cursor, make: Callable[[Iterable[Any]], Row], key: int) -> None:
        """Read from a cursor; `key` is the place of the key in a row."""
        self._cursor = cursor
        self._make = make
        self._key = key
        # What it tells False of is seen, and belongs to no key here.
        self.keep: Callable[[Row], bool] | None = None
        self._rows: list[Row] = []
        self._next = 0
        self.strays = 0
        self.first_stray: Row | None = None

    async def take(self, key: UUID | None) -> list[Row]:
        """Take the rows of a key; those of smaller keys stray. None: all the rest does."""
        taken: list[Row] = []
        while self._next < len(self._rows) or await self._fill():
            if self._take_in_hand(key, taken):
                break
        return taken

    def _take_in_hand(self, key: UUID | None, taken: list[Row]) -> bool:
        """Take from the rows that were read; True when one of a later key was met."""
        rows, place, number = self._rows, self._key, self._next
        for number in range(self._next, len(rows)):
            row = rows[number]
            found = cast("UUID | None", row[place])
            if found == key and key is not None:
                taken.append(row)
            elif key is None or found is None or found < key:
                self.strays += 1
                self.first_stray = self.first_stray or row
            else:
                self._next = number
                return True
        self._next = number + 1
        return False

    async def _fill(self) -> bool:
        self._next = 0
        while read := [self._make(record) for record in await self._cursor.fetch(_AT_ONCE)]:
            self._rows = list(filter(self.keep, read)) if self.keep else read
            if self._rows:
                return True
        self._rows = []
        return False


async def stream(
    connection: Connection, sql: str, make: Callable[[Iterable[Any]], Row], *args: object, key: int = 0
) -> Stream[Row]:
    """Open a cursor; it lives as long as the transaction."""
    return Stream(await connection.cursor(sql, *args), make, key)
