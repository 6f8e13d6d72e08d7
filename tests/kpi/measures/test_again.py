"""Who buys again, and after how long: returning, repeating, the time between purchases, and how often."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import answer
from tests.kpi.asking import MARCH, counts, figures
from tests.kpi.shop import Shop

DAY = 86_400


async def test_who_came_back_within_the_period_returned_and_so_did_who_came_before(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    once, twice, long_ago = await shop.customers(3)
    await shop.buys(once, "2026-03-05 12:00")
    await shop.buys(twice, "2026-03-05 12:00")
    await shop.buys(twice, "2026-03-05 12:00")
    await shop.buys(long_ago, "2019-01-01 12:00")
    await shop.buys(long_ago, "2026-03-05 12:00")
    assert (await counts(shop, "returning_customer_rate"))["all"] == (2, 3)
    assert (await counts(shop, "repeat_purchase_rate"))["all"] == (1, 3)
    assert (await counts(shop, "reorder_rate"))["all"] == (1, 3)


async def test_the_first_purchase_as_a_member_is_a_return_of_who_bought_before_joining(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-03-05 12:00")
    await shop.joins(customer, "2026-03-06 12:00")
    await shop.buys(customer, "2026-03-06 12:00")
    # Rank counts over all purchases; two of one status are needed to have bought twice under it.
    assert await counts(shop, "returning_customer_rate") == {"all": (1, 1), "member": (1, 1), "non_member": (0, 1)}
    assert await counts(shop, "repeat_purchase_rate") == {"all": (1, 1), "member": (0, 1), "non_member": (0, 1)}


async def test_neither_anonymous_nor_undone_purchases_make_anybody_return(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-03-05 12:00")
    await shop.buys(None, "2026-03-06 12:00")
    await shop.buys(customer, "2026-03-06 12:00", 0)
    await shop.cancels(await shop.buys(customer, "2026-03-07 12:00"))
    await shop.refunds(await shop.buys(customer, "2026-02-07 12:00", 900), 900)
    for key in ("returning_customer_rate", "repeat_purchase_rate"):
        assert (await counts(shop, key))["all"] == (0, 1)
    assert (await counts(shop, "days_between_purchases"))["all"] == (0, 0)


async def test_gaps_belong_to_the_later_purchase_and_to_its_status(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer, other = await shop.customers(2)
    await shop.joins(customer, "2026-03-10 12:00")
    # Gaps of 30 days into the period, then of 2 as a member; the one after the period is April's.
    for at in ("2026-02-06 12:00", "2026-03-08 12:00", "2026-03-10 12:00", "2026-04-02 12:00"):
        await shop.buys(customer, at)
    for at in ("2026-03-01 00:00", "2026-03-07 12:00"):
        await shop.buys(other, at)
    told = await figures(shop, "days_between_purchases")
    assert {name: (ratio.num, ratio.den) for name, ratio in told.segments.items()} == {
        "all": (int(38.5 * DAY), 3),
        "member": (2 * DAY, 1),
        "non_member": (int(36.5 * DAY), 2),
    }
    assert told.segments["all"].value == pytest.approx(38.5 / 3)
    assert told.difference.value == pytest.approx(2 - 18.25)
    assert {name: one.median for name, one in told.distributions.items()} == {
        "all": 6.5,
        "member": 2.0,
        "non_member": 18.25,
    }
    assert [day for day, n in enumerate(told.distributions["all"].by_day) if n] == [2, 6, 30]


async def test_a_gap_that_ends_at_midnight_is_the_new_days(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    for at in ("2026-02-27 23:59:59", "2026-02-28 23:59:59", "2026-03-01 00:00", "2026-04-01 00:00"):
        await shop.buys(customer, at)
    assert (await counts(shop, "days_between_purchases"))["all"] == (1, 1)


async def test_long_gaps_stand_in_the_last_place_and_those_of_one_instant_in_the_first(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    customer, patient = await shop.customers(2)
    for at in ("2026-03-05 12:00", "2026-03-05 12:00", "2026-03-06 11:59:59.999999"):
        await shop.buys(customer, at)
    # 180 days and 23 hours, as the clocks go back in October; then 113 days and 2 hours.
    for at in ("2025-06-07 12:00", "2025-12-05 10:00", "2026-03-28 12:00"):
        await shop.buys(patient, at)
    await shop.buys(await shop.customer(), "2026-03-07 12:00")
    months = (date(2025, 12, 1), date(2026, 4, 1))
    by_day = (await figures(shop, "days_between_purchases", months)).distributions["all"].by_day
    assert len(by_day) == 182
    assert {day: n for day, n in enumerate(by_day) if n} == {0: 2, 113: 1, 180: 1}
    late = await shop.customer()
    # 181 days and an hour.
    for at in ("2025-09-10 12:00", "2026-03-10 12:00"):
        await shop.buys(late, at)
    by_day = (await figures(shop, "days_between_purchases", months)).distributions["all"].by_day
    assert by_day[181] == 1


async def test_a_gap_over_a_change_of_the_clocks_is_measured_in_time_that_passed(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner, "Europe/Paris")
    customer = await shop.customer()
    # From noon to noon over the night of 29 March 2026: 23 hours.
    for at in ("2026-03-28 12:00", "2026-03-29 12:00"):
        await shop.buys(customer, at)
    assert (await counts(shop, "days_between_purchases"))["all"] == (23 * 3600, 1)


async def test_merged_customers_have_the_gaps_of_one_person(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    old, new = await shop.customers(2)
    await shop.buys(old, "2026-03-01 12:00")
    await shop.buys(new, "2026-03-04 12:00")
    assert (await counts(shop, "days_between_purchases"))["all"] == (0, 0)
    await shop.merges(old, new, at="2026-03-20 12:00")
    assert (await counts(shop, "days_between_purchases"))["all"] == (3 * DAY, 1)
    before = await answer(owner, shop.program, "days_between_purchases", *MARCH, as_of=shop.at("2026-03-19 12:00"))
    assert before.figures.segments["all"].den == 0


@pytest.mark.parametrize(
    ("days", "purchases", "months"),
    [
        (MARCH, 2, 1),
        ((date(2026, 1, 1), date(2026, 4, 1)), 6, 3),
        ((date(2026, 3, 1), date(2026, 3, 16)), 1, 15 / 30.4375),
    ],
)
async def test_the_frequency_is_by_month_whatever_the_period(
    owner: asyncpg.Connection, days: tuple[date, date], purchases: int, months: float
) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    for month in (1, 2, 3):
        for day in (5, 20):
            await shop.buys(customer, f"2026-{month:02}-{day:02} 12:00")
    await shop.buys(None, "2026-03-06 12:00")
    told = (await figures(shop, "purchase_frequency", days)).segments["all"]
    assert (told.num, told.den) == (purchases, 1)
    assert told.value == pytest.approx(purchases / months)
