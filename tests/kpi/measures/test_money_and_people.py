"""How many, how much, and whose: counts, revenue, spend, shares, and what new members do."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import answer
from kpi.measure import Ratio, measure_named
from tests.kpi.asking import MARCH, counts, figures
from tests.kpi.facts_told import facts
from tests.kpi.shop import Shop


def test_12_000_euros_are_80_a_basket_60_a_member_and_240_an_active_member() -> None:
    told = facts(
        [{"member": True, "buys": [(8000, True)] * 3} for _ in range(50)] + [{"member": True} for _ in range(150)]
    )
    basket, active = (measure_named(key).outcome(told).segments["member"] for key in ("aov", "spend_per_active"))
    member = measure_named("spend_per_member").outcome(told).segments["all"]
    assert (basket.num, basket.den, basket.value) == (1_200_000, 150, 8_000)
    assert (member.num, member.den, member.value) == (1_200_000, 200, 6_000)
    assert (active.num, active.den, active.value) == (1_200_000, 50, 24_000)


async def test_spend_per_member_asks_the_members_at_the_end(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    buyer, silent, leaver, at_end, late = await shop.customers(5)
    await shop.joins(buyer, "2026-03-05 12:00")
    await shop.joins(silent, "2026-01-01 12:00")
    await shop.joins(leaver, "2026-01-01 12:00", left="2026-03-20 12:00")
    await shop.joins(at_end, "2026-01-01 12:00", left="2026-04-01 00:00")
    await shop.joins(late, "2026-04-01 00:00")
    await shop.buys(buyer, "2026-03-04 12:00", 10_000)
    await shop.buys(buyer, "2026-03-05 12:00", 100)
    await shop.buys(leaver, "2026-03-06 12:00", 20)
    # The leaver's purchase is a member's; at the end there are three members.
    told = (await figures(shop, "spend_per_member")).segments
    assert {name: (ratio.num, ratio.den) for name, ratio in told.items()} == {"all": (120, 3)}
    # Terms of 60, -40, -40 and, of the leaver who is in the sum alone, 20.
    squares = 60**2 + 2 * 40**2 + 20**2
    margin = 1.959963984540054 * (squares * 3 / 2) ** 0.5 / 3
    assert told["all"].ci95 == pytest.approx((max(0, 40 - margin), 40 + margin))


async def test_without_a_member_at_the_end_there_is_no_spend_per_member(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-03-01 12:00", left="2026-03-20 12:00")
    await shop.buys(customer, "2026-03-05 12:00")
    assert (await figures(shop, "spend_per_member")).segments == {"all": Ratio(0, 0, None, None)}


async def test_counts_have_no_denominator_and_anonymous_purchases_only_where_money_is(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    joiner, old = await shop.customers(2)
    await shop.buys(old, "2025-01-10 12:00")
    await shop.buys(old, "2026-03-10 12:00", 100)
    await shop.buys(joiner, "2026-03-10 12:00", 10)
    await shop.joins(joiner, "2026-03-11 12:00")
    await shop.buys(joiner, "2026-03-11 12:00", 1)
    await shop.buys(None, "2026-03-12 12:00", 1000)
    await shop.buys(old, "2026-03-13 12:00", 0)
    assert await counts(shop, "orders") == {"all": (4, None), "member": (1, None), "non_member": (3, None)}
    assert await counts(shop, "revenue") == {"all": (1111, None), "member": (1, None), "non_member": (1110, None)}
    assert await counts(shop, "active_customers") == {"all": (2, None), "member": (1, None), "non_member": (2, None)}
    assert (await figures(shop, "active_customers")).counts["overlap"] == 1
    assert await counts(shop, "new_customers") == {"all": (1, None), "member": (1, None), "non_member": (1, None)}
    assert (await figures(shop, "new_customers")).counts["overlap"] == 1
    assert await counts(shop, "member_order_share") == {"all": (1, 4)}
    assert await counts(shop, "member_revenue_share") == {"all": (1, 1111)}
    assert await counts(shop, "identified_order_share") == {"all": (3, 4)}
    assert (await counts(shop, "spend_per_active"))["all"] == (111, 2)


async def test_a_month_paid_with_rewards_has_purchases_and_no_share_of_revenue(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-10 12:00", 500, reward=500)
    assert await counts(shop, "orders") == {"all": (1, None), "member": (0, None), "non_member": (1, None)}
    assert (await figures(shop, "member_revenue_share")).segments == {"all": Ratio(0, 0, None, None)}


@pytest.mark.parametrize(("first", "censored"), [("2025-03-01 23:59:59", 0), ("2025-03-02 00:00", 1)])
async def test_new_customers_of_the_datas_first_year_are_marked(
    owner: asyncpg.Connection, first: str, censored: int
) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), first)
    await shop.buys(await shop.customer(), "2026-03-10 12:00")
    told = await figures(shop, "new_customers")
    assert (told.segments["all"].num, told.counts["left_censored"]) == (1, censored)


async def test_enrolment_asks_who_bought_as_a_non_member(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    joiner, at_first, never, member = await shop.customers(4)
    for customer, at in ((at_first, "2026-03-05 12:00"), (joiner, "2026-03-06 12:00"), (member, "2026-02-01 12:00")):
        await shop.joins(customer, at)
    for customer in (joiner, at_first, never, member):
        await shop.buys(customer, "2026-03-05 12:00")
    await shop.buys(None, "2026-03-05 12:00")
    assert await counts(shop, "enrolment_rate") == {"all": (1, 2)}


async def test_first_days_run_from_joining_by_the_clock_on_the_wall(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner, "Europe/Paris")
    at_once, last, too_late, before, twice = await shop.customers(5)
    # 30 days over the change to summer time, which is 719 hours.
    for customer, joined, bought in (
        (at_once, "2026-03-05 12:00", "2026-03-05 12:00"),
        (last, "2026-03-05 12:00", "2026-04-04 12:00"),
        (too_late, "2026-03-05 12:00", "2026-04-04 12:00:00.000001"),
        (before, "2026-03-05 12:00", "2026-03-05 11:59:59.999999"),
    ):
        await shop.joins(customer, joined)
        await shop.buys(customer, bought)
    # The first joining of the period counts.
    await shop.joins(twice, "2026-03-01 00:00", left="2026-03-02 12:00")
    await shop.joins(twice, "2026-03-31 12:00")
    await shop.buys(twice, "2026-03-31 12:00")
    assert await counts(shop, "first_30d_conversion") == {"all": (2, 5)}
    await shop.buys(twice, "2026-03-30 23:59:59")
    assert await counts(shop, "first_30d_conversion") == {"all": (3, 5)}


async def test_who_joined_less_than_30_days_ago_cannot_be_asked_yet(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    early, late = await shop.customers(2)
    for customer, at in ((early, "2026-03-01 12:00"), (late, "2026-03-20 12:00")):
        await shop.joins(customer, at, recorded=at)
        await shop.buys(customer, at, recorded=at)

    async def told(at: str) -> tuple[Ratio, int, str | None]:
        known = await answer(owner, shop.program, "first_30d_conversion", *MARCH, as_of=shop.at(at))
        figures = known.figures
        return figures.segments["all"], figures.counts["immature"], figures.reason.key if figures.reason else None

    assert await told("2026-03-31 11:59:59.999999") == (Ratio(0, 0, None, None), 2, "immature")
    ratio, immature, reason = await told("2026-03-31 12:00")
    assert (ratio.num, ratio.den, immature, reason) == (1, 1, 1, None)
    ratio, immature, reason = await told("2026-04-19 12:00")
    assert (ratio.num, ratio.den, immature, reason) == (2, 2, 0, None)
    # Before anybody was known to have joined there is nobody to wait for.
    assert await told("2026-02-28 12:00") == (Ratio(0, 0, None, None), 0, None)


@pytest.mark.parametrize("key", ["spend_per_member", "crr_stock", "new_customers", "first_30d_conversion"])
@pytest.mark.parametrize("days", [(date(1900, 1, 1), date(1900, 1, 2)), (date(9999, 12, 30), date(9999, 12, 31))])
async def test_the_ends_of_the_calendar_have_what_is_beside_them(
    owner: asyncpg.Connection, key: str, days: tuple[date, date]
) -> None:
    for timezone in ("Pacific/Kiritimati", "Pacific/Niue"):
        shop = await Shop.open(owner, timezone)
        told = await answer(owner, shop.program, key, *days)
        assert told.figures.segments["all"].num == 0
