"""Asking a shop told by hand for a measure: in March, unless another period is named."""

from datetime import UTC, date, datetime

from kpi.actions import answer
from kpi.answers import Figures
from tests.kpi.shop import Shop

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
KEYS = ("aov", "loyal_conversion", "orders_per_active", "retention_rate")


async def figures(shop: Shop, key: str, days: tuple[date, date] = MARCH) -> Figures:
    """Answer from what is there (stored status), and hold that the latest knowledge time (status looked up) agrees."""
    told = (await answer(shop.owner, shop.program, key, *days)).figures
    assert (await answer(shop.owner, shop.program, key, *days, as_of=LATEST)).figures == told
    return told


async def counts(shop: Shop, key: str, days: tuple[date, date] = MARCH) -> dict[str, tuple[int, int]]:
    told = await figures(shop, key, days)
    return {name: (ratio.num, ratio.den) for name, ratio in told.segments.items()}
