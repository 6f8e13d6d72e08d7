"""Every verb of money as a call of its own, for a crowd."""

from datetime import timedelta
from uuid import UUID

from msgspec.structs import replace

from loyalty.database import Tx
from loyalty.errors import LoyaltyError
from loyalty.idempotency.facts import Once
from loyalty.idempotency.rules import fingerprint
from loyalty.members.actions import adjust_points, erase, merge
from loyalty.members.adjustments import NewAdjustment
from loyalty.points.actions import accounts_due, settle_accounts
from loyalty.points.facts import RecordedAward
from loyalty.points.keyed import Pinning
from loyalty.purchases.actions import edit_purchases
from loyalty.purchases.facts import NewPurchase
from loyalty.rewards.actions import end_redemption, redeem_reward
from loyalty.rewards.decisions import NewRedemption, Redeemed, capture_held, release_held
from loyalty.rewards.wire import redemption_answer
from tests.stories import Shop
from tests.together.crowd import Answer, Call, Keyed
from tests.together.meeting import VERBS, Item

_FIRST = UUID(int=0)
_MOST = 1000


def tell(shop: Shop, item: Item) -> Call:
    """Tell of a purchase, a refund or a membership."""

    async def call(tx: Tx) -> object:
        [outcome] = await VERBS[type(item)](tx, shop.source, shop.rules, [item])
        return outcome

    return call


def edit(shop: Shop, item: NewPurchase) -> Call:
    """Tell of a purchase anew."""

    async def call(tx: Tx) -> object:
        [outcome] = await edit_purchases(tx, shop.source, shop.rules, [item])
        return outcome

    return call


def redeem(shop: Shop, customer: str, reward_id: UUID, *, at_once: bool = True, minutes: int | None = None) -> Call:
    """Ask for a reward."""

    async def call(tx: Tx) -> Redeemed:
        redeemed, _ = await redeem_reward(tx, shop.source, NewRedemption(customer, reward_id, at_once, minutes))
        return redeemed

    return call


def redeem_keyed(shop: Shop, customer: str, reward_id: UUID, key: str, request: str) -> Keyed:
    """Ask for a reward under a key, as the API does."""
    new = NewRedemption(customer, reward_id, at_once=True)

    async def verb(tx: Tx, once: Once) -> Answer:
        pinning = Pinning(once, lambda award, redeemed, reward: redemption_answer(award, redeemed.hold, reward, 2))
        await redeem_reward(tx, replace(shop.source, request_id=once.request_id), new, pinning)
        return 201, pinning.body

    program_id = shop.source.program.program_id
    return Keyed(Once(program_id, "storefront/1", key, fingerprint("redemption/1", new), request), verb)


def capture(shop: Shop, redemption_id: UUID) -> Call:
    """Spend what is held."""

    async def call(tx: Tx) -> Redeemed:
        return (await end_redemption(tx, shop.source, redemption_id, lambda b: capture_held(b, redemption_id, None)))[0]

    return call


def release(shop: Shop, redemption_id: UUID) -> Call:
    """Let go of what is held."""

    async def call(tx: Tx) -> Redeemed:
        return (await end_redemption(tx, shop.source, redemption_id, lambda b: release_held(b, redemption_id)))[0]

    return call


def adjust(shop: Shop, customer: str, points: int) -> Call:
    """Give or take points."""

    async def call(tx: Tx) -> RecordedAward:
        return await adjust_points(tx, shop.source, NewAdjustment(customer, points, "a race"))

    return call


def merged(shop: Shop, gone: str, kept: str) -> Call:
    """Merge one customer into another."""

    async def call(tx: Tx) -> RecordedAward:
        return await merge(tx, shop.source, shop.rules, gone, kept)

    return call


def erased(shop: Shop, customer: str) -> Call:
    """Forget a person."""

    async def call(tx: Tx) -> RecordedAward:
        return await erase(tx, shop.source, shop.rules, customer)

    return call


def sweep(shop: Shop) -> Call:
    """Settle whatever fell due, as the worker does."""

    async def call(tx: Tx) -> list[RecordedAward | None]:
        due = await accounts_due(tx.connection, shop.source.program.program_id, timedelta(), _FIRST, _MOST)
        return await settle_accounts(tx, shop.source, due) if due else []

    return call


def refusals(answers: list[object], kind: type[LoyaltyError]) -> int:
    """Count the refusals of one kind; nothing but that may have been refused."""
    refused = [answer for answer in answers if isinstance(answer, LoyaltyError)]
    assert all(type(refusal) is kind for refusal in refused), refused
    return len(refused)
