"""The verbs of rewards: redeem one, and what becomes of a redemption. `offers.py` has those of the catalogue."""

from collections.abc import Callable
from uuid import UUID

from msgspec.structs import replace

from loyalty.database import Tx
from loyalty.errors import HoldTimedOut, LoyaltyError, NotFound
from loyalty.points.book import Book
from loyalty.points.facts import RecordedAward
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.rewards import codes, queries
from loyalty.rewards.decisions import NewRedemption, Redeemed, redeem
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import edit_reward, offer_reward, set_offered
from loyalty.rewards.rules import Counted
from loyalty.rewards.standing import standing_of
from loyalty.statements import Part

__all__ = ["edit_reward", "end_redemption", "offer_reward", "redeem_reward", "set_offered"]

# Makes the parts that share the commit, of what was decided: a pinned answer.
Besides = Callable[[RecordedAward, Redeemed, RewardFacts], list[Part]]


async def redeem_reward(
    tx: Tx, source: Source, new: NewRedemption, besides: Besides | None = None
) -> tuple[Redeemed, RewardFacts]:
    """Redeem a reward for a member: a hold, or at once. `besides` shares the commit. Gives what was promised."""
    ids = [new.customer_id] if new.customer_id else []
    book = await open_book(tx, source, customers=[] if ids else [new.external_id], ids=ids)
    owner = queries.owner_of(book, new.customer_id or book.aliases.get(new.external_id))
    offered = await queries.offered_for(tx, book, new.reward_id, owner)
    reward, counted = (offered.reward, offered.counted) if offered else (None, Counted())
    asked = [reward] if reward else []
    standing = await standing_of(tx.connection, source.program, owner, book.now, asked)
    try:
        redeemed = redeem(book, new, reward, counted, standing)
    except LoyaltyError as refusal:
        refusal.customer_id = book.present(new.external_id)
        raise
    award = redeemed.award
    if reward is None or award is None or owner is None:  # pragma: no cover - refused above
        raise AssertionError
    promise = replace(reward, price_points=redeemed.hold.points, basket_minor=new.basket_minor)
    after = [queries.new_redemption(book, redeemed, owner, promise), queries.as_counted(reward)]
    if found := await codes.find_code(tx.connection, source.program.program_id, reward, book.now):
        promise = replace(promise, code=found.code)
        after.append(codes.taking(book, reward, found, redeemed.hold.hold_id))
    after += besides(award, redeemed, promise) if besides else []
    await append(tx, appended(book, after=after))
    return redeemed, promise


async def end_redemption(
    tx: Tx, source: Source, redemption_id: UUID, decide: Callable[[Book], Redeemed], storefront_id: int | None = None
) -> tuple[Redeemed, RecordedAward, RewardFacts]:
    """Capture, release or reverse what was redeemed in a storefront (None: in any); the same again tells the first."""
    program_id = source.program.program_id
    found = await queries.promised(tx.connection, program_id, redemption_id, storefront_id)
    if found is None:
        msg = f"There is no redemption {redemption_id}."
        raise NotFound(msg)
    book = await open_book(tx, source, holds=[redemption_id])
    if tx.locked and found.current.scarce:
        # Now that the accounts are ours: the reward too, and then everything, the clock with it, is read anew.
        await queries.lock(tx.connection, program_id, found.current.reward_id)
        found = await queries.promised(tx.connection, program_id, redemption_id, storefront_id) or found
        book = await open_book(tx, source, holds=[redemption_id])
    try:
        redeemed = decide(book)
    except HoldTimedOut:
        await _post_what_fell_due(tx, book)
        raise
    if redeemed.award is None:
        return redeemed, await queries.award(tx.connection, program_id, redeemed.award_id), found.promise
    # Since the hold ran out, by a clock ahead of ours, the last one may have gone to somebody else.
    after = [queries.as_counted(found.current)] if redeemed.award.cause == "captured" else []
    await append(tx, appended(book, after=after))
    return redeemed, redeemed.award, found.promise


async def _post_what_fell_due(tx: Tx, book: Book) -> None:
    """Post a time-out before it is told: else a capture that was decided in time could be committed after that."""
    for account in book.accounts.values():
        if account.settling is not None:
            book.touch(account)
    if book.awards:
        await append(tx, appended(book))
