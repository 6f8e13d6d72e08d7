"""The facts of periods, from the rows."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from kpi import periods
from kpi.facts import Around, Customers, PeriodFacts
from kpi.knowledge import Knowledge
from kpi.periods import Days
from kpi.rows import queries
from kpi.rows.cells import Cells
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts


class RowsReading:
    """A `Reading` from one statement over the purchases, memberships and merges that were known."""

    def __init__(self, program: ProgramFacts, known: Knowledge, cells: Cells) -> None:
        """Hold what was read."""
        self.known = known
        self._program = program
        self._cells = cells
        self._periods: dict[Days, PeriodFacts] = {}

    @classmethod
    async def read(
        cls, connection: Connection, program: ProgramFacts, wanted: Iterable[Days], known: Knowledge
    ) -> "RowsReading":
        """Read what the wanted periods need, each with the one before it."""
        days = {day for piece in wanted for day in (periods.previous(piece).start, *piece)}
        boundaries = sorted({periods.instant(day, program.zone) for day in days})
        return cls(program, known, await queries.read_cells(connection, program.program_id, boundaries, known.limit))

    def facts_of(self, days: Days) -> PeriodFacts:
        """Give the facts of one of the periods that were read."""
        if days not in self._periods:
            before, start, end = (
                periods.instant(day, self._program.zone) for day in (periods.previous(days).start, days.start, days.end)
            )
            self._periods[days] = self._cells.between(before, start, end)
        return self._periods[days]

    def around(self, days: Days) -> Around:
        """Give what is asked of one of the periods around them."""
        facts = self.facts_of(days)
        return Around(facts.known, facts.member_at_start, facts.bought)

    def part(self, name: str) -> Mapping[Days, Any] | None:  # noqa: ARG002 - there is none
        """Give no part: each has a reader of its own."""
        return None

    async def numbers(self, ids: Iterable[UUID]) -> Customers:
        """Give the customers of these ids; who neither bought nor joined is none of them."""
        return self._cells.numbers(ids)

    async def named(
        self, customers: Customers, after: UUID | None = None, most: int | None = None
    ) -> list[tuple[UUID, int]]:
        """Give the ids of customers with their numbers, in the order of the ids, which is that of the numbers."""
        following = customers if after is None else customers & self._cells.after(after)
        return self._cells.named(following[:most])
