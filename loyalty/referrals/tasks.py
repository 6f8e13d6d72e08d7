"""What the worker does about referrals: it notes the news that may concern one, and works it off friend by friend.

The consumer only notes: what a referral becomes is decided under the guards of two accounts, in a commit of its own.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Tx, one
from loyalty.jobs.job import Desk
from loyalty.outbox.facts import Event
from loyalty.points.tasks import source_of
from loyalty.programs.facts import Source
from loyalty.referrals import queries
from loyalty.referrals.actions import end_window, work_on
from loyalty.referrals.queries import Work

CONSUMER = "referrals"
_AT_ONCE = 100
_TAKEN_BACK = frozenset({"purchase.refunded", "purchase.cancelled", "purchase.edited", "purchase.claimed"})
log = structlog.get_logger("loyalty.referrals")


async def note_news(tx: Tx, program_id: int, events: Sequence[Event]) -> None:
    """Note joinings and purchases with a code, and what happens to purchases of those who are friends already."""
    news = [e for e in events if e.customer_id is not None and _may_matter(e)]
    if not news:
        return
    joinings = [_about(e) for e in news if e.type == "member.joined"]
    purchases = [_about(e) for e in news if e.type != "member.joined"]
    told = await queries.codes_told(tx.connection, program_id, joinings, purchases)
    friends = await queries.friends_among(tx.connection, program_id, [e.customer_id for e in news if e.customer_id])
    # A joining of this very batch makes a friend of whoever buys after it.
    friends |= {e.customer_id for e in news if e.customer_id and e.type == "member.joined" and _about(e) in told}
    wanted = [e for e in news if _about(e) in told or (e.type != "member.joined" and e.customer_id in friends)]
    if wanted:
        await queries.note(tx.connection, program_id, wanted)


def _may_matter(event: Event) -> bool:
    return event.type in {"member.joined", "purchase.recorded"} or event.type in _TAKEN_BACK


def _about(event: Event) -> UUID:
    return UUID(event.subject.partition("/")[2])


async def work_off(desk: Desk) -> None:
    """Decide on all news, then end the return windows that are over."""
    source, changed = await source_of(desk), 0
    while True:
        async with desk.database.reader() as connection:
            works = await queries.next_work(connection, desk.program_id, _AT_ONCE)
        for work in works:
            changed += await one(desk.database, partial(_work, source, work))
        if len(works) < _AT_ONCE:
            break
    while True:
        async with desk.database.reader() as connection:
            over = await queries.matured(connection, desk.program_id, _AT_ONCE)
        for referral_id in over:
            await one(desk.database, partial(_end, source, referral_id))
        changed += len(over)
        if len(over) < _AT_ONCE:
            break
    if changed:
        log.info("referrals_decided", program_id=desk.program_id, changes=changed, run_id=str(desk.run_id))


async def _work(source: Source, work: Work, tx: Tx) -> bool:
    return await work_on(tx, source, work)


async def _end(source: Source, referral_id: UUID, tx: Tx) -> None:
    await end_window(tx, source, referral_id)
