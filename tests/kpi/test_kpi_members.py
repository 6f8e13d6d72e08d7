"""Who counts as a member, and who is asked, case by case, from the rows."""

from datetime import date

import asyncpg

from kpi.actions import series
from tests.kpi.asking import counts, figures
from tests.kpi.shop import Shop


async def test_someone_who_joins_in_the_period_stays_a_non_member(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-02-10 12:00")
    await shop.joins(customer, "2026-03-05 09:00")
    await shop.buys(customer, "2026-03-06 12:00")
    for key in ("retention_rate", "loyal_conversion"):
        assert await counts(shop, key) == {"all": (1, 1), "member": (0, 0), "non_member": (1, 1)}
    assert (await figures(shop, "retention_rate")).counts == {"joiners": 1, "overlap": 0}
    assert await counts(shop, "orders_per_active") == {"all": (1, 1), "member": (1, 1), "non_member": (0, 0)}


async def test_joining_at_the_very_midnight_of_the_start_is_not_before_it(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    at_midnight, before = await shop.customers(2)
    for customer, joined in ((at_midnight, "2026-03-01 00:00"), (before, "2026-02-28 23:59:59.999999")):
        await shop.buys(customer, "2026-02-10 12:00")
        await shop.joins(customer, joined)
    assert await counts(shop, "loyal_conversion") == {"all": (0, 2), "member": (0, 1), "non_member": (0, 1)}
    assert (await figures(shop, "loyal_conversion")).counts["joiners"] == 1


async def test_leaving_at_the_very_midnight_of_the_start_is_not_before_it(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    at_midnight, before = await shop.customers(2)
    for customer, left in ((at_midnight, "2026-03-01 00:00"), (before, "2026-02-28 23:59:59.999999")):
        await shop.buys(customer, "2026-02-10 12:00")
        await shop.joins(customer, "2026-01-01 12:00", left=left)
    assert await counts(shop, "loyal_conversion") == {"all": (0, 2), "member": (0, 1), "non_member": (0, 1)}


async def test_joining_at_the_very_instant_of_a_purchase_makes_it_a_members(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    early, exact = await shop.customers(2)
    await shop.joins(early, "2026-03-10 12:00:00.000001")
    await shop.joins(exact, "2026-03-10 12:00")
    for customer, goods in ((early, 700), (exact, 900)):
        await shop.buys(customer, "2026-03-10 12:00", goods)
    assert await counts(shop, "aov") == {"all": (1600, 2), "member": (900, 1), "non_member": (700, 1)}


async def test_leaving_at_the_very_instant_of_a_purchase_makes_it_a_non_members(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-01-01 12:00", left="2026-03-10 12:00")
    await shop.buys(customer, "2026-03-10 11:59:59.999999", 300)
    await shop.buys(customer, "2026-03-10 12:00", 500)
    assert await counts(shop, "aov") == {"all": (800, 2), "member": (300, 1), "non_member": (500, 1)}
    assert (await figures(shop, "aov")).counts == {"joiners": 0, "overlap": 1}


async def test_who_left_and_came_back_is_a_member_only_in_between(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-01-10 12:00", left="2026-02-10 12:00")
    await shop.joins(customer, "2026-03-10 12:00")
    for day, goods in (("2026-01-20", 1), ("2026-02-20", 10), ("2026-03-05", 100), ("2026-03-20", 1000)):
        await shop.buys(customer, f"{day} 12:00", goods)
    months = await series(owner, shop.program, "aov", "month", date(2026, 1, 1), date(2026, 4, 1))
    told = [(m.segments["member"].num, m.segments["non_member"].num, m.counts["joiners"]) for m in months.periods]
    assert told == [(1, 0, 1), (0, 10, 0), (1000, 100, 1)]
    stock = await series(owner, shop.program, "loyal_conversion", "month", date(2026, 1, 1), date(2026, 5, 1))
    assert [m.segments["member"].den for m in stock.periods] == [0, 1, 0, 1]


async def test_members_who_never_bought_are_asked_too(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    silent, buyer, other = await shop.customers(3)
    await shop.joins(silent, "2026-01-01 12:00")
    await shop.joins(buyer, "2026-01-01 12:00")
    await shop.buys(buyer, "2026-03-02 12:00")
    await shop.buys(other, "2026-02-02 12:00")
    assert await counts(shop, "loyal_conversion") == {"all": (1, 3), "member": (1, 2), "non_member": (0, 1)}


async def test_non_members_are_asked_for_conversion_only_if_they_had_bought_before(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    long_ago, new, _unseen = await shop.customers(3)
    await shop.buys(long_ago, "2019-01-01 12:00")
    await shop.buys(new, "2026-03-05 12:00")
    assert await counts(shop, "loyal_conversion") == {"all": (0, 1), "member": (0, 0), "non_member": (0, 1)}
    assert await counts(shop, "retention_rate") == {"all": (0, 0), "member": (0, 0), "non_member": (0, 0)}


async def test_two_merged_customers_are_one_person(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    old, middle, new = await shop.customers(3)
    await shop.buys(old, "2026-02-02 12:00")
    await shop.buys(middle, "2026-02-03 12:00")
    await shop.joins(old, "2026-02-20 12:00")
    await shop.buys(new, "2026-03-02 12:00")
    await shop.merges(middle, new, at="2026-03-20 12:00")
    await shop.merges(old, middle, at="2026-03-19 12:00")
    assert await counts(shop, "retention_rate") == {"all": (1, 1), "member": (1, 1), "non_member": (0, 0)}
