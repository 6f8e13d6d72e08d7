"""A holdout that begins, and its draw, meet sixteen who join: who joins is in no arm, or in the one that may."""

import asyncio
from datetime import timedelta
from uuid import UUID

from loyalty.clock import utc_now
from loyalty.database import Tx
from loyalty.holdouts.actions import start_holdout
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.holdouts.refusals import NotOffered
from loyalty.holdouts.tasks import draw_lots
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.members.decisions import Joined
from tests.stories import joining, purchase
from tests.together.crowd import CALLERS, Crowd
from tests.together.verbs import tell

HALF = CALLERS // 2


async def test_whoever_joins_while_a_holdout_begins_or_is_drawn_is_where_the_lot_has_them(crowd: Crowd) -> None:
    program_id = crowd.shop.source.program.program_id
    names = [f"c{number}" for number in range(3 * CALLERS)]
    for name in names:
        await crowd.shop.buy(purchase(name, 1000, name, on=-9))

    async def begin(tx: Tx) -> HoldoutFacts:
        async with tx.connection.transaction():
            return await start_holdout(
                tx.connection, crowd.shop.source.program, "user:somebody", holdout_bp=5000, weeks=4
            )

    # Some have read before its row is there, and are written after it.
    early = names[: CALLERS - 1]
    answers = await crowd.at_once(begin, *(tell(crowd.shop, joining(name)) for name in early), after_read=True)
    assert all(isinstance(answer, Joined) for answer in answers[1:])
    holdout_id: UUID = answers[0].holdout_id

    # It has begun; one half meets it before the draw, the other while it is drawn.
    await crowd.owner.execute("UPDATE program SET mode = 'test'")
    await crowd.be(-timedelta(seconds=1), for_the=answers[0].started_at)
    first, second = names[CALLERS:][:HALF], names[CALLERS:][HALF:CALLERS]
    joined = await crowd.at_once(*(tell(crowd.shop, joining(name)) for name in first), after_read=False)
    await crowd.be(-timedelta(seconds=20), for_the=answers[0].started_at)
    desk = Desk(crowd.shop.database, program_id, new_id(), 1, utc_now())
    meeting = crowd.at_once(*(tell(crowd.shop, joining(name)) for name in second), after_read=True)
    later, _ = await asyncio.gather(meeting, draw_lots(desk))

    rows = await crowd.owner.fetch(
        "SELECT external_id, arm FROM holdout_arm JOIN customer_alias USING (program_id, customer_id)"
        " WHERE holdout_id = $1",
        holdout_id,
    )
    arms = {row["external_id"]: row["arm"] for row in rows}
    assert set(arms) == set(names) - set(early)
    for name, answer in zip((*first, *second), (*joined, *later), strict=True):
        assert isinstance(answer, NotOffered if arms[name] == "held_out" else Joined), (name, answer)
    assert 0 < list(arms.values()).count("held_out") < len(arms)
