"""The same commands through the Python verbs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from msgspec import to_builtins

from loyalty.database import Tx, write
from loyalty.deeds.actions import record_actions
from loyalty.deeds.decisions import Acted, NewAction
from loyalty.errors import LoyaltyError, NotFound
from loyalty.members.actions import adjust_points, erase, merge, record_memberships
from loyalty.members.adjustments import NewAdjustment
from loyalty.members.decisions import Joined, NewMembership
from loyalty.members.merging import Merged
from loyalty.members.queries import find_balance
from loyalty.points.actions import accounts_due, settle_accounts
from loyalty.points.facts import RecordedAward
from loyalty.purchases.actions import edit_purchases, record_purchases, record_refunds
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.rewards.actions import end_redemption, redeem_reward
from loyalty.rewards.decisions import NewRedemption, capture_held, release_held, reverse_captured
from tests.model.commands import (
    Act,
    Adjust,
    Answer,
    Buy,
    Capture,
    Command,
    Erase,
    Join,
    Look,
    Merge,
    Redeem,
    Refund,
    Release,
    Reverse,
    Sweep,
)
from tests.stories import Shop


class Driver(Protocol):
    """A way to the service."""

    keyed: bool

    async def tell(self, command: Command) -> Answer:
        """Do one command."""

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""

    async def look(self, customer: str) -> Look | None:
        """Read a member's points as they are now; None for whoever is none, and was none."""


def new_purchase(told: Buy) -> NewPurchase:
    """Tell a purchase in the words of the verbs."""
    return NewPurchase(
        order_id=told.order,
        placed_at=told.placed,
        currency="EUR",
        goods_minor=told.goods,
        external_id=told.customer,
        reward_discount_minor=told.reward,
        delivered_at=told.delivered,
        redemption_ids=list(told.redemptions) or None,
        test=told.test,
        source_updated_at=told.updated,
    )


def _answer(outcome: Any, known: set[UUID]) -> Answer:  # noqa: ANN401, PLR0911 - a kind of answer a line
    match outcome:
        case LoyaltyError():
            return Answer(outcome.code, None, None)
        case Parked():
            word = "parked again" if outcome.replayed else "parked"
            return Answer(word, outcome.refund.recorded_at, outcome.refund)
        case Edited():
            word = "stale" if outcome.stale else "replayed" if outcome.replayed else "recorded"
            return Answer(word, outcome.award.recorded_at, None)
        case Joined():
            return Answer(_word(outcome), outcome.award.recorded_at, outcome.award)
        case Recorded():
            return Answer(_word(outcome), outcome.awards[0].recorded_at, outcome.awards)
        case Acted():
            return Answer(_word(outcome), outcome.award.recorded_at, outcome.award)
        case Merged(award):
            return Answer("recorded", award.recorded_at, award)
        case RecordedAward():
            # The verb of erasing gives the first award again, and does not say so.
            word = "replayed" if outcome.award_id in known else "recorded"
            known.add(outcome.award_id)
            return Answer(word, outcome.recorded_at, outcome)
    redeemed, award, *_ = outcome
    award = redeemed.award or award
    return Answer(_word(redeemed), award.recorded_at, award, str(redeemed.hold.hold_id))


def _word(outcome: Any) -> str:  # noqa: ANN401
    return "replayed" if outcome.replayed else "recorded"


@dataclass
class PythonDriver:
    """The verbs, as an application in the same process would call them. They take no keys."""

    shop: Shop
    rewards: dict[int, UUID]
    keyed: bool = False
    known: set[UUID] = field(default_factory=set)

    async def tell(self, command: Command) -> Answer:  # noqa: PLR0911 - a command a line
        """Do one command."""
        match command:
            case Buy(edit=True):
                return (await self._each(edit_purchases, [new_purchase(command)]))[0]
            case Buy():
                return (await self.tell_all([command]))[0]
            case Refund(order, number, at, goods):
                return (await self._each(record_refunds, [NewRefund(order, number, at, goods)]))[0]
            case Join(customer, joined, left):
                return (await self._each(record_memberships, [NewMembership(customer, joined, left)]))[0]
            case Act(customer, number, at):
                return (await self._each(record_actions, [NewAction(customer, "review", number, at)]))[0]
            case Sweep():
                return await self._sweep()
        return await self._one(self._verb(command))

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""
        return await self._each(record_purchases, [*map(new_purchase, commands)])

    async def _each(self, verb: Any, items: list[Any]) -> list[Answer]:  # noqa: ANN401
        shop = self.shop
        outcomes = await write(shop.database, lambda tx, some: verb(tx, shop.source, shop.rules, some), items)
        return [_answer(outcome, self.known) for outcome in outcomes]

    async def _one(self, verb: Callable[[Tx], Awaitable[Any]]) -> Answer:
        async def alone(tx: Tx, _: Sequence[None]) -> list[Any]:
            return [await verb(tx)]

        try:
            [outcome] = await write(self.shop.database, alone, [None])
        except LoyaltyError as refusal:
            return _answer(refusal, self.known)
        return _answer(outcome, self.known)

    def _verb(self, command: Command) -> Callable[[Tx], Awaitable[Any]]:  # noqa: PLR0911 - a verb a line
        source, rules = self.shop.source, self.shop.rules
        match command:
            case Redeem(customer, price, at_once):
                wish = NewRedemption(customer, self.rewards[price], at_once)
                return lambda tx: redeem_reward(tx, source, wish)
            case Capture(hold, points):
                return lambda tx: end_redemption(tx, source, UUID(hold), lambda b: capture_held(b, UUID(hold), points))
            case Release(hold):
                return lambda tx: end_redemption(tx, source, UUID(hold), lambda b: release_held(b, UUID(hold)))
            case Reverse(hold):
                return lambda tx: end_redemption(tx, source, UUID(hold), lambda b: reverse_captured(b, UUID(hold)))
            case Adjust(customer, points):
                return lambda tx: adjust_points(tx, source, NewAdjustment(customer, points, "so it was agreed"))
            case Merge(customer, into):
                return lambda tx: merge(tx, source, rules, customer, into)
            case Erase(customer):
                return lambda tx: erase(tx, source, rules, customer)
        raise AssertionError(command)

    async def look(self, customer: str) -> Look | None:
        """Read a member's points as they are now."""
        try:
            async with self.shop.database.reader() as connection:
                return look(to_builtins(await find_balance(connection, self.shop.source, customer)))
        except NotFound:
            return None

    async def _sweep(self) -> Answer:
        return await sweep(self.shop)


async def sweep(shop: Shop) -> Answer:
    """Settle whatever is due, as the nightly job does."""
    async with shop.database.reader() as connection:
        due = await accounts_due(connection, shop.source.program.program_id, timedelta(), UUID(int=0), 1000)

    async def verb(tx: Tx, some: Sequence[UUID]) -> list[Any]:
        return list(await settle_accounts(tx, shop.source, list(some)))

    if due:
        await write(shop.database, verb, due)
    return Answer("recorded", None, None)


def look(told: dict[str, Any]) -> Look:
    """Read a balance off the wire."""
    lots = [
        (lot["points"], instant(lot["earned_at"]), instant(lot["available_from"]), instant(lot["expires_at"]))
        for lot in told["lots"]
    ]
    return Look((told["available"], told["pending"], told["held"], told["debt"]), lots)


def instant(told: str | None) -> Any:  # noqa: ANN401
    """Read an instant, or that there is none."""
    return None if told is None else datetime.fromisoformat(told)
