"""Who stayed and who went: churn, the active base, the flow of customers, and leaving the programme."""

from datetime import date

import asyncpg
import pytest
from msgspec import structs

from kpi.actions import answer
from kpi.measure import measure_named
from loyalty.programs.policies import Policies
from tests.kpi.asking import MARCH, counts, figures
from tests.kpi.facts_told import buyer, facts
from tests.kpi.shop import Shop

# start, kept, new, and what share of those at the start were lost.
SOURCES = pytest.mark.parametrize(
    ("start", "kept", "new", "lost_percent"),
    [(750, 325, 625, 56.67), (80, 65, 25, 18.75)],
    ids=["750 at the start, 950 at the end, 625 of them new", "80 less 15 lost, plus 25 won, are 90"],
)


def period(start: int, kept: int, new: int) -> list[dict[str, object]]:
    rows = [buyer(100) for _ in range(kept)]
    rows += [{"before": True, "known": True} for _ in range(start - kept)]
    return rows + [{"buys": [(100, False)]} for _ in range(new)]


async def short_window(owner: asyncpg.Connection, days: int) -> Shop:
    """Open a shop in which a customer is active for so many days after a purchase."""
    shop = await Shop.open(owner)
    shop.program = structs.replace(shop.program, policies=Policies(activity_window_days=days))
    return shop


@SOURCES
def test_churn_is_the_lost_share_of_those_there_were(start: int, kept: int, new: int, lost_percent: float) -> None:
    segments = measure_named("churn_rate").outcome(facts(period(start, kept, new))).segments
    assert (segments["all"].num, segments["all"].den) == (start - kept, start)
    assert 100 * (segments["all"].value or 0) == pytest.approx(lost_percent, abs=0.005)


@SOURCES
def test_the_stock_counts_the_same_customers(start: int, kept: int, new: int, lost_percent: float) -> None:
    told = facts(period(start, kept, new))
    stock, lapse = (measure_named(key).outcome(told).segments["all"] for key in ("crr_stock", "lapse_rate"))
    assert (stock.num, stock.den) == (kept, start)
    assert (lapse.num, lapse.den) == (start - kept, start)
    assert 100 * (1 - (stock.value or 0)) == pytest.approx(lost_percent, abs=0.005)


@SOURCES
def test_the_flow_adds_up_from_start_to_end(start: int, kept: int, new: int, lost_percent: float) -> None:
    outcome = measure_named("base_flow").outcome(facts(period(start, kept, new)))
    flow = outcome.counts
    assert (flow["start"], flow["lost"], flow["retained"]) == (start, start - kept, kept)
    assert (flow["new"], flow["reactivated"], flow["end"]) == (new, 0, kept + new)
    assert flow["lost"] / flow["start"] == pytest.approx(lost_percent / 100, abs=0.00005)
    assert outcome.segments["all"].num == kept + new


