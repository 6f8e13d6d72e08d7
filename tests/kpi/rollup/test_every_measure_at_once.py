"""All measures asked in one page share one reading: what one of them needs besides is nothing to the others."""

from datetime import date
from random import Random

import asyncpg
import pytest

from kpi.actions import answer, overview
from kpi.measure import MEASURES
from tests.kpi.rollup.world import Worker, World
from tests.stories import Shop

QUARTER = (date(2025, 1, 1), date(2025, 4, 1))


@pytest.mark.usefixtures("many")
async def test_every_measure_asked_with_all_others_answers_as_if_it_were_alone(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    world = World(shop, Random(11))  # noqa: S311 - a shop, not a secret
    for _ in range(60):
        await world.live()
    await keeper.build()
    program, keys = shop.source.program, sorted(MEASURES.all())
    page = await overview(owner, program, keys, *QUARTER, slots=1, compare="previous")
    for key in keys:
        alone = await answer(owner, program, key, *QUARTER, compare="previous")
        assert page.answers[key].figures.segments == alone.figures.segments, key
        assert page.answers[key].compare is not None
