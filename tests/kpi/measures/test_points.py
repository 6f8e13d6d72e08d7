"""What is measured of points: by the instant at which they move, in the ledger's words."""

from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

from kpi.actions import answer, series
from kpi.answers import Figures
from kpi.measure import Ratio
from kpi.survival import kaplan_meier
from tests.kpi.shop import Shop
from tests.kpi.till import Till
from tests.seeds import seeds

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
APRIL = (date(2026, 4, 1), date(2026, 5, 1))


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


async def figures(till: Till, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> Figures:
    as_of = till.shop.at(known) if known else None
    return (await answer(till.shop.owner, till.shop.program, key, *days, as_of=as_of)).figures


async def figure(till: Till, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> Ratio:
    return (await figures(till, key, days, known)).segments["all"]


async def test_points_count_when_they_move_at_midnight_of_the_zone(till: Till) -> None:
    ada = await till.shop.customer()
    await till.moves(ada, "issue", 100, "2026-02-28 23:59:59")
    await till.moves(ada, "issue", 40, "2026-03-01 00:00")
    await till.moves(ada, "wait", 7, "2026-03-31 23:59:59.999999")
    await till.moves(ada, "mature", 7, "2026-04-02 00:00")
    await till.moves(ada, "issue", 1000, "2026-04-01 00:00")
    assert await figure(till, "points_issued") == Ratio(47, None, 47.0, None)
    # A stock, at the end: pending points are in it, those of the next day are not.
    assert (await figure(till, "points_outstanding")).num == 147
    assert (await figure(till, "points_outstanding", APRIL)).num == 1147


async def test_reversed_expired_and_clawed_back_points_are_movements_of_their_own(till: Till) -> None:
    ada = await till.shop.customer()
    await till.moves(ada, "issue", 500, "2026-03-02")
    await till.redeems(ada, 200, "2026-03-05")
    await till.moves(ada, "reverse", 50, "2026-03-06")
    await till.moves(ada, "expire", 30, "2026-03-10")
    await till.moves(ada, "forfeit", 20, "2026-03-11")
    await till.moves(ada, "claw_back", 60, "2026-03-12")
    await till.moves(ada, "hold", 40, "2026-03-13")
    redeemed, expired, issued = [
        await figures(till, key) for key in ("points_redeemed", "points_expired", "points_issued")
    ]
    assert (redeemed.segments["all"].num, redeemed.counts["restored"]) == (200, 50)
    assert (expired.segments["all"].num, expired.counts["forfeited"]) == (50, 20)
    assert (issued.segments["all"].num, issued.counts["clawed_back"]) == (500, 60)
    # 500 - 200 + 50 - 50 - 60; what is held for a reward is still the customer's.
    assert (await figure(till, "points_outstanding")).num == 240
    assert await figure(till, "points_redemption_rate") == Ratio(200, 500, 0.4, None)


async def test_what_customers_owe_is_told_beside_what_they_hold(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.moves(ada, "owe", 80, "2026-03-03")
    await till.moves(bob, "issue", 300, "2026-03-04")
    told = await figures(till, "points_outstanding")
    assert (told.segments["all"].num, told.counts["debt"]) == (300, 80)
    await till.moves(ada, "issue", 50, "2026-04-01")
    await till.moves(ada, "repay", 50, "2026-04-01")
    told = await figures(till, "points_outstanding", APRIL)
    assert (told.segments["all"].num, told.counts["debt"]) == (300, 30)


async def test_more_points_may_be_spent_than_are_given(till: Till) -> None:
    ada = await till.shop.customer()
    await till.moves(ada, "issue", 900, "2026-01-02")
    await till.moves(ada, "issue", 100, "2026-03-02")
    await till.redeems(ada, 250, "2026-03-05")
    assert (await figure(till, "points_redemption_rate")).value == 2.5
    assert await figure(till, "points_redemption_rate", APRIL) == Ratio(0, 0, None, None)


async def test_the_liability_has_the_cost_and_the_breakage_of_the_last_day(till: Till) -> None:
    ada = await till.shop.customer()
    await till.moves(ada, "issue", 1001, "2026-03-02")
    none = await figures(till, "points_liability")
    assert (none.segments["all"].value, none.counts["points"]) == (None, 1001)
    assert none.reason is not None
    assert none.reason.key == "no_point_cost"
    enter = dict[str, Any](cost_minor=Decimal("0.5"), breakage=Decimal("0.2"))
    await till.enters("kpi_point_cost", from_on=date(2026, 3, 31), recorded="2026-04-02", **enter)
    # 1001 x 0.5 x 0.8 = 400.4 cents
    assert await figure(till, "points_liability") == Ratio(400, None, 400.0, None)
    assert (await figures(till, "points_liability", (date(2026, 3, 1), date(2026, 3, 31)))).reason is not None
    # Told otherwise later: 1001 x 0.5 x 0.75 = 375.375; as of before, the old one stands.
    enter["breakage"] = Decimal("0.25")
    await till.enters("kpi_point_cost", from_on=date(2026, 3, 31), recorded="2026-05-02", **enter)
    assert (await figure(till, "points_liability")).num == 375
    assert (await figure(till, "points_liability", known="2026-04-10")).num == 400
    assert (await figure(till, "points_liability", known="2026-04-01")).value is None
    await till.enters("kpi_point_cost", from_on=date(2026, 3, 31), recorded="2026-05-03", withdrawn=True, **enter)
    assert (await figure(till, "points_liability")).value is None


async def test_a_movement_counts_as_soon_as_it_is_recorded_whenever_it_took_effect(till: Till) -> None:
    ada = await till.shop.customer()
    await till.shop.joins(ada, "2026-01-01")
    await till.shop.buys(ada, "2026-03-03")
    await till.moves(ada, "issue", 10, "2026-03-03", recorded="2026-04-20")
    await till.redeems(ada, 5, "2026-03-04", recorded="2026-04-21")
    for key, before, after in (
        ("points_issued", 0, 10),
        ("points_outstanding", 0, 5),
        ("points_redeemed", 0, 5),
        ("redeemer_share", 0, 1),
    ):
        assert (await figure(till, key, known="2026-04-19")).num == before
        assert (await figure(till, key, known="2026-04-22")).num == after


async def test_redeemers_are_asked_for_among_members_who_bought(till: Till) -> None:
    ada, bob, cora, dan = await till.shop.customers(4)
    for member in (ada, bob, cora):
        await till.shop.joins(member, "2026-02-01")
    for buyer in (ada, bob, dan):
        await till.shop.buys(buyer, "2026-03-05")
    await till.redeems(ada, 10, "2026-03-09")
    await till.redeems(bob, 10, "2026-04-09")
    await till.redeems(cora, 10, "2026-03-09")  # bought nothing
    share = await figure(till, "redeemer_share")
    assert (share.num, share.den, share.value) == (1, 2, 0.5)
    assert share.ci95 == pytest.approx(proportion_confint(1, 2, method="wilson"), abs=1e-6)


async def test_who_was_merged_redeemed_as_who_they_are_now(till: Till) -> None:
    ada, twin = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-02-01")
    await till.shop.buys(ada, "2026-03-05")
    await till.redeems(twin, 10, "2026-03-09")
    assert (await figure(till, "redeemer_share")).num == 0
    await till.shop.merges(twin, ada, at="2026-04-01")
    assert (await figure(till, "redeemer_share")).num == 1
    assert (await figure(till, "redeemer_share", known="2026-03-31")).num == 0


async def test_the_waiting_for_a_first_redemption_is_a_median_of_days(till: Till) -> None:
    """Joined on the 1st; redeemed after 10, 20, 30 days, left after 15, still watched after 60: 1, 4/5, 4/5·2/3, …"""
    people = await till.shop.customers(5)
    for n, person in enumerate(people):
        await till.shop.joins(person, "2026-03-01 12:00", left="2026-03-16 12:00" if n == 4 else None)
    for person, day in zip(people, ("2026-03-11", "2026-03-21", "2026-03-31 13:00"), strict=False):
        await till.redeems(person, 1, day if " " in day else f"{day} 12:00")
    told = await figures(till, "time_to_first_redemption", known="2026-04-30 12:00")
    # S: 0.8 at 10, 0.5333 at 20, 0.2667 at 30: the median is 30 days. After the change of clocks, 13:00 is 720 h.
    assert (told.segments["all"].num, told.segments["all"].den, told.segments["all"].value) == (3, 5, 30.0)
    assert {name: told.counts[name] for name in ("newcomers", "redeemed", "censored")} == {
        "newcomers": 5,
        "redeemed": 3,
        "censored": 2,
    }
    # Before the third redemption nobody knows the median.
    early = await figure(till, "time_to_first_redemption", known="2026-03-25")
    assert (early.num, early.den, early.value) == (2, 5, None)
    # Joining again makes no newcomer.
    await till.shop.joins(people[4], "2026-04-02")
    assert (await figure(till, "time_to_first_redemption", APRIL)).den == 0


async def test_a_series_of_points_is_the_single_answers(till: Till) -> None:
    ada = await till.shop.customer()
    for month, points in ((1, 5), (2, 70), (3, 900)):
        await till.moves(ada, "issue", points, f"2026-0{month}-15")
    line = await series(
        till.shop.owner, till.shop.program, "points_outstanding", "month", date(2026, 1, 1), date(2026, 4, 1)
    )
    assert [one.segments["all"].num for one in line.periods] == [5, 75, 975]


@pytest.mark.parametrize("seed", seeds(2, range(5)))
def test_the_median_and_its_interval_are_those_of_a_statistics_library(seed: int) -> None:
    random = np.random.default_rng(seed)
    # One is watched to the end: where nobody is left, the library takes the logarithm of 0.
    watched = np.append(random.integers(1, 60, 40), 60)
    happened = np.append(random.random(40) < 0.7, [False]).astype(np.int64)
    found = kaplan_meier(watched, happened)
    oracle = SurvfuncRight(watched, happened)
    assert found.median == oracle.quantile(0.5)
    assert found.ci95 == pytest.approx(oracle.quantile_ci(0.5, method="cloglog"))
    assert (found.n, found.events, found.censored) == (41, happened.sum(), 41 - happened.sum())


def test_nobody_and_everybody_at_once_have_no_interval_out_of_thin_air() -> None:
    nothing = kaplan_meier(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert (nothing.n, nothing.events, nothing.median, nothing.ci95) == (0, 0, None, None)
    at_once = kaplan_meier(np.array([3, 3]), np.array([1, 1]))
    assert (at_once.median, at_once.ci95) == (3.0, (3.0, 3.0))
