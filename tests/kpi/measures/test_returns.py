"""What comes back by the day on which it did: the same figure, whatever else is asked and wherever it is read."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import answer, series
from kpi.answers import Figures
from kpi.rollup import work
from loyalty.database import Database
from loyalty.outbox import queries as outbox
from tests.kpi.shop import Shop
from tests.kpi.till import Till

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
APRIL = (date(2026, 4, 1), date(2026, 5, 1))
Pairs = dict[str, tuple[int, int | None]]


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


async def returns(till: Till, known: str | None = None) -> list[Pairs]:
    """Ask what came back in March: alone, beside April, and in a line of months."""
    ask = (till.shop.owner, till.shop.program, "prr_flow")
    as_of = till.shop.at(known) if known else None
    alone = await answer(*ask, *MARCH, as_of=as_of)
    beside = await answer(*ask, *APRIL, as_of=as_of, compare="previous")
    line = await series(*ask, "month", MARCH[0], date(2026, 6, 1), as_of=as_of)
    assert beside.compare is not None
    return [_pairs(told) for told in (alone.figures, beside.compare, line.periods[0])]


def _pairs(told: Figures) -> Pairs:
    return {name: (ratio.num, ratio.den) for name, ratio in told.segments.items()}


async def built(till: Till, database: Database) -> None:
    """Have day sets of the shop."""
    program = till.shop.program.program_id
    await work.rebuild(database, program)
    async with database.writer() as connection:
        await outbox.built(connection, program, "kpi")


async def test_what_came_back_before_the_day_of_its_sale_came_back_whatever_else_is_asked(
    till: Till, database: Database
) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-04-01 00:00")
    await till.lines(await till.shop.buys(bob, "2026-03-10", 500), {"amount_minor": 500, "quantity": 10})
    # A shop's clocks differ: these were sold in April and came back in March, one of five and all three.
    part = await till.lines(await till.shop.buys(ada, "2026-04-01 00:00", 500), {"amount_minor": 500, "quantity": 5})
    back = {"line_id": "0", "amount_minor": 100, "quantity": 1}
    await till.takes_back(part, 100, "2026-03-31 23:59", back, recorded="2026-04-20")
    whole = await till.lines(await till.shop.buys(None, "2026-05-02", 300), {"amount_minor": 300, "quantity": 3})
    await till.takes_back(whole, 300, "2026-03-31 23:59")
    # Sold and returned in April: none of it is March's.
    april = await till.lines(await till.shop.buys(bob, "2026-04-02", 500), {"amount_minor": 500, "quantity": 7})
    await till.takes_back(april, 500, "2026-04-03")
    now: Pairs = {"all": (4, 10), "member": (0, 0), "non_member": (3, 10)}
    then: Pairs = {"all": (3, 10), "member": (0, 0), "non_member": (3, 10)}
    assert await returns(till) == [now] * 3
    assert await returns(till, "2026-04-21") == [now] * 3
    assert await returns(till, "2026-04-19") == [then] * 3
    await built(till, database)
    assert await returns(till) == [now] * 3
    assert await returns(till, "2026-04-19") == [then] * 3
