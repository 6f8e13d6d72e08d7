"""Whatever happened, in whatever order it was told: day sets, rows, and a build from nothing all say the same."""

from datetime import date, timedelta
from random import Random

import asyncpg
import pytest

from kpi import periods
from kpi.actions import answer
from kpi.liability.actions import liability
from kpi.liability.rules import Roll
from kpi.measure import MEASURES
from kpi.periods import Days
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from tests.kpi.rollup.world import Worker, World, facts_by_days, facts_by_rows, some_periods
from tests.seeds import seeds
from tests.stories import Shop

# New York goes on on 9 March, Paris on 30 March, Havana at midnight on 9 March, Cairo at midnight on 25 April.
ZONES = ("America/New_York", "Europe/Paris", "America/Havana", "Pacific/Kiritimati")


async def open_shop(database: Database, zone: str) -> Shop:
    """Open a shop in a zone."""
    async with database.session() as session:
        program = await start_program(session, "Shop", timezone=zone, currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "till")
    assert storefront.storefront_id is not None
    source = Source(program, storefront.storefront_id, storefront.namespace, "key/test", "req_test")
    return Shop(database, source, RulesCache())


@pytest.mark.parametrize("seed", seeds(4, range(10)))
async def test_days_worked_off_say_what_the_rows_say(
    database: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - a shop, not a secret
    shop = await open_shop(database, ZONES[seed % len(ZONES)])
    worker = Worker(shop, owner, random)
    await let_live(World(shop, random, lined=seed % 3 == 0), worker, built=random.choice([0, 25]))
    wanted = some_periods(random)
    rows = await facts_by_rows(owner, shop, wanted)
    assert sum(len(facts["everybody.buyers"]) for facts in rows.values()) > 10, "a shop without life proves nothing"
    assert any(facts["points"].issued for facts in rows.values()), "nor does one in which nobody earns points"
    assert await facts_by_days(owner, shop, wanted) == rows
    rolled = await rolls(owner, shop)
    with monkeypatch.context() as patch:
        patch.setattr("kpi.liability.actions.FEW_PURCHASES", -1)
        assert await rolls(owner, shop) == rolled
    counted = await worker.stored()
    await worker.build()
    assert await worker.stored() == counted
    assert await facts_by_days(owner, shop, wanted) == rows

    monkeypatch.setattr("kpi.rollup.reading.FEW_PURCHASES", -1)
    by_days = await every_measure(owner, shop, wanted[:5])
    await worker.forget()
    assert await every_measure(owner, shop, wanted[:5]) == by_days


async def let_live(world: World, worker: Worker, *, built: int, happenings: int = 120) -> None:
    """Let things happen, with a worker that comes by now and then, and in the end has done everything."""
    random = world.random
    for number in range(happenings):
        if number == built:
            await worker.build()
        await world.live()
        if number > built and random.random() < 0.3:
            await worker.hand_over(random.random())
        if number > built and random.random() < 0.3:
            await worker.work_off()
    await worker.hand_over()
    assert await worker.work_off() > 0


async def rolls(owner: asyncpg.Connection, shop: Shop) -> list[Roll]:
    """Roll the liability forward from before everything to after what was posted today."""
    to = periods.month_of(utc_now().date() + timedelta(days=40)).start
    return [one.roll for one in (await liability(owner, shop.source.program, date(2024, 12, 1), to)).periods]


async def every_measure(owner: asyncpg.Connection, shop: Shop, wanted: list[Days]) -> list[object]:
    """Answer every measure, without the intervals and medians that day sets alone cannot have."""
    told: list[object] = []
    for key in sorted(MEASURES.all()):
        for days in wanted:
            figures = (await answer(owner, shop.source.program, key, *days)).figures
            told += [key, days, figures.counts, figures.reason, figures.difference.value]
            told += [(name, ratio.num, ratio.den, ratio.value) for name, ratio in figures.segments.items()]
            told += [(name, list(spread.by_day)) for name, spread in figures.distributions.items()]
    return told
