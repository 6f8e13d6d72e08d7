"""A shop in which rewards are asked for."""

import pytest

from tests.stories import Shop, joining, purchase


@pytest.fixture
async def ann(shop: Shop) -> Shop:
    """Give a shop with Ann and Bob in it, members with 1,000 points each."""
    await shop.join(joining("ann"), joining("bob"))
    await shop.buy(purchase("hers", 100_000, "ann", on=1), purchase("his", 100_000, "bob", on=1))
    return shop
