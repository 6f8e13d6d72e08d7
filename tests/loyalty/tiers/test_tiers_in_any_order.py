"""The same purchases and refunds in any order count the same, and two at once lift a customer once."""

from random import Random
from uuid import uuid4

import pytest
from msgspec.structs import replace

from loyalty.jobs.job import Desk
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from loyalty.tiers.tasks import review
from tests.stories import Shop, cancellation, joining, purchase, recorded, refund
from tests.together.meeting import Meeting

SCHEME = {
    "counts": "money_spent",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 10_000}],
}
DAYS = """SELECT day - date '2025-03-01', points, spent_minor FROM tier_day JOIN customer_alias
  USING (program_id, customer_id) WHERE external_id = $1 AND (points <> 0 OR spent_minor <> 0) ORDER BY day"""
CHANGES = """SELECT tier_to FROM tier_change t JOIN customer_alias USING (program_id, customer_id)
  WHERE external_id = $1 ORDER BY t.seq"""


async def publish(shop: Shop, **other: object) -> None:
    async with shop.database.writer() as connection, connection.transaction():
        await publish_scheme(connection, shop.source.program, scheme_from(SCHEME | other), "test")


async def night(shop: Shop) -> None:
    await review(Desk(shop.database, shop.source.program.program_id, uuid4(), 1, shop.source.program.created_at))


def story(name: str) -> list[NewPurchase | NewRefund]:
    """Tell the same of everybody: what is kept is 84.01 on day 1, and 12.99 on day 3."""
    return [
        replace(purchase(f"{name} a", 8401, name, on=1), reward_discount_minor=0),
        replace(purchase(f"{name} b", 5000, name, on=1.1), reward_discount_minor=1000),
        purchase(f"{name} c", 3299, name, on=3),
        purchase(f"{name} d", 700, name, on=400, test=True),
        refund(f"{name} b", "one", 2500, on=4),
        refund(f"{name} b", "two", 9999, on=5),
        refund(f"{name} c", "three", 2000, on=2),
        cancellation(f"{name} d"),
    ]


@pytest.mark.parametrize("published", ["before", "between", "after"])
async def test_any_order_of_the_same_news_counts_the_same(shop: Shop, published: str) -> None:
    names = [f"customer {number}" for number in range(6)]
    if published == "before":
        await publish(shop)
    for number, name in enumerate(names):
        news: list[object] = [joining(name, on=-1), *story(name)]
        Random(number).shuffle(news)  # noqa: S311 - any order
        for item in news:
            await shop.tell(item)  # type: ignore[arg-type]
        if number == 2 and published == "between":
            await publish(shop)
    if published == "after":
        await publish(shop)
    await night(shop)
    expected = [(1, 84, 8401), (3, 12, 1299)]
    assert [await shop.rows(DAYS, name) for name in names] == [expected] * len(names)
    await shop.verified()


@pytest.mark.parametrize("after_read", [False, True])
async def test_two_purchases_at_once_reach_a_tier_once(shop: Shop, after_read: bool) -> None:  # noqa: FBT001
    await publish(shop)
    meeting = Meeting(shop)
    for number in range(8):
        name = f"customer {number}"
        await shop.join(joining(name, on=-1))
        await shop.buy(purchase(f"{name} first", 4000, name))
        batches = [[purchase(f"{name} {place}", 7000, name, on=1)] for place in ("left", "right")]
        outcomes = await meeting.race(*batches, after_read=after_read)
        assert all(recorded(one) for batch in outcomes for one in batch)
        assert await shop.rows(CHANGES, name) == [("gold",)]
        assert await shop.rows(DAYS, name) == [(0, 40, 4000), (1, 140, 14000)]
    await shop.verified()


async def test_a_review_beside_purchases_writes_each_change_once(shop: Shop) -> None:
    await publish(shop, tiers=[])
    names = [f"customer {number}" for number in range(20)]
    await shop.join(*(joining(name, on=-1) for name in names))
    await shop.buy(*(purchase(f"{name} first", 9000, name) for name in names))
    await publish(shop)
    meeting = Meeting(shop)
    batches = [[purchase(f"{name} second", 2000, name, on=1)] for name in names[:4]]
    await meeting.race(*batches, after_read=False)
    await night(shop)
    await night(shop)
    assert [await shop.rows(CHANGES, name) for name in names[:5]] == [[("gold",)]] * 4 + [[]]
    await shop.verified()
