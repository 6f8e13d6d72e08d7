"""Who moved between tiers: by the history as it was known, just before each end of the period."""

import asyncpg
import pytest

from kpi.actions import answer
from kpi.answers import Figures
from tests.kpi.measures.test_points import APRIL, MARCH
from tests.kpi.shop import Shop
from tests.kpi.till import Till


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


async def moves(till: Till, days: tuple[object, object] = MARCH, known: str | None = None) -> Figures:
    as_of = till.shop.at(known) if known else None
    found = await answer(till.shop.owner, till.shop.program, "tier_migration", *days, as_of=as_of)  # type: ignore[arg-type]
    return found.figures


async def test_the_matrix_sets_what_was_held_at_the_start_against_the_end(till: Till) -> None:
    ada, bob, cleo, dan, eve, fay = await till.shop.customers(6)
    for who in (ada, bob, cleo, dan, eve):
        await till.shop.joins(who, "2026-01-01 10:00")
        await till.moves(who, "issue", 1, "2026-01-02")
    await till.shop.joins(fay, "2026-03-10 10:00")
    await till.moves(fay, "issue", 1, "2026-03-11")
    await till.climbs(ada, 1, "silver", "2026-02-10", recorded="2026-02-10")
    await till.climbs(ada, 2, "gold", "2026-03-10", recorded="2026-03-10")
    await till.climbs(bob, 1, "gold", "2026-02-10", recorded="2026-02-10")
    await till.climbs(cleo, 1, "silver", "2026-02-10", recorded="2026-02-10")
    # At the first midnight of the period: in it. At that after it: not.
    await till.climbs(cleo, 2, None, "2026-03-01", recorded="2026-03-01")
    await till.climbs(dan, 1, "silver", "2026-04-01", recorded="2026-04-01")
    await till.climbs(eve, 1, "gold", "2026-02-10", recorded="2026-02-10")
    await till.shop.leaves(eve, "2026-03-20 10:00", recorded="2026-03-20 10:00")
    await till.climbs(fay, 1, "gold", "2026-03-12", recorded="2026-03-12")
    found = await moves(till)
    assert {key: n for key, n in found.counts.items() if ">" in key} == {
        "silver>gold": 1,
        "gold>gold": 1,
        "silver>none": 1,
        "none>none": 1,
        "gold>left": 1,
    }
    assert (found.segments["all"].num, found.segments["all"].den) == (2, 5)
    april = await moves(till, APRIL)
    assert (april.segments["all"].num, april.segments["all"].den) == (1, 5)


async def test_what_became_known_later_is_not_known_before(till: Till) -> None:
    ada = await till.shop.customer()
    await till.shop.joins(ada, "2026-01-01 10:00", recorded="2026-01-01 10:00")
    await till.moves(ada, "issue", 1, "2026-01-02")
    await till.climbs(ada, 1, "gold", "2026-03-10", recorded="2026-05-10")
    assert (await moves(till)).segments["all"].num == 1
    assert (await moves(till, known="2026-05-09 12:00")).segments["all"].num == 0
