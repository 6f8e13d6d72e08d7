"""Pages of other origins: kept out, unless the operator lets some in."""

from http import HTTPStatus

import httpx
import pytest
from pydantic import ValidationError

from loyalty.asgi import create_app
from loyalty.settings import Settings
from tests.conftest import living

SHOP = "https://shop.example"
ASKING = {
    "Origin": SHOP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,idempotency-key,if-match",
}


async def test_no_page_of_another_origin_may_call_unless_it_is_said(api: httpx.AsyncClient) -> None:
    asked = await api.options("/v1/purchases", headers=ASKING)
    answered = await api.get("/v1/rewards", headers={"Origin": SHOP})

    assert answered.status_code == HTTPStatus.OK
    assert not [name for answer in (asked, answered) for name in answer.headers if name.startswith("access-control")]


async def test_pages_of_the_origins_named_may_call_with_a_key_and_others_may_not(
    database_url: str, redis_url: str, key: str
) -> None:
    app = create_app(
        Settings(DATABASE_URL=database_url, REDIS_URL=redis_url, pool_size=2, cors_origins=f"{SHOP}, https://b.example")
    )
    transport = httpx.ASGITransport(app)
    async with living(app), httpx.AsyncClient(transport=transport, base_url="http://loyalty.test") as page:
        asked = await page.options("/v1/purchases", headers=ASKING)
        strange = await page.options("/v1/purchases", headers=ASKING | {"Origin": "https://evil.example"})
        with_key = {"Origin": SHOP, "Authorization": f"Bearer {key}"}
        answered = await page.get("/v1/rewards", headers=with_key)
        refused = await page.get("/v1/rewards", headers={"Origin": SHOP})
        stranger = await page.get("/v1/rewards", headers=with_key | {"Origin": "https://evil.example"})

    assert asked.status_code == HTTPStatus.NO_CONTENT
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert {"POST", "PUT", "PATCH", "DELETE"} <= set(asked.headers["access-control-allow-methods"].split(", "))
    assert "idempotency-key" in asked.headers["access-control-allow-headers"].lower()
    assert answered.status_code == HTTPStatus.OK
    assert answered.headers["access-control-allow-origin"] == SHOP
    assert "ratelimit-remaining" in answered.headers["access-control-expose-headers"].lower()
    # A refusal is seen by the page like any other answer; a cookie never counts.
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (HTTPStatus.UNAUTHORIZED, SHOP)
    for answer in (asked, answered, refused, strange, stranger):
        assert "access-control-allow-credentials" not in answer.headers
    assert strange.status_code == HTTPStatus.BAD_REQUEST
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize("told", ["shop.example", "https://shop.example/", "https://a.example/b", "ftp://a.example"])
def test_what_is_no_origin_is_refused_at_the_start(told: str) -> None:
    with pytest.raises(ValidationError, match="is no origin"):
        Settings(cors_origins=told)
