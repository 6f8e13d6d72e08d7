"""The same commands through the Python verbs, and through HTTP."""

from dataclasses import dataclass
from typing import Any, Protocol

from loyalty.database import write
from loyalty.errors import LoyaltyError
from loyalty.members.decisions import Joined, NewMembership
from loyalty.purchases.actions import edit_purchases
from loyalty.purchases.decisions import Parked
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.model.commands import Answer, Buy, Command, Join, Refund
from tests.stories import Shop


class Driver(Protocol):
    """A way to the service."""

    knows: frozenset[type[Command]]

    async def tell(self, command: Command) -> Answer:
        """Do one command."""

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""


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


def _answer(outcome: Any) -> Answer:  # noqa: ANN401
    if isinstance(outcome, LoyaltyError):
        return Answer(outcome.code, None, None)
    if isinstance(outcome, Parked):
        return Answer("parked again" if outcome.replayed else "parked", outcome.refund.recorded_at, outcome.refund)
    if isinstance(outcome, Edited):
        word = "stale" if outcome.stale else "replayed" if outcome.replayed else "recorded"
        return Answer(word, outcome.award.recorded_at, None)
    said = outcome.award if isinstance(outcome, Joined) else outcome.awards
    at = said.recorded_at if isinstance(outcome, Joined) else said[0].recorded_at
    return Answer("replayed" if outcome.replayed else "recorded", at, said)


@dataclass
class PythonDriver:
    """The verbs, as an application in the same process would call them."""

    shop: Shop
    knows: frozenset[type[Command]] = frozenset({Buy, Refund, Join})

    async def tell(self, command: Command) -> Answer:
        """Do one command."""
        match command:
            case Buy(edit=True):
                [edited] = await self._write(edit_purchases, [new_purchase(command)])
                return _answer(edited)
            case Buy():
                return (await self.tell_all([command]))[0]
            case Refund(order, number, at, goods):
                return _answer(await self.shop.tell(NewRefund(order, number, at, goods)))
            case Join(customer, joined, left):
                return _answer(await self.shop.tell(NewMembership(customer, joined, left)))
        raise AssertionError(command)

    async def _write(self, verb: Any, items: list[Any]) -> list[Any]:  # noqa: ANN401
        shop = self.shop
        return await write(shop.database, lambda tx, some: verb(tx, shop.source, shop.rules, some), items)

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""
        return [_answer(outcome) for outcome in await self.shop.buy(*map(new_purchase, commands))]
