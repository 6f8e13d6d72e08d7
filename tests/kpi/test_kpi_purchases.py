"""Which purchases count, and for how much, case by case, from the rows."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import overview
from kpi.measure import Ratio
from tests.kpi.asking import KEYS, MARCH, counts, figures
from tests.kpi.shop import Shop


async def test_a_refund_lowers_the_basket_and_one_of_everything_undoes_the_purchase(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    partly, wholly = await shop.customers(2)
    await shop.refunds(await shop.buys(partly, "2026-03-02 12:00", 1000), 400)
    undone = await shop.buys(wholly, "2026-03-02 12:00", 1000)
    await shop.refunds(undone, 400)
    await shop.refunds(undone, 700)
    assert (await counts(shop, "aov"))["all"] == (600, 1)
    assert (await counts(shop, "orders_per_active"))["all"] == (1, 1)


async def test_an_undone_purchase_leaves_nobody_behind_who_had_bought_before(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    refunded, cancelled, free, test = await shop.customers(4)
    await shop.refunds(await shop.buys(refunded, "2026-02-02 12:00", 1000), 1000)
    await shop.cancels(await shop.buys(cancelled, "2026-02-02 12:00", 1000))
    await shop.buys(free, "2026-02-02 12:00", 0)
    await shop.buys(test, "2026-02-02 12:00", 1000, test=True)
    for key in KEYS:
        for month in ((date(2026, 2, 1), date(2026, 3, 1)), MARCH):
            assert (await figures(shop, key, month)).segments["all"] == Ratio(0, 0, None, None)


async def test_a_cancellation_after_a_refund_takes_what_was_left(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-02 12:00", 1000)
    await shop.refunds(purchase, 300)
    await shop.cancels(purchase)
    assert (await counts(shop, "aov"))["all"] == (0, 0)


@pytest.mark.parametrize(
    ("goods", "reward", "refund", "net"),
    [
        (1000, 1000, 0, 0),
        (1000, 300, 0, 700),
        (1000, 300, 500, 350),
        # kept 2 of 3, reward 1: 2 - 2/3 = 1.33
        (3, 1, 1, 1),
        # kept 1 of 3, reward 1: 1 - 1/3 = 0.67
        (3, 1, 2, 1),
        # kept 1 of 2, reward 1: 1 - 1/2 = 0.5, half up
        (2, 1, 1, 1),
        # 6e14 less two thirds: floating point would lose it.
        (900_000_000_000_001, 300_000_000_000_001, 1, 599_999_999_999_999),
    ],
)
async def test_a_reward_lowers_the_net_in_proportion_to_what_was_kept(
    owner: asyncpg.Connection, goods: int, reward: int, refund: int, net: int
) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-02 12:00", goods, reward=reward)
    if refund:
        await shop.refunds(purchase, refund)
    assert (await counts(shop, "aov"))["all"] == (net, 1)


async def test_a_basket_paid_wholly_with_a_reward_is_a_purchase(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-02-02 12:00")
    await shop.buys(customer, "2026-03-02 12:00", 800, reward=800)
    assert (await counts(shop, "retention_rate"))["all"] == (1, 1)
    assert (await counts(shop, "aov"))["all"] == (0, 1)


async def test_anonymous_purchases_are_non_members_money_and_nobodys_return(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-03-02 12:00", 500)
    for goods in (100, 300):
        await shop.buys(None, "2026-03-03 12:00", goods)
        await shop.buys(None, "2026-02-03 12:00", goods)
    await shop.refunds(await shop.buys(None, "2026-03-04 12:00", 900), 900)
    assert await counts(shop, "aov") == {"all": (900, 3), "member": (0, 0), "non_member": (900, 3)}
    assert (await counts(shop, "orders_per_active"))["all"] == (1, 1)
    assert (await counts(shop, "retention_rate"))["all"] == (0, 0)
    page = await overview(owner, shop.program, KEYS, *MARCH)
    assert (page.counted.purchases, page.counted.anonymous, page.counted.left_out) == (3, 2, 1)
    # Three clusters of one purchase each: 500, 100, 300, about their mean of 300.
    low, high = (await figures(shop, "aov")).segments["all"].ci95 or (0, 0)
    assert (low + high) / 2 == pytest.approx(300)
    assert high - low == pytest.approx(2 * 1.959963985 * 200 / 3**0.5)


async def test_a_purchase_of_which_only_a_refund_has_come_is_seen_by_nobody(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.refunds(await shop.awaits("early-1"), 500)
    page = await overview(owner, shop.program, KEYS, *MARCH)
    assert (page.counted.purchases, page.counted.left_out) == (0, 0)
