"""What comes over the border: every bad request gets a clear problem, never a 5xx, and leaves nothing behind."""

import json
from http import HTTPStatus

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar, get

from loyalty.database import Database
from loyalty.web.bounds import decimal_text, minor_units
from loyalty.web.problems import on_failure

GOOD = {"order_id": "1", "placed_at": "2026-03-01T10:00:00+01:00", "currency": "EUR", "goods": "10.00"}


def told(**changes: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not ...}


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        (told(placed_at="2026-03-01T10:00:00"), "/placed_at", "timezone"),
        (told(placed_at="yesterday"), "/placed_at", "RFC3339"),
        (told(placed_at="2999-01-01T00:00:00Z"), "/placed_at", "15 minutes in the future"),
        (told(goods="10.001"), "/goods", "more decimals than the currency"),
        (told(goods="-1"), "/goods", "regex"),
        (told(goods=10), "/goods", "`str`"),
        (told(goods="99999999999999"), "/goods", "regex"),
        (told(goods="١٢"), "/goods", "regex"),
        (told(currency="USD"), "/currency", "EUR"),
        (told(currency="eur"), "/currency", "regex"),
        (told(goods=...), "/goods", "missing"),
        (told(colour="red"), "/colour", "unknown field"),
        (told(order_id=""), "/order_id", "length >= 1"),
        (told(order_id="x" * 129), "/order_id", "length <= 128"),
        (told(order_id="a\nb"), "/order_id", "regex"),
        (told(customer_id="a\x00b"), "/customer_id", "NUL"),
        (told(metadata={"note": "a\x00b"}), "/metadata/note", "NUL"),
        (told(metadata={"note": "x" * 5000}), "/metadata", "4 kB"),
        (told(reward_discount="10.01"), "/reward_discount", "at most goods"),
        (told(lines=[{"line_id": "1", "amount": "9.99"}]), "/lines", "add up to goods"),
        (told(lines=[{"line_id": "1", "amount": "9.999"}]), "/lines/0/amount", "decimals"),
        (told(lines=[{"line_id": "1", "amount": "10", "kind": "bribe"}]), "/lines/0/kind", "Invalid enum"),
        (told(customer={"email": "nobody"}), "/customer/email", "regex"),
        (told(customer={"consent": {"mail": "yes"}}), "/customer/consent", "`bool`"),
    ],
)
async def test_a_bad_purchase_is_refused_with_the_place_and_a_way_out(
    api: httpx.AsyncClient, owner: asyncpg.Connection, body: dict[str, object], pointer: str, words: str
) -> None:
    answer = await api.post("/v1/purchases", json=body)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert words in problem["errors"][0]["message"]
    assert await owner.fetchval("SELECT count(*) FROM purchase") == 0


@pytest.mark.parametrize(
    ("content", "content_type", "status", "code"),
    [
        (b'{"order_id": "1"', "application/json", 400, "malformed"),
        (b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"order_id": "\xff"}', "application/json", 400, "malformed"),
        (b"[1]", "application/json", 422, "invalid"),
        (b"null", "application/json", 422, "invalid"),
        (json.dumps(GOOD).encode(), "text/plain", 415, "unsupported_media_type"),
        (json.dumps(GOOD).encode(), "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (json.dumps(told(metadata={"x": "y" * 300_000})).encode(), "application/json", 413, "too_large"),
        (b"", "application/json", 400, "malformed"),
    ],
)
async def test_an_unreadable_body_is_a_client_error(
    api: httpx.AsyncClient, content: bytes, content_type: str, status: int, code: str
) -> None:
    answer = await api.post("/v1/purchases", content=content, headers={"Content-Type": content_type})

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.parametrize(
    ("content", "status", "pointer"),
    [
        (b'{"order_id": "1", "order_id": "2"}', 400, None),
        (
            json.dumps(told(lines=[{"line_id": "1", "amount": "10"}]))
            .replace('"line_id"', '"amount": "1", "line_id"')
            .encode(),
            400,
            None,
        ),
        (json.dumps(told(placed_at=7)).encode(), 422, "/placed_at"),
        (json.dumps(told(test="true")).encode(), 422, "/test"),
        (json.dumps(told(order_id="1\n")).encode(), 422, "/order_id"),
        (json.dumps(told(goods="10.00\n")).encode(), 422, "/goods"),
    ],
    ids=[
        "twice",
        "twice inside",
        "a number for a time",
        "text for a truth",
        "a line break after an id",
        "after an amount",
    ],
)
async def test_nothing_is_taken_for_what_it_is_not(
    api: httpx.AsyncClient, content: bytes, status: int, pointer: str | None
) -> None:
    answer = await api.post("/v1/purchases", content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == status, answer.text
    assert pointer is None or [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rewards?customer_id=a%00b"),
        ("GET", "/v1/segments/%00"),
        ("DELETE", "/v1/spend?spend_id=%00"),
        ("DELETE", "/v1/unit-costs?sku=%00&from_on=2026-03-01"),
    ],
)
async def test_a_nul_in_an_address_is_refused(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid")


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, -(2**63), 10**30, 1e400])
async def test_no_number_is_too_large_to_be_refused(api: httpx.AsyncClient, number: float) -> None:
    body = json.dumps(told(lines=[{"line_id": "1", "amount": "10", "quantity": 7}])).replace("7", repr(number))

    answer = await api.post("/v1/purchases", content=body.encode(), headers={"Content-Type": "application/json"})

    assert answer.status_code in {400, 422}, answer.text


