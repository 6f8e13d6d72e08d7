"""From an order over the API to a figure with its interval: the worker does what is between."""

from typing import Any

import httpx
import pytest

from loyalty.background import all_jobs
from loyalty.database import Database
from tests.loyalty.jobs.workers import Bench, until

BASKET = "/v1/kpis/aov?start=2025-03-01&end=2025-04-01"


def order(name: str, goods: str, customer: str) -> dict[str, Any]:
    return {
        "order_id": name,
        "placed_at": "2025-03-05T12:00:00Z",
        "currency": "EUR",
        "goods": goods,
        "customer_id": customer,
    }


@pytest.mark.usefixtures("many")
async def test_who_sees_a_figure_without_its_interval_finds_it_a_moment_later(
    api: httpx.AsyncClient, database: Database
) -> None:
    async def asked() -> dict[str, Any]:
        answer = await api.get(BASKET)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def says(orders: int, *, pending: bool) -> bool:
        told = await asked()
        return (told["segments"]["all"]["den"], told["ci_pending"]) == (orders, pending)

    async def buy(name: str, goods: str, customer: str) -> None:
        told = await api.post("/v1/purchases", json=order(name, goods, customer))
        assert told.status_code == 201, told.text

    await buy("1", "10.00", "ann")
    await buy("2", "30.00", "bob")
    assert (await asked())["ci_pending"] is False, "nothing is built: the rows are read, and they have intervals"
    async with Bench(database).workers(*all_jobs()):
        await until(lambda: database_is_built(database))
        await until(lambda: says(2, pending=False))
        await buy("3", "70.00", "cid")
        await until(lambda: says(3, pending=False))
    told = await asked()
    assert told["segments"]["all"]["ci95"] is not None
    assert told["restated"]["from"]["all"]["den"] == 2
    assert told["restated"]["from"]["member"]["den"] == 0


async def database_is_built(database: Database) -> bool:
    """Tell whether the day sets have been built."""
    async with database.reader() as connection:
        return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM consumer_built WHERE consumer = 'kpi')"))
