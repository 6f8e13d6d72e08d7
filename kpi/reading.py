"""What one read of a programme gives: the facts of some periods, as far as they may be known."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from kpi.facts import Around, Customers, PeriodFacts
from kpi.knowledge import Knowledge
from kpi.periods import Days


class Reading(Protocol):
    """The facts of the periods that were asked for; each is put together once, however many measures ask."""

    @property
    def known(self) -> Knowledge:
        """What was known."""

    def facts_of(self, days: Days) -> PeriodFacts:
        """Give the facts of one of the periods."""

    def around(self, days: Days) -> Around:
        """Give what is asked of one of the periods around them."""

    def part(self, name: str) -> Mapping[Days, Any] | None:
        """Give a part of the periods that the reading brings along; None where it must be read from the rows."""

    async def numbers(self, ids: Iterable[UUID]) -> Customers:
        """Give the customers of these ids; of who neither bought nor joined there need be none."""

    async def named(
        self, customers: Customers, after: UUID | None = None, most: int | None = None
    ) -> list[tuple[UUID, int]]:
        """Give the ids of customers of these facts with their numbers, in the order of the ids.

        Only those after one, and at most so many, where that is said.
        """
