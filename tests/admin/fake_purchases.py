"""Purchases, refused calls and events without a database."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from loyalty.errors import NotFound
from loyalty.outbox.reading import EventsAsked, EventSeen, EventsSeen
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import (
    AwardSeen,
    PurchaseOpened,
    PurchasesAsked,
    PurchaseSeen,
    PurchasesSeen,
    RedemptionSeen,
    RefundSeen,
    Told,
)
from loyalty.refusals.actions import RefusalsSeen, Replayed
from loyalty.refusals.queries import RefusalsAsked, RefusalSeen
from tests.admin.fake_people import NORA
from tests.admin.fake_rewards import VOUCHER

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
TELLING = UUID(int=0xB0)
REFUSED, BARE_REFUSED = UUID(int=0xE1), UUID(int=0xE2)


def a_purchase(number: UUID = TELLING, **more: Any) -> PurchaseSeen:  # noqa: ANN401
    """Make a purchase."""
    facts: dict[str, Any] = {
        "order_id": "A-<1001>", "storefront": "Store 322", "state": "recorded", "at": AT, "recorded_at": AT,
        "goods_minor": 8400, "member": True, "test": False, "edited": True, "customer_id": NORA,
        "name": "Nora Whitfield", "email": "nora@example.com", "shop_id": "1797", "points": 64, "refunded_minor": 2000,
        "refunds": 1, "cancelled": False,
    }  # fmt: skip
    return PurchaseSeen(purchase_id=number, **{**facts, **more})


def some_purchases() -> list[PurchaseSeen]:
    """Give one with everything, one of nobody, and one of which only a refund came."""
    nobody = {"customer_id": None, "name": None, "email": None, "shop_id": None, "member": False, "points": 0}
    return [
        a_purchase(),
        a_purchase(UUID(int=0xB1), order_id="=2+3", edited=False, refunds=0, refunded_minor=0, **nobody),
        a_purchase(UUID(int=0xB2), state="awaited", goods_minor=None, edited=False, **nobody),
    ]


def opened() -> PurchaseOpened:
    """Give one with all that there can be."""
    was = {"order_id": "A-<1001>", "customer_id": "1797", "goods": "90.00", "metadata": {"note": "</code><b>"}}
    award = AwardSeen(
        UUID(int=0xA1), "purchase", 84, AT, NORA, NORA, "Nora Whitfield", "nora@example.com", "1797", None
    )
    nobody = AwardSeen(UUID(int=0xA2), "purchase", 0, AT, None, None, None, None, None, "anonymous")
    later = AT + timedelta(days=1)
    return PurchaseOpened(
        a_purchase(),
        [Told(2, later, None, {**was, "goods": "84.00"}), Told(1, AT, later, was)],
        [nobody, award],
        [RefundSeen("refund", "r-1", later, 2000, None, later, parked=False)],
        [
            RedemptionSeen(
                UUID(int=0xD1), VOUCHER, "Cinema ticket", 120, 120, 30, "captured", AT, NORA, "Nora Whitfield"
            )
        ],
    )


def a_refusal(number: UUID = REFUSED, **more: Any) -> RefusalSeen:  # noqa: ANN401
    """Make a refused call."""
    problem = {
        "code": "invalid", "status": 422, "title": "Unprocessable Content", "detail": "/goods: too many decimals",
        "errors": [{"pointer": "/goods", "message": "84.901 has more decimals than the currency", "code": "invalid"}],
    }  # fmt: skip
    facts: dict[str, Any] = {
        "storefront_id": 1, "storefront": "Store 322", "namespace": "default", "operation": "record_purchase",
        "path": "/v1/purchases", "order_id": "A-1003", "place": None, "status": 422, "problem": problem,
        "body": '{"order_id":"A-1003","note":"</code><script>"}', "body_gone": None, "request_id": "req-1",
        "refused_at": AT, "replayed_at": None, "replayed_by": None, "outcome": None, "purchase_id": None,
    }  # fmt: skip
    return RefusalSeen(refusal_id=number, **{**facts, **more})


def an_event(number: int, kind: str, subject: str, **more: Any) -> EventSeen:  # noqa: ANN401
    """Make an event."""
    facts: dict[str, Any] = {"customer_id": NORA, "name": "Nora Whitfield", "email": None, "origin": "live"}
    return EventSeen(
        event_id=UUID(int=number),
        type=kind,
        subject=subject,
        recorded_at=AT,
        waits_for=["surveys"],
        **{**facts, **more},
    )


@dataclass
class FakePurchases:
    """The verbs about purchases; `asked` notes for what."""

    listed: list[PurchaseSeen] = field(default_factory=some_purchases)
    asked: list[PurchasesAsked] = field(default_factory=list)
    more: bool = True
    too_many: bool = False

    async def seen(self, program: ProgramFacts, asked: PurchasesAsked) -> PurchasesSeen:
        """List them, whatever is asked."""
        assert program.program_id == 1
        self.asked.append(asked)
        return PurchasesSeen(self.listed, self.more, self.too_many)

    async def opened(self, program: ProgramFacts, purchase_id: UUID) -> PurchaseOpened | None:
        """Open the one there is."""
        assert program.program_id == 1
        return opened() if purchase_id == TELLING else None


@dataclass
class FakeRefusals:
    """The verbs about refused calls; `done` notes which were done again, and by whom."""

    listed: list[RefusalSeen] = field(
        default_factory=lambda: [a_refusal(), a_refusal(BARE_REFUSED, body=None, body_gone="erased", place=3)]
    )
    asked: list[RefusalsAsked] = field(default_factory=list)
    done: list[tuple[UUID, UUID]] = field(default_factory=list)
    answer: Replayed = field(default_factory=lambda: Replayed(done=True))

    async def seen(self, program: ProgramFacts, asked: RefusalsAsked) -> RefusalsSeen:
        """List them, whatever is asked."""
        assert program.program_id == 1
        self.asked.append(asked)
        return RefusalsSeen(self.listed, more=bool(self.listed))

    async def opened(self, program: ProgramFacts, refusal_id: UUID) -> RefusalSeen | None:
        """Give one of the list."""
        assert program.program_id == 1
        return next((one for one in self.listed if one.refusal_id == refusal_id), None)

    async def replay(self, program: ProgramFacts, user_id: UUID, request_id: str, refusal_id: UUID) -> Replayed:
        """Note it."""
        assert (program.program_id, request_id) == (1, "")
        if all(one.refusal_id != refusal_id or one.body is None for one in self.listed):
            msg = "There is no such call."
            raise NotFound(msg)
        self.done.append((refusal_id, user_id))
        return self.answer


@dataclass
class FakeEvents:
    """The verb about events."""

    listed: list[EventSeen] = field(
        default_factory=lambda: [
            an_event(1, "purchase.recorded", f"purchase/{TELLING}"),
            an_event(2, "redemption.held", "redemption/1", origin="simulated", customer_id=None, name=None),
        ]
    )
    asked: list[EventsAsked] = field(default_factory=list)

    async def seen(self, program_id: int, asked: EventsAsked) -> EventsSeen:
        """List them, whatever is asked."""
        assert program_id == 1
        self.asked.append(asked)
        return EventsSeen(self.listed, more=True)