EVERYWHERE = [
    ("GET", "/v1/purchases/1"),
    ("POST", "/v1/purchases"),
    ("POST", "/v1/purchases:batch"),
    ("POST", "/v1/members"),
    ("GET", "/v1/members/1/balance"),
    ("GET", "/v1/segments"),
    ("POST", "/v1/segments:preview"),
    ("GET", "/v1/kpis"),
    ("GET", "/v1/kpis/aov"),
    ("GET", "/v1/liability"),
]


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer lk_live_1_wrong", "Basic YTpi", "Bearer lk_live_1_" + "x" * 43]
)
async def test_without_a_valid_key_there_is_no_way_in(app: Litestar, header: str | None) -> None:
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": header} if header else {}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as stranger:
        answers = [await stranger.request(method, path) for method, path in EVERYWHERE]

    assert {answer.status_code for answer in answers} == {HTTPStatus.UNAUTHORIZED}
    assert {answer.json()["code"] for answer in answers} == {"unauthorized"}
    assert all(answer.headers["www-authenticate"].startswith("Bearer") for answer in answers)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("DELETE", "/v1/purchases", 405),
        ("GET", "/v1/purchases/a%00b", 422),
        ("GET", "/v1/purchases/%0a", 422),
        ("GET", "/v1/purchases?order_id=%00", 422),
        ("GET", "/v1/purchases", 422),
        ("GET", "/v1/members?customer_id=" + "x" * 129, 422),
        ("GET", "/v1/purchases/unknown", 404),
        ("GET", "/v1/members/unknown", 404),
        ("GET", "/v1/members/unknown/balance", 404),
    ],
)
async def test_what_is_not_there_is_a_problem_too(api: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await api.request(method, path)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


async def test_a_number_is_no_instant_in_a_query(api: httpx.AsyncClient) -> None:
    await api.post("/v1/members", json={"customer_id": "ann", "joined_at": "2026-03-01T10:00:00Z"})
    refused = [
        await api.delete("/v1/members/ann", params={"left_at": at}) for at in ("7", "2026-03-02T10:00:00", "now")
    ]

    assert {answer.status_code for answer in refused} == {HTTPStatus.UNPROCESSABLE_ENTITY}
    assert (await api.get("/v1/members/ann")).json()["state"] == "member"


async def test_options_tell_every_method_of_a_path(api: httpx.AsyncClient) -> None:
    answer = await api.options("/v1/members/ann")

    assert (answer.status_code, answer.headers["allow"]) == (HTTPStatus.NO_CONTENT, "DELETE, GET, OPTIONS, PATCH")


async def test_another_programmes_purchase_answers_exactly_as_an_unknown_one(
    api: httpx.AsyncClient, database: Database
) -> None:
    from loyalty.auth.actions import create_key
    from loyalty.earning.actions import start_program
    from loyalty.programs.actions import ensure_storefront

    await api.post("/v1/purchases", json=GOOD)
    async with database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, other.program_id, "web shop")
        foreign = await create_key(
            session, program_id=other.program_id, mode=other.mode, storefront_id=storefront.storefront_id or 0
        )
    headers = {"Authorization": f"Bearer {foreign}", "X-Request-Id": "same"}

    theirs = await api.get("/v1/purchases/1", headers=headers)
    unknown = await api.get("/v1/purchases/2", headers=headers)
    parked = await api.post("/v1/purchases/1/cancel", headers=headers)

    assert theirs.status_code == unknown.status_code == HTTPStatus.NOT_FOUND
    assert theirs.text.replace("'1'", "'2'") == unknown.text
    assert parked.json()["state"] == "parked"
    assert (await api.get("/v1/purchases/1")).json()["state"] == "recorded"


