"""What these pages need from the rooms below."""

from typing import Protocol
from uuid import UUID

from loyalty.outbox.reading import EventsAsked, EventsSeen
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import PurchaseOpened, PurchasesAsked, PurchasesSeen
from loyalty.refusals.actions import RefusalsSeen, Replayed
from loyalty.refusals.queries import RefusalsAsked, RefusalSeen


class PurchasesDesk(Protocol):
    """The verbs about purchases that arrived."""

    async def seen(self, program: ProgramFacts, asked: PurchasesAsked) -> PurchasesSeen:
        """Read a page of purchases."""

    async def opened(self, program: ProgramFacts, purchase_id: UUID) -> PurchaseOpened | None:
        """Read a purchase; None when there is none."""


class RefusalsDesk(Protocol):
    """The verbs about calls that were refused."""

    async def seen(self, program: ProgramFacts, asked: RefusalsAsked) -> RefusalsSeen:
        """Read a page of refused calls."""

    async def opened(self, program: ProgramFacts, refusal_id: UUID) -> RefusalSeen | None:
        """Read one; None when there is none, or no more."""

    async def replay(self, program: ProgramFacts, user_id: UUID, request_id: str, refusal_id: UUID) -> Replayed:
        """Do a call again, as it was told; `NotFound` where too little of it is left."""


class EventsDesk(Protocol):
    """The verb about events."""

    async def seen(self, program_id: int, asked: EventsAsked) -> EventsSeen:
        """Read a page of events."""
