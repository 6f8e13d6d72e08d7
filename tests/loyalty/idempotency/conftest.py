import pytest

from tests.loyalty.idempotency.gifts import Giver
from tests.stories import Shop, joining


@pytest.fixture
async def giver(shop: Shop) -> Giver:
    """Give a caller; ann is there, and has had one gift: her welcome."""
    await shop.join(joining("ann"))
    return Giver(shop.database, shop.source)
