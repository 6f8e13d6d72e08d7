"""The verbs of rewards: offer one, redeem it, and what becomes of a redemption."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from loyalty.database import Connection, Tx
from loyalty.errors import HoldTimedOut, Invalid, LoyaltyError, NotFound
from loyalty.ids import new_id
from loyalty.points.book import Book
from loyalty.points.facts import RecordedAward
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.rewards import queries
from loyalty.rewards.decisions import NewRedemption, Redeemed, redeem
from loyalty.rewards.kind import RewardFacts, load
from loyalty.statements import Part

_LONGEST_NAME = 128
_HIGHEST_PRICE = 10**12
# Makes the parts that share the commit, of what was decided: a pinned answer.
Besides = Callable[[RecordedAward, Redeemed, RewardFacts], list[Part]]


async def offer_reward(
    connection: Connection, program_id: int, *, kind: str, name: str, price_points: int, settings: dict[str, Any]
) -> RewardFacts:
    """Offer a reward; `Invalid` names what is wrong with its settings."""
    load(kind, settings)
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        msg = "A reward's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/name")
    if not 0 < price_points <= _HIGHEST_PRICE:
        msg = "The price is a whole number of points, 1 or more."
        raise Invalid(msg, pointer="/price_points")
    reward = RewardFacts(new_id(), kind, name, price_points, settings)
    await queries.add_reward(connection, program_id, reward)
    return reward


async def redeem_reward(
    tx: Tx, source: Source, new: NewRedemption, besides: Besides | None = None
) -> tuple[Redeemed, RewardFacts]:
    """Redeem a reward for a member: a hold, or at once. `besides` shares the commit."""
    reward = await queries.find_reward(tx.connection, source.program.program_id, new.reward_id)
    book = await open_book(tx, source, customers=[new.external_id])
    try:
        redeemed = redeem(book, new, reward)
    except LoyaltyError as refusal:
        refusal.customer_id = book.present(new.external_id)
        raise
    award = redeemed.award
    if reward is None or award is None:  # pragma: no cover - refused above
        raise AssertionError
    owner = book.account(book.aliases[new.external_id]).customer_id
    after = [
        queries.new_redemption(book, redeemed, owner, reward),
        *(besides(award, redeemed, reward) if besides else []),
    ]
    await append(tx, appended(book, after=after))
    return redeemed, reward


async def end_redemption(
    tx: Tx, source: Source, redemption_id: UUID, decide: Callable[[Book], Redeemed], storefront_id: int | None = None
) -> tuple[Redeemed, RecordedAward, RewardFacts]:
    """Capture, release or reverse what was redeemed in a storefront (None: in any); the same again tells the first."""
    program_id = source.program.program_id
    reward = await queries.promised(tx.connection, program_id, redemption_id, storefront_id)
    if reward is None:
        msg = f"There is no redemption {redemption_id}."
        raise NotFound(msg)
    book = await open_book(tx, source, holds=[redemption_id])
    try:
        redeemed = decide(book)
    except HoldTimedOut:
        await _post_what_fell_due(tx, book)
        raise
    if redeemed.award is None:
        return redeemed, await queries.award(tx.connection, program_id, redeemed.award_id), reward
    await append(tx, appended(book))
    return redeemed, redeemed.award, reward


async def _post_what_fell_due(tx: Tx, book: Book) -> None:
    """Post a time-out before it is told: else a capture that was decided in time could be committed after that."""
    for account in book.accounts.values():
        if account.settling is not None:
            book.touch(account)
    if book.awards:
        await append(tx, appended(book))
