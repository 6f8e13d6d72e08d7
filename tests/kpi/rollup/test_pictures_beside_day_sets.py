"""A page that is answered from day sets shows the pictures that it would show if it were answered from the rows."""

from datetime import date
from random import Random

import asyncpg
import pytest

from kpi.actions import overview
from kpi.pictures import Picture
from tests.kpi.rollup.world import Worker, World
from tests.stories import Shop

QUARTER = (date(2025, 1, 1), date(2025, 4, 1))


@pytest.mark.usefixtures("many")
async def test_pictures_stand_beside_figures_from_day_sets(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    world = World(shop, Random(7))  # noqa: S311 - a shop, not a secret
    for _ in range(80):
        await world.live()
    await keeper.build()
    by_days = await pictures(owner, shop)
    await keeper.forget()
    assert await pictures(owner, shop) == by_days
    assert by_days["repeat_purchase_rate"].steps["all"][1] > 0
    assert by_days["days_between_purchases"].curves["all"].events > 0


async def pictures(owner: asyncpg.Connection, shop: Shop) -> dict[str, Picture]:
    """Look closely; the first step of the funnel is who bought, and the second who did so twice."""
    keys = ["repeat_purchase_rate", "days_between_purchases"]
    page = await overview(owner, shop.source.program, keys, *QUARTER, slots=1, compare=None, closely=True)
    for name, ratio in page.answers[keys[0]].figures.segments.items():
        assert [ratio.den, ratio.num] == list(page.pictures[keys[0]].steps[name][:2])
    return dict(page.pictures)