async def test_a_request_id_of_the_caller_is_kept_and_a_bad_one_replaced(api: httpx.AsyncClient) -> None:
    own = await api.get("/v1/kpis", headers={"X-Request-Id": "till-7/42"})
    bad = await api.get("/v1/kpis", headers={"X-Request-Id": "a b"})

    assert own.headers["x-request-id"] == "till-7/42"
    assert bad.headers["x-request-id"] not in {"a b", ""}


async def test_a_failure_of_ours_says_nothing_of_its_inside(
    app: Litestar, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state, "rules", None)

    answer = await api.post("/v1/purchases", json=GOOD)

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "NoneType" not in answer.text


async def test_health_tells_of_a_worker_that_is_away(api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    async def told() -> tuple[int, str, str]:
        answer = await api.get("/readyz")
        return answer.status_code, answer.json()["status"], answer.json()["worker"]

    assert await told() == (200, "degraded", "away")
    await owner.execute(
        "INSERT INTO schedule (job, program_id, next_at, last_succeeded_at) VALUES ('j', 0, now(), now())"
    )
    assert await told() == (200, "ok", "ok")
    await owner.execute("UPDATE schedule SET last_succeeded_at = now() - interval '61 seconds'")
    assert await told() == (200, "degraded", "away")
    # One that has worked for an hour on something is there, too.
    await owner.execute(
        "UPDATE schedule SET run_id = gen_random_uuid(), leased_by = 'w', lease_until = now() + interval '5 seconds'"
    )
    assert await told() == (200, "ok", "ok")


async def test_health_tells_of_a_redis_that_is_away_and_goes_on(
    app: Litestar, api: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO schedule (job, program_id, next_at, last_succeeded_at) VALUES ('j', 0, now(), now())"
    )

    class Away:
        async def ping(self) -> None:
            raise ConnectionError

        async def aclose(self) -> None:
            pass

    well = await api.get("/readyz")
    await app.state.redis.aclose()
    app.state.redis = Away()
    without = await api.get("/readyz")

    assert well.json() == {"status": "ok", "database": "ok", "migrations": "ok", "redis": "ok", "worker": "ok"}
    assert (without.status_code, without.json()["status"], without.json()["redis"]) == (200, "degraded", "away")
    assert (await api.get("/livez")).json() == {"status": "ok"}
    assert (await api.post("/v1/purchases", json=GOOD)).status_code == HTTPStatus.CREATED


async def test_every_operation_documents_itself_and_its_errors(app: Litestar) -> None:
    schema = json.loads(msgspec.json.encode(app.openapi_schema.to_schema()))
    operations = [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/v1")
    ]

    assert len(operations) >= 16
    assert len({operation["operationId"] for _, _, operation in operations}) == len(operations)
    for path, method, operation in operations:
        assert operation["operationId"] == operation["operationId"].lower(), path
        assert {"401", "503"} <= set(operation["responses"]), (method, path)
        assert "application/problem+json" in operation["responses"]["401"]["content"], (method, path)
    assert all(not path.startswith("/admin") for path in schema["paths"])


async def test_the_documentation_page_needs_nothing_from_elsewhere(api: httpx.AsyncClient) -> None:
    page = await api.get("/docs")

    assert "http" not in page.text.replace("<!doctype html>", "")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for path in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert (await api.get(f"/docs/static/{path}")).status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InterfaceError("closed"),
        asyncpg.InternalClientError("in progress"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=repr,
)
async def test_a_connection_that_went_away_is_answered_with_send_it_again(error: Exception) -> None:
    @get("/")
    async def broken() -> None:
        raise error

    app = Litestar([broken], exception_handlers={Exception: on_failure})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loyalty.test") as client:
        answer = await client.get("/")

    assert (answer.status_code, answer.json()["code"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")


@pytest.mark.parametrize(
    ("amount", "digits", "minor"),
    [("84.00", 2, 8400), ("84", 2, 8400), ("0.1", 2, 10), ("7", 0, 7), ("1.234", 3, 1234)],
)
def test_money_becomes_minor_units_exactly_and_back(amount: str, digits: int, minor: int) -> None:
    assert minor_units(amount, digits, "/goods") == minor
    assert minor_units(decimal_text(minor, digits), digits, "/goods") == minor