async def test_the_flow_tells_each_step_for_each_status_at_the_start(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    stays, goes, back, member_goes, joiner = await shop.customers(5)
    await shop.joins(member_goes, "2026-01-01 12:00")
    for customer, days in (
        (stays, ["02-10", "03-10", "03-11"]),
        (goes, ["02-10"]),
        (back, ["01-10", "03-10"]),
        (member_goes, ["02-10"]),
        (joiner, ["03-10"]),
    ):
        for day in days:
            await shop.buys(customer, f"2026-{day} 12:00")
    # Joins at the purchase itself: new, and no member when the month began.
    await shop.joins(joiner, "2026-03-10 12:00")
    flow = (await figures(shop, "base_flow")).counts
    steps = ("start", "retained", "lost", "new", "reactivated", "end")
    assert [flow[step] for step in steps] == [3, 1, 2, 1, 1, 3]
    assert [flow[f"member_{step}"] for step in steps] == [1, 0, 1, 0, 0, 0]
    assert [flow[f"non_member_{step}"] for step in steps] == [2, 1, 1, 1, 1, 3]
    assert await counts(shop, "churn_rate") == {"all": (2, 3), "member": (1, 1), "non_member": (1, 2)}


async def test_the_active_base_looks_back_by_local_days_from_both_ends(owner: asyncpg.Connection) -> None:
    shop = await short_window(owner, 30)
    first, before, last, still = await shop.customers(4)
    # 30 days before 1 March is 30 January; before 1 April, 2 March.
    await shop.buys(first, "2026-01-30 00:00")
    await shop.buys(before, "2026-01-29 23:59:59.999999")
    await shop.buys(last, "2026-02-28 23:59:59.999999")
    await shop.buys(last, "2026-03-01 23:59:59.999999")
    await shop.buys(still, "2026-02-10 12:00")
    await shop.buys(still, "2026-03-02 00:00")
    assert (await counts(shop, "crr_stock"))["all"] == (1, 3)
    assert (await counts(shop, "lapse_rate"))["all"] == (2, 3)


@pytest.mark.parametrize(
    ("first", "reason"), [("2026-01-30 23:59:59", None), ("2026-01-31 00:00", "history_too_short")]
)
async def test_the_active_base_is_null_where_purchases_are_not_known_so_far_back(
    owner: asyncpg.Connection, first: str, reason: str | None
) -> None:
    shop = await short_window(owner, 30)
    customer = await shop.customer()
    await shop.buys(customer, first)
    await shop.buys(customer, "2026-03-10 12:00")
    for key in ("crr_stock", "lapse_rate"):
        told = await figures(shop, key)
        assert (told.reason.key if told.reason else None) == reason
        assert (told.segments["all"].value is None) == (reason is not None)


async def test_nobody_active_makes_a_null_without_a_reason(owner: asyncpg.Connection) -> None:
    shop = await short_window(owner, 30)
    await shop.buys(await shop.customer(), "2025-01-01 12:00")
    told = await figures(shop, "crr_stock")
    assert (told.segments["all"].num, told.segments["all"].den, told.segments["all"].value) == (0, 0, None)
    assert told.reason is None


async def test_a_change_of_the_window_changes_who_is_active(owner: asyncpg.Connection) -> None:
    shop = await short_window(owner, 30)
    customer = await shop.customer()
    await shop.buys(customer, "2025-02-01 12:00")
    await shop.buys(customer, "2026-01-10 12:00")
    assert (await counts(shop, "crr_stock"))["all"] == (0, 0)
    shop.program = structs.replace(shop.program, policies=Policies(activity_window_days=60))
    assert (await counts(shop, "crr_stock"))["all"] == (0, 1)
    shop.program = structs.replace(shop.program, policies=Policies(activity_window_days=365))
    assert (await counts(shop, "crr_stock"))["all"] == (1, 1)


async def test_leaving_counts_those_who_were_members_when_the_period_began(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    stays, leaves, at_start, at_end, comes_and_goes, returns = await shop.customers(6)
    await shop.joins(stays, "2026-01-01 12:00")
    await shop.joins(leaves, "2026-01-01 12:00", left="2026-03-15 12:00")
    await shop.joins(at_start, "2026-01-01 12:00", left="2026-03-01 00:00")
    await shop.joins(at_end, "2026-01-01 12:00", left="2026-04-01 00:00")
    await shop.joins(comes_and_goes, "2026-03-02 12:00", left="2026-03-20 12:00")
    await shop.joins(returns, "2026-01-01 12:00", left="2026-03-05 12:00")
    await shop.joins(returns, "2026-03-06 12:00")
    assert await counts(shop, "member_leave_rate") == {"all": (3, 5)}
    # Who returned is a member when April begins, who left at its first instant still is, and leaves in it.
    assert await counts(shop, "member_leave_rate", (date(2026, 4, 1), date(2026, 5, 1))) == {"all": (1, 3)}


async def test_without_members_nobody_can_leave(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-05 12:00")
    told = await answer(owner, shop.program, "member_leave_rate", *MARCH)
    assert (told.figures.segments["all"].den, told.figures.segments["all"].value) == (0, None)
