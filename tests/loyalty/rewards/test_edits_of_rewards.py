"""Rewards that are edited, retired and offered again, against PostgreSQL: what was promised stays."""

import pytest

from loyalty.errors import EditedMeanwhile, Invalid
from loyalty.rewards.actions import edit_reward, set_offered
from loyalty.rewards.catalogue import find_redemption
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.refusals import (
    BelowWhatIsOut,
    OutOfStock,
    RewardRetired,
)
from tests.loyalty.rewards.offering import BY, edit, held, offer, told
from tests.stories import Shop


async def test_an_edit_counts_from_then_on_and_what_was_promised_stays(ann: Shop) -> None:
    program_id = ann.source.program.program_id
    mug = await offer(ann, "fixed_discount", {"amount_minor": 500})
    before = await held(ann, mug)
    dearer = NewOffer("fixed_discount", "Bowl", 20, {"amount_minor": 900})
    async with ann.database.writer() as connection, connection.transaction():
        bowl = await edit_reward(connection, program_id, mug.reward_id, 1, dearer, BY)
    assert (bowl.edition, bowl.name) == (2, "Bowl")
    after = await held(ann, bowl)
    async with ann.database.reader() as connection:
        shown = [await find_redemption(connection, ann.source, one) for one in (before, after)]
    assert [(one.name, one.points, one.value) for one in shown] == [("Mug", 10, "5.00"), ("Bowl", 20, "9.00")]
    assert await ann.rows("SELECT edition, actor, offer ->> 'name' FROM reward_edition ORDER BY edition") == [
        (1, "operator", "Mug"),
        (2, "user:1", "Bowl"),
    ]
    await ann.verified()


async def test_an_edit_of_what_was_edited_meanwhile_is_refused(ann: Shop) -> None:
    mug = await offer(ann)
    await edit(ann, mug, stock=3)
    with pytest.raises(EditedMeanwhile):
        await edit(ann, mug, stock=4)
    assert (await told(ann)).left == 3
    other = NewOffer("free_product", "Mug", 10, {"sku": "mug"})
    async with ann.database.writer() as connection:
        with pytest.raises(Invalid, match="stays one"):
            await edit_reward(connection, ann.source.program.program_id, mug.reward_id, 2, other, BY)


async def test_a_stock_below_what_is_out_is_refused(ann: Shop) -> None:
    mug = await offer(ann)
    for _ in range(3):
        await held(ann, mug, at_once=True)
    with pytest.raises(BelowWhatIsOut, match="3 of this reward are out"):
        await edit(ann, mug, stock=2)
    mug = await edit(ann, mug, stock=3)
    with pytest.raises(OutOfStock):
        await held(ann, mug)
    await held(ann, await edit(ann, mug, stock=4))


async def test_what_is_retired_can_be_offered_again(ann: Shop) -> None:
    mug, program_id = await offer(ann), ann.source.program.program_id
    waiting = await held(ann, mug)
    async with ann.database.writer() as connection, connection.transaction():
        gone = await set_offered(connection, program_id, mug.reward_id, BY, offered=False)
        assert await set_offered(connection, program_id, mug.reward_id, BY, offered=False) == gone
    with pytest.raises(RewardRetired):
        await held(ann, mug)
    await ann.capture(waiting)
    async with ann.database.writer() as connection, connection.transaction():
        await set_offered(connection, program_id, mug.reward_id, BY, offered=True)
    await held(ann, mug)
    await ann.verified()
