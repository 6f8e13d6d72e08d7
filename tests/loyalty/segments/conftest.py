import asyncpg
import pytest

import loyalty.background  # noqa: F401 - the doors name the homes of conditions
from loyalty.customers.facts import Profile
from loyalty.segments.actions import look
from tests.stories import Shop, day

TODAY = 200


class Town:
    """A shop whose clock stands at noon of the 200th day, with a way to ask who meets conditions."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.program = shop.source.program

    async def who(self, *conditions: dict[str, object]) -> set[str]:
        """Name everybody for whom all of these hold, by the shop's ids."""
        async with self.shop.database.reader() as connection:
            count, ids = await look(connection, self.program, list(conditions), most=1000)
        rows = await self.shop.rows(
            "SELECT customer_id, external_id FROM customer_alias WHERE customer_id = ANY($1::uuid[])", ids
        )
        assert count == len(ids)
        return {external_id for _, external_id in rows}

    async def ids(self, *customers: str) -> list[object]:
        """Give the service's ids of customers."""
        rows = await self.shop.rows("SELECT external_id, customer_id FROM customer_alias")
        return [dict(rows)[customer] for customer in customers]


@pytest.fixture
async def town(shop: Shop, owner: asyncpg.Connection) -> Town:
    """Give a shop on its 200th day."""
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = $1::timestamptz - now()", day(TODAY))
    return Town(shop)


def ago(days: float) -> float:
    """Give the day of the story that was so many days ago."""
    return TODAY - days


def speaking(language: str | None = None, **more: object) -> Profile:
    """Give what is known of a person."""
    return Profile(language=language, **more)  # type: ignore[arg-type]
