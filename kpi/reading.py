"""What one read of a programme gives: the facts of some periods, as far as they may be known."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from kpi.facts import Customers, PeriodFacts
from kpi.knowledge import Knowledge
from kpi.periods import Days


class Reading(Protocol):
    """The facts of the periods that were asked for; each is put together once, however many measures ask."""

    @property
    def known(self) -> Knowledge:
        """What was known."""

    def facts_of(self, days: Days) -> PeriodFacts:
        """Give the facts of one of the periods."""

    def part(self, name: str) -> Mapping[Days, Any] | None:
        """Give a part of the periods that the reading brings along; None where it must be read from the rows."""

    async def numbers(self, ids: Iterable[UUID]) -> Customers:
        """Give the customers of these ids; of who neither bought nor joined there need be none."""

    async def named(self, customers: Customers) -> list[UUID]:
        """Give the ids of customers of these facts, in the order of their numbers."""
