"""How a programme is cut into parts that can be replayed one by one: ranges of accounts, then of purchases of nobody.

The coordinator plans them and hands them out in order; whoever replays one needs only the range and the database.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from loyalty.verify import queries
from loyalty.verify.histories import Programme

if TYPE_CHECKING:
    from asyncpg.cursor import Cursor

    from loyalty.database import Connection

LOWEST, HIGHEST = UUID(int=0), UUID(int=2**128 - 1)
# Enough that asking costs little, and few enough that all rows of some ranges can be held at once.
ROWS = 3000
NAMES = 200


class Keys(NamedTuple):
    """Those from `first` to `last`, whoever they are; or only the ones that are named, in their order."""

    first: UUID
    last: UUID
    named: list[UUID] | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """What is replayed at once. `cuts`: of the seals; `states_at`: of the file to write, and of that compared with."""

    programme: Programme
    keys: Keys
    of_nobody: bool = False
    cuts: list[datetime] = field(default_factory=list)
    states_at: tuple[int | None, int | None] = (None, None)
    # Awards that should be told of by an event, and are not.
    untold: frozenset[UUID] = frozenset()
    # Who was merged, and who is left of them: those whose household is checked here, and those where it is elsewhere.
    families: dict[UUID, UUID] = field(default_factory=dict)
    elsewhere: frozenset[UUID] = frozenset()


def between(bounds: list[UUID]) -> list[Keys]:
    """Give the ranges that begin at these bounds, and the one before them: every key there can be is in one of them."""
    firsts = [LOWEST, *bounds]
    lasts = [*(UUID(int=bound.int - 1) for bound in bounds), HIGHEST]
    return [Keys(first, last) for first, last in zip(firsts, lasts, strict=True)]


def named(some: Iterable[UUID]) -> list[Keys]:
    """Give parts of some keys, in their order."""
    keys = sorted(set(some))
    parts = [keys[place : place + NAMES] for place in range(0, len(keys), NAMES)]
    return [Keys(part[0], part[-1], part) for part in parts]


class Families:
    """Accounts that were merged are checked together, in the range of who is left."""

    def __init__(self, heads: dict[UUID, UUID]) -> None:
        """Know who was merged into whom; who is left leads to itself."""
        self._heads = heads
        self.members = sorted(heads)
        self._by_head = sorted((head, member) for member, head in heads.items())

    def everybody(self, some: Iterable[UUID]) -> list[UUID]:
        """Give some customers, with all who belong to them."""
        heads = {self._heads.get(customer_id, customer_id) for customer_id in some}
        return [*heads, *(member for head, member in self._by_head if head in heads)]

    def checked_in(self, keys: Keys) -> dict[UUID, UUID]:
        """Give those whose head is in a range; where keys are named, everybody of a family is, or nobody."""
        start = bisect_left(self._by_head, (keys.first, LOWEST))
        end = bisect_right(self._by_head, (keys.last, HIGHEST))
        return {member: head for head, member in self._by_head[start:end] if not keys.named or head in keys.named}

    def elsewhere(self, keys: Keys) -> frozenset[UUID]:
        """Give those who are in a range, and their head is not."""
        here = self.members[bisect_left(self.members, keys.first) : bisect_right(self.members, keys.last)]
        return frozenset(member for member in here if not keys.first <= self._heads[member] <= keys.last)


class Untold:
    """The awards that no event tells of, taken range by range from one sorted answer."""

    def __init__(self, cursor: "Cursor", of_family: dict[UUID, set[UUID]]) -> None:
        """Read from a cursor; `of_family` are of those who may be asked for out of their order."""
        self._cursor = cursor
        self._of_family = of_family
        self._rows: list[tuple[UUID | None, UUID]] = []

    @classmethod
    async def open(
        cls, connection: "Connection", programme: Programme, families: Families, *, of_nobody: bool
    ) -> "Untold":
        """Ask; the families are read at once."""
        sql = queries.ANONYMOUS_UNTOLD if of_nobody else queries.UNTOLD
        args = (programme.program_id, programme.events_since)
        of_family: dict[UUID, set[UUID]] = defaultdict(set)
        if families.members:
            for owner, award_id in await connection.fetch(queries.UNTOLD_OF, *args, families.members):
                of_family[owner].add(award_id)
        return cls(await connection.cursor(sql, *args), of_family)

    async def take(self, keys: Keys, families: dict[UUID, UUID]) -> frozenset[UUID]:
        """Give those of a range, and of the families that are checked with it."""
        found = {award_id for member in families for award_id in self._of_family.get(member, ())}
        while self._rows or await self._fill():
            for place, (owner, _) in enumerate(self._rows):
                if owner is None or owner > keys.last:
                    self._rows = self._rows[place:]
                    return frozenset(found)
                if owner >= keys.first:
                    found.add(self._rows[place][1])
            self._rows = []
        return frozenset(found)

    async def _fill(self) -> bool:
        self._rows = [(row[0], row[1]) for row in await self._cursor.fetch(ROWS)]
        return bool(self._rows)


async def account_ranges(
    connection: "Connection", pattern: Range, families: Families, only: list[UUID] | None
) -> AsyncIterator[Range]:
    """Give the ranges of all accounts, or those of some with their households."""
    programme = pattern.programme
    if only is None:
        bounds = await connection.fetch(queries.ACCOUNT_BOUNDS, programme.program_id, ROWS)
        parts = between([row[0] for row in bounds])
    else:
        parts = named(families.everybody(only))
    untold = await Untold.open(connection, programme, families, of_nobody=False)
    for keys in parts:
        family = families.checked_in(keys)
        yield Range(
            programme,
            keys,
            cuts=pattern.cuts,
            states_at=pattern.states_at,
            untold=await untold.take(keys, family),
            families=family,
            elsewhere=families.elsewhere(keys),
        )


async def anonymous_ranges(connection: "Connection", pattern: Range, only: list[UUID] | None) -> AsyncIterator[Range]:
    """Give the ranges of all purchases of nobody, or of some."""
    programme = pattern.programme
    if only is None:
        bounds = await connection.fetch(queries.PURCHASE_BOUNDS, programme.program_id, ROWS)
        parts = between([row[0] for row in bounds])
    else:
        parts = named(only)
    untold = await Untold.open(connection, programme, Families({}), of_nobody=True)
    for keys in parts:
        yield Range(programme, keys, of_nobody=True, cuts=pattern.cuts, untold=await untold.take(keys, {}))
