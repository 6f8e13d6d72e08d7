"""Keys over HTTP: the header, the replay, the refusals, and what the documentation says of them."""

import asyncio
import json
from http import HTTPStatus

import httpx
import msgspec
import pytest
from litestar import Litestar, Response, Router, post
from litestar.datastructures import State
from litestar.params import JSONBody

from loyalty.asgi import create_app
from loyalty.errors import Invalid
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.rules import fingerprint
from loyalty.programs.api import Writing, admit
from loyalty.settings import Settings
from loyalty.web.openapi import KEYED, problems
from tests.loyalty.idempotency.gifts import Gifts, Giver


class GiftIn(msgspec.Struct, forbid_unknown_fields=True):
    """A gift asked for."""

    customer_id: str
    most: int = 1_000_000


class GiftOut(msgspec.Struct):
    """A gift given."""

    gift: int
    request_id: str


@post("/gifts", operation_id="give_gift", summary="Give a gift", responses=problems(*KEYED))
async def give_gift(data: JSONBody[GiftIn], state: State, source: Writing, idempotency_key: Keyed) -> Response[GiftOut]:
    """Give a gift."""
    if data.most < 1:
        msg = "most is at least 1."
        raise Invalid(msg, pointer="/most")
    scope, print_of = f"storefront/{source.storefront_id}", fingerprint("gift/1", data.customer_id)
    once = Once(source.program.program_id, scope, idempotency_key, print_of, source.request_id)
    return respond_once(await write_once(state.database, once, Gifts(data.customer_id, data.most)))


@pytest.fixture(scope="module")
def made() -> tuple[Settings, Litestar]:
    """Make an application of these tests' own: it gives gifts."""
    settings = Settings(pool_size=4)
    app = create_app(settings)
    app.register(Router(path="/v1", route_handlers=[give_gift], before_request=admit))
    return settings, app


@pytest.fixture
def shop_api(api: httpx.AsyncClient, giver: Giver) -> httpx.AsyncClient:
    """Give a storefront's client to an API that gives gifts; ann is there."""
    assert giver
    return api


async def give(
    api: httpx.AsyncClient, key: str | None = "k", request: str | None = None, **body: object
) -> httpx.Response:
    told = {"Idempotency-Key": key, "X-Request-Id": request}
    headers = {name: value for name, value in told.items() if value is not None}
    return await api.post("/v1/gifts", json={"customer_id": "ann"} | body, headers=headers)


async def test_a_retry_gets_the_same_status_and_bytes_and_is_told_so(shop_api: httpx.AsyncClient) -> None:
    first = await give(shop_api, request="first")
    again = await give(shop_api, request="second")

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert first.headers["content-type"] == again.headers["content-type"] == "application/json"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == {"gift": 2, "request_id": "first"}
    assert again.headers["x-request-id"] == "second"


async def test_a_pinned_refusal_is_a_problem_each_time(shop_api: httpx.AsyncClient) -> None:
    first = await give(shop_api, request="first", customer_id="bob")
    again = await give(shop_api, request="second", customer_id="bob")

    assert (first.status_code, again.status_code) == (404, 404)
    assert first.content == again.content
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.json()["request_id"], again.headers["x-request-id"]) == ("first", "second")


async def test_another_body_under_the_same_key_is_a_422(shop_api: httpx.AsyncClient) -> None:
    await give(shop_api)

    answer = await give(shop_api, customer_id="bob")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_what_is_invalid_is_not_pinned(shop_api: httpx.AsyncClient) -> None:
    answers = [await give(shop_api, most=0), await give(shop_api, key="k", most=2)]

    assert [answer.status_code for answer in answers] == [422, 201]


async def test_without_a_key_nothing_is_done_and_the_answer_says_what_to_send(shop_api: httpx.AsyncClient) -> None:
    answer = await give(shop_api, key=None)

    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.BAD_REQUEST, "idempotency_key_missing")
    assert "`Idempotency-Key` header" in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("told", [b"", b"a b", b"x" * 256, b"\xe9"])
async def test_a_key_that_is_none_is_refused(shop_api: httpx.AsyncClient, told: bytes) -> None:
    headers = {"Idempotency-Key": told}
    answer = await shop_api.post("/v1/gifts", json={"customer_id": "ann"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.BAD_REQUEST, "idempotency_key_malformed")
    assert "1 to 255 visible ASCII" in answer.json()["detail"]


async def test_two_keys_in_one_request_are_refused(shop_api: httpx.AsyncClient) -> None:
    headers = httpx.Headers([("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    answer = await shop_api.post("/v1/gifts", json={"customer_id": "ann"}, headers=headers)

    assert answer.json()["code"] == "idempotency_key_malformed"


async def test_a_stranger_is_turned_away_before_the_key_is_looked_at(shop_api: httpx.AsyncClient) -> None:
    answer = await shop_api.post("/v1/gifts", json={}, headers={"Authorization": "Bearer lk_live_1_wrong"})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


async def test_in_flight_says_when_to_come_again(shop_api: httpx.AsyncClient, giver: Giver) -> None:
    gifts = Gifts(after_write=asyncio.Event())
    first = asyncio.create_task(giver.give("k", gifts, whole=True))
    await gifts.written.wait()

    answer = await give(shop_api)

    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert answer.headers["retry-after"] == "1"
    assert gifts.after_write
    gifts.after_write.set()
    await first


@pytest.mark.parametrize(
    ("gone", "status", "code"), [("expired", 409, "key_expired"), ("erased", 410, "answer_erased")]
)
async def test_a_body_that_is_gone_is_not_done_again(
    shop_api: httpx.AsyncClient, giver: Giver, gone: str, status: int, code: str
) -> None:
    await give(shop_api)
    async with giver.database.writer() as connection:
        await connection.execute("UPDATE idempotency SET body = NULL, body_gone = $1", gone)

    answer = await give(shop_api)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_the_documentation_requires_the_header(shop_api: httpx.AsyncClient) -> None:
    schema = json.loads((await shop_api.get("/openapi.json")).content)
    operation = schema["paths"]["/v1/gifts"]["post"]
    [header] = operation["parameters"]

    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", True)
    assert header["schema"]["maxLength"] == 255
    assert "retry" in header["description"]
    assert {"400", "404", "409", "410", "422"} <= set(operation["responses"])
