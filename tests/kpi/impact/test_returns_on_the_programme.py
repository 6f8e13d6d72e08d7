"""The return on the programme: the sum of docs/impact.md, and the same from purchases, points and what was entered."""

from datetime import date
from decimal import Decimal

import asyncpg
import pytest

from kpi.impact.accounting import read_account
from kpi.impact.returns import Costs, Gain, Return, Sales
from kpi.periods import Days
from tests.kpi.shop import Shop
from tests.kpi.till import Till

DAYS = Days(date(2026, 3, 1), date(2026, 5, 30))
GAIN = Gain("estimated", 1700.0, (600.0, 2800.0), DAYS)
SALES = Sales(net=980_000, rewards=20_000, profit=380_000)


def test_the_sum_of_the_page() -> None:
    told = Return(GAIN, 100, SALES, Costs(rewards=25_000, liability=10_000, running=5_000))
    assert SALES.margin == pytest.approx(0.4)
    assert told.won(GAIN.value) == pytest.approx(76_000)
    assert told.value == pytest.approx(0.9)
    assert told.ci95 == pytest.approx((-0.2, 2.0))


def test_nothing_spent_and_nothing_sold_have_no_return() -> None:
    free = Return(GAIN, 100, SALES, Costs(0, -100, 50))
    assert (free.value, free.ci95) == (None, None)
    assert Return(GAIN, 100, Sales(0, 0, 0), Costs(0, 0, 50)).value == -1


async def test_a_return_is_read_from_the_figures_of_the_same_days(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    till, (early, late) = Till(shop), await shop.customers(2)
    await shop.joins(early, "2026-02-01")
    await shop.joins(late, "2026-04-01")
    for who, day, goods, reward in ((early, "2026-03-10", 10_000, 0), (late, "2026-04-10", 10_000, 500)):
        bought = await shop.buys(who, day, goods, reward=reward)
        await till.lines(bought, {"sku": "tea", "amount_minor": goods})
    await till.costs("tea", "2026-01-01", 6_000)
    # 100 points are owed before the first day and 350 at the end, of which a fifth never comes back.
    await till.moves(early, "issue", 100, "2026-02-10")
    await till.moves(late, "issue", 250, "2026-04-10")
    # On the day before and after, nothing counts.
    for day in ("2026-02-28", "2026-05-30"):
        await till.spends("running", day, 9_999)

    async def why() -> set[str]:
        return {one.key for one in (await read_account(owner, shop.program, GAIN)).missing}

    assert await why() == {"no_point_cost", "no_running_spend"}
    await till.enters("kpi_point_cost", from_on=date(2026, 1, 1), cost_minor=Decimal(2), breakage=Decimal("0.2"))
    assert await why() == {"no_running_spend"}
    await till.spends("running", "2026-03-01", 700)
    await till.spends("enrolment", "2026-05-29", 300)
    told = (await read_account(owner, shop.program, GAIN)).told
    assert told is not None
    # One was a member at the start; both bought as members.
    assert (told.customers, told.sales) == (1, Sales(net=19_500, rewards=500, profit=7_500))
    assert told.costs == Costs(rewards=500, liability=400, running=700, enrolment=300)
    assert told.won(GAIN.value) == pytest.approx((1700 + 500) * 0.4)
