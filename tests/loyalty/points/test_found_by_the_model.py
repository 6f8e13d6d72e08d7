"""What the model found, told as short as it can be told."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

from loyalty.database import Tx, write
from loyalty.members.actions import adjust_points, erase, merge
from loyalty.members.adjustments import NewAdjustment
from loyalty.programs.policies import AfterDays, Policies
from tests.stories import Shop, joined, joining, wait


async def one(shop: Shop, verb: Callable[[Tx], Awaitable[Any]]) -> Any:  # noqa: ANN401
    async def alone(tx: Tx, _: object) -> list[Any]:
        return [await verb(tx)]

    return (await write(shop.database, alone, [None]))[0]


async def test_erasing_a_person_blanks_why_points_were_adjusted(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await one(
        shop,
        lambda tx: adjust_points(
            tx,
            shop.source,
            NewAdjustment("ann", 5, "her mother died"),
        ),
    )
    await one(shop, lambda tx: erase(tx, shop.source, shop.rules, "ann"))
    assert await shop.value("SELECT reason FROM adjustment") is None


async def test_a_joining_told_again_after_a_merge_gets_its_first_answer(shop: Shop) -> None:
    await shop.join(joining("ann", 0))
    first = joined((await shop.join(joining("bob", 5)))[0])
    await one(shop, lambda tx: merge(tx, shop.source, shop.rules, "bob", "ann"))
    again = joined((await shop.join(joining("bob", 5)))[0])
    assert again.replayed
    assert again.award == first.award


async def test_of_two_who_joined_at_once_each_gets_the_own_answer_after_a_merge(shop: Shop) -> None:
    first = joined((await shop.join(joining("ann", 5)))[0])
    await shop.join(joining("bob", 5))
    await one(shop, lambda tx: merge(tx, shop.source, shop.rules, "ann", "bob"))
    again = joined((await shop.join(joining("ann", 5)))[0])
    assert again.award == first.award


async def test_a_time_out_that_gives_back_to_a_lot_that_is_over_is_verified(
    shop: Shop, owner: asyncpg.Connection
) -> None:
    """The points come back to a lot that ended while they were held, and end there: in that order, both told."""
    shop.follow(Policies(expiry=AfterDays(1)))
    await shop.join(joining("ann"))
    await shop.adjust("ann", 30)
    await shop.redeem("ann", await shop.offer(20), hold_minutes=3 * 24 * 60)
    await wait(owner, days=5)
    await shop.adjust("ann", 1)
    assert await shop.balance("ann") == (1, 0)
    await shop.verified()
