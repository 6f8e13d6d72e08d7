"""Goods come back to another shop than the one that sold them: by name, and with a scope of its own."""

from collections.abc import AsyncIterator
from http import HTTPStatus

import asyncpg
import httpx
import pytest
from litestar import Litestar

from loyalty.auth.actions import create_key
from loyalty.database import Database
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source

REFUND = {"refund_id": "r1", "refunded_at": "2026-03-03T10:00:00Z", "goods": "40"}


@pytest.fixture
async def till(app: Litestar, database: Database, source: Source) -> AsyncIterator[httpx.AsyncClient]:
    """Give the client of another storefront, which may refund anywhere."""
    async with database.session() as session:
        found, _ = await ensure_storefront(session, source.program.program_id, "till")
        key = await create_key(
            session,
            program_id=source.program.program_id,
            mode="live",
            storefront_id=found.storefront_id or 0,
            scopes=["purchases:write", "purchases:read", "refunds:any"],
        )
    headers = {"Authorization": f"Bearer {key}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


async def sold(api: httpx.AsyncClient, *orders: str) -> None:
    told = {"placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "100", "customer_id": "ann"}
    await api.post("/v1/members", json={"customer_id": "ann", "joined_at": "2026-03-01T00:00:00Z"})
    for order in orders:
        assert (await api.post("/v1/purchases", json=told | {"order_id": order})).is_success


async def points(api: httpx.AsyncClient) -> int:
    found: int = (await api.get("/v1/members/ann/balance")).json()["available"]
    return found


async def test_a_till_takes_back_what_the_web_shop_sold(api: httpx.AsyncClient, till: httpx.AsyncClient) -> None:
    await sold(api, "1", "2/a")
    refunded = await till.post("/v1/purchases/1/refunds?storefront=web shop", json=REFUND)
    again = await api.post("/v1/purchases/1/refunds", json=REFUND)
    assert (refunded.status_code, refunded.json()["state"]) == (HTTPStatus.CREATED, "recorded")
    assert (again.content, again.headers["idempotency-replayed"]) == (refunded.content, "true")
    assert await points(api) == 160

    await till.post("/v1/purchases/1/cancel?storefront=web shop")
    await till.post("/v1/purchases:cancel", params={"storefront": "web shop", "order_id": "2/a"})
    assert await points(api) == 0


async def test_without_the_name_it_is_an_order_of_its_own(api: httpx.AsyncClient, till: httpx.AsyncClient) -> None:
    await sold(api, "1")
    parked = await till.post("/v1/purchases/1/refunds", json=REFUND)
    own = await till.post("/v1/purchases/1/refunds?storefront=till", json=REFUND | {"refund_id": "r2"})

    assert [answer.json()["state"] for answer in (parked, own)] == ["parked", "parked"]
    assert await points(api) == 100


async def test_it_needs_the_scope_and_a_storefront_that_there_is(
    api: httpx.AsyncClient, till: httpx.AsyncClient, app: Litestar, owner: asyncpg.Connection
) -> None:
    await sold(api, "1")
    await owner.execute(
        "INSERT INTO program (program_id, name, currency, timezone, mode)"
        " OVERRIDING SYSTEM VALUE VALUES (77, 'Other', 'EUR', 'UTC', 'live')"
    )
    await owner.execute("INSERT INTO storefront (program_id, name) VALUES (77, 'theirs')")
    unknown = await till.post("/v1/purchases/1/refunds?storefront=nowhere", json=REFUND)
    foreign = await till.post("/v1/purchases/1/refunds?storefront=theirs", json=REFUND)
    await owner.execute("UPDATE api_key SET scopes = ARRAY['purchases:write'] WHERE 'refunds:any' = ANY(scopes)")
    app.state.known_keys._known.clear()
    refused = await till.post("/v1/purchases/1/refunds?storefront=web shop", json=REFUND)

    assert (unknown.status_code, foreign.status_code) == (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_FOUND)
    assert unknown.json()["detail"].replace("nowhere", "theirs") == foreign.json()["detail"]
    assert (refused.status_code, "refunds:any" in refused.json()["detail"]) == (HTTPStatus.FORBIDDEN, True)
    assert await points(api) == 100
