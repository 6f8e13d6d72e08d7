"""Random small shops: the measures of purchases and memberships, held against an independent recount at every time."""

from datetime import timedelta

import asyncpg
import pytest
from msgspec import structs

from kpi.actions import overview
from kpi.answers import Figures
from kpi.periods import previous
from loyalty.clock import utc_now
from loyalty.programs.policies import Policies
from tests.kpi.recount_measures import Figure, Recount
from tests.kpi.shop import Shop
from tests.kpi.test_kpi_recount import PERIODS, ZONE, Teller
from tests.seeds import seeds

WINDOW = 20


@pytest.mark.parametrize("seed", seeds(4, range(20, 32)))
async def test_every_measure_is_that_of_an_independent_recount(owner: asyncpg.Connection, seed: int) -> None:
    shop = await Shop.open(owner, ZONE)
    shop.program = structs.replace(shop.program, policies=Policies(activity_window_days=WINDOW))
    teller = Teller(shop, seed)
    await teller.tell(120)
    seen: dict[str, int] = {}
    for as_of in (teller.clock - timedelta(days=30), teller.clock, None):
        known = as_of or utc_now()
        recount = Recount(teller.world.orders(known), teller.world.intervals(known), shop.program.zone)
        for piece in PERIODS:
            expected = recount.of(piece, previous(piece).start, WINDOW, known)
            page = await overview(owner, shop.program, list(expected), *piece, slots=1, compare=None, as_of=as_of)
            for key, figure in expected.items():
                told = page.answers[key].figures
                assert_equal(told, figure, (key, piece, as_of))
                seen[key] = seen.get(key, 0) + sum(num for num, _ in figure.segments.values())
    assert all(seen.values()), "a measure of which nothing was ever seen proves nothing"


def assert_equal(told: Figures, figure: Figure, where: object) -> None:
    """Hold an answer against its recount: whole numbers equal, intervals to nine digits."""
    assert {name: (ratio.num, ratio.den) for name, ratio in told.segments.items()} == figure.segments, where
    assert {name: told.counts[name] for name in figure.counts} == figure.counts, where
    assert (told.reason.key if told.reason else None) == figure.reason, where
    for name, interval in figure.ci95.items():
        got = told.difference.ci95 if name == "difference" else told.segments[name].ci95
        if interval is None or (name == "difference" and told.difference.value is None):
            assert got is None, (where, name)
        else:
            assert got == pytest.approx(interval, rel=1e-9, abs=1e-9), (where, name)
