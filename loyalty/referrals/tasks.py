"""What the worker does about referrals: it notes the news that may concern one, and works it off friend by friend.

The consumer only notes: what a referral becomes is decided under the guards of two accounts, in a commit of its own.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from loyalty.database import Connection, Tx, one
from loyalty.jobs.job import Desk
from loyalty.outbox.facts import Event
from loyalty.points.tasks import source_of
from loyalty.programs.facts import Source
from loyalty.referrals import friends, gifts, work
from loyalty.referrals.actions import end_window, work_on
from loyalty.referrals.gifts import Gift, hand_over
from loyalty.referrals.work import Work

CONSUMER = "referrals"
_AT_ONCE = 100
T = TypeVar("T")
_TAKEN_BACK = frozenset({"purchase.refunded", "purchase.cancelled", "purchase.edited", "purchase.claimed"})
log = structlog.get_logger("loyalty.referrals")


async def note_news(tx: Tx, program_id: int, events: Sequence[Event]) -> None:
    """Note joinings and purchases with a code, and what happens to purchases of those who are friends already."""
    news = [e for e in events if e.customer_id is not None and _may_matter(e)]
    if not news:
        return
    joinings = [_about(e) for e in news if e.type == "member.joined"]
    purchases = [_about(e) for e in news if e.type != "member.joined"]
    told = await friends.codes_told(tx.connection, program_id, joinings, purchases)
    known = await friends.friends_among(tx.connection, program_id, [e.customer_id for e in news if e.customer_id])
    # A joining of this very batch makes a friend of whoever buys after it.
    known |= {e.customer_id for e in news if e.customer_id and e.type == "member.joined" and _about(e) in told}
    wanted = [e for e in news if _about(e) in told or (e.type != "member.joined" and e.customer_id in known)]
    if wanted:
        await work.note(tx.connection, program_id, wanted)


def _may_matter(event: Event) -> bool:
    return event.type in {"member.joined", "purchase.recorded"} or event.type in _TAKEN_BACK


def _about(event: Event) -> UUID:
    return UUID(event.subject.partition("/")[2])


async def work_off(desk: Desk) -> None:
    """Decide on all news, end the return windows that are over, and hand over the rewards that were promised."""
    source = await source_of(desk)
    changed = await _all(desk, work.next_work, partial(_work, source))
    changed += await _all(desk, work.matured, partial(_end, source))
    changed += await _all(desk, gifts.gifts_due, partial(_give, source))
    if changed:
        log.info("referrals_decided", program_id=desk.program_id, changes=changed, run_id=str(desk.run_id))


async def _all(
    desk: Desk,
    find: Callable[[Connection, int, int], Awaitable[Sequence[T]]],
    do: Callable[[T, Tx], Awaitable[bool]],
) -> int:
    """Do all that there is to be done, each piece in a commit of its own; tells how many changed anything."""
    changed = 0
    while True:
        async with desk.database.reader() as connection:
            found = await find(connection, desk.program_id, _AT_ONCE)
        for piece in found:
            changed += await one(desk.database, partial(do, piece))
        if len(found) < _AT_ONCE:
            return changed


async def _work(source: Source, piece: Work, tx: Tx) -> bool:
    return await work_on(tx, source, piece)


async def _end(source: Source, referral_id: UUID, tx: Tx) -> bool:
    await end_window(tx, source, referral_id)
    return True


async def _give(source: Source, gift: Gift, tx: Tx) -> bool:
    await hand_over(tx, source, gift)
    return True
