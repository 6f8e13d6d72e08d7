"""A shop's whole day over HTTP: it records, retries, refunds, enrols, and everything adds up."""

from http import HTTPStatus
from typing import Any

import asyncpg
import httpx

from loyalty.verify import verify

ANN = {"customer_id": "ann", "joined_at": "2026-03-01T00:00:00Z", "email": "ann@shop.example", "language": "fr"}


def purchase(order_id: str, goods: str, placed_at: str = "2026-03-02T09:00:00Z", **more: object) -> dict[str, Any]:
    return {"order_id": order_id, "placed_at": placed_at, "currency": "EUR", "goods": goods, **more}


async def balance(api: httpx.AsyncClient, customer: str = "ann") -> tuple[int, int]:
    found = (await api.get(f"/v1/members/{customer}/balance")).json()
    assert sum(lot["points"] for lot in found["lots"]) == found["available"]
    return found["available"], found["debt"]


async def test_a_member_buys_and_sees_the_points(api: httpx.AsyncClient) -> None:
    joined = await api.post("/v1/members", json=ANN)
    bought = await api.post("/v1/purchases", json=purchase("1", "84.90", customer_id="ann"))

    assert joined.status_code == bought.status_code == HTTPStatus.CREATED
    assert joined.json()["state"] == "joined"
    answer = bought.json()
    assert answer["points"]["given"] == answer["balance"]["available"] == 84
    assert answer["points"]["breakdown"] == [{"kind": "points_per_amount", "steps": "84", "points": "84"}]
    assert await balance(api) == (84, 0)
    member = (await api.get("/v1/members/ann")).json()
    assert (member["state"], member["email"], member["language"]) == ("member", "ann@shop.example", "fr")


async def test_a_retry_gets_the_same_bytes_and_changes_nothing(api: httpx.AsyncClient) -> None:
    lines = [
        {"line_id": "a", "amount": "60.00"},
        {"line_id": "b", "amount": "24.90"},
        {"line_id": "g", "amount": "5", "kind": "gift_card"},
    ]
    order = purchase("1", "84.90", customer_id="ann", lines=lines)
    requests: list[tuple[str, dict[str, Any]]] = [
        ("/v1/members", ANN),
        ("/v1/purchases", order),
        ("/v1/purchases/1/refunds", {"refund_id": "r", "refunded_at": "2026-03-03T09:00:00Z", "goods": "4.90"}),
        ("/v1/purchases/1/cancel", {"cancelled_at": "2026-03-04T09:00:00Z"}),
        ("/v1/purchases/later/cancel", {"cancelled_at": "2026-03-04T09:00:00Z"}),
    ]
    first = [await api.post(path, json=body) for path, body in requests]
    before = await balance(api)

    again = [await api.post(path, json=body) for path, body in requests]

    assert [answer.status_code for answer in first] == [HTTPStatus.CREATED] * 5
    assert [answer.content for answer in again] == [answer.content for answer in first]
    assert [answer.status_code for answer in again] == [answer.status_code for answer in first]
    assert all(answer.headers["idempotency-replayed"] == "true" for answer in again)
    assert not any("idempotency-replayed" in answer.headers for answer in first)
    assert await balance(api) == before == (0, 0)


async def test_a_note_in_the_metadata_does_not_make_another_purchase(api: httpx.AsyncClient) -> None:
    first = await api.post("/v1/purchases", json=purchase("1", "5"))
    noted = await api.post("/v1/purchases", json=purchase("1", "5.00", metadata={"note": "x"}, channel="till"))

    assert noted.content == first.content


async def test_other_facts_under_a_known_number_show_what_stands(api: httpx.AsyncClient) -> None:
    first = await api.post("/v1/purchases", json=purchase("1", "84.90"))
    other = await api.post("/v1/purchases", json=purchase("1", "84.91"))

    assert (other.status_code, other.json()["code"]) == (HTTPStatus.CONFLICT, "other_facts")
    assert other.json()["first"]["recorded_at"] == first.json()["recorded_at"]
    assert (await api.get("/v1/purchases/1")).json()["goods"] == "84.90"


async def test_a_refund_before_its_purchase_waits_for_it(api: httpx.AsyncClient) -> None:
    await api.post("/v1/members", json=ANN)
    refund = {"refund_id": "r1", "refunded_at": "2026-03-03T09:00:00Z", "goods": "20.00"}

    parked = await api.post("/v1/purchases/1/refunds", json=refund)
    unknown = await api.get("/v1/purchases/1")
    bought = await api.post("/v1/purchases", json=purchase("1", "84.90", customer_id="ann"))
    again = await api.post("/v1/purchases/1/refunds", json=refund)

    assert (parked.status_code, parked.json()["state"]) == (HTTPStatus.CREATED, "parked")
    assert unknown.status_code == HTTPStatus.NOT_FOUND
    assert (bought.json()["points"]["given"], bought.json()["refunded_points"]) == (84, 20)
    assert bought.json()["balance"]["available"] == 64
    assert again.content == parked.content
    assert await balance(api) == (64, 0)
    assert (await api.get("/v1/purchases/1")).json()["kept"] == "64.90"


async def test_joining_back_dated_earns_what_was_bought_inside(api: httpx.AsyncClient) -> None:
    for number, day in enumerate(["2026-02-27", "2026-03-01", "2026-03-02"]):
        await api.post("/v1/purchases", json=purchase(str(number), "10", f"{day}T00:00:00Z", customer_id="ann"))

    joined = await api.post("/v1/members", json=ANN)

    assert (joined.json()["purchases"], joined.json()["points"]) == (2, 20)
    assert [(await api.get(f"/v1/purchases/{n}")).json()["points"] for n in range(3)] == [0, 10, 10]
    assert await balance(api) == (20, 0)


async def test_leaving_back_dated_takes_points_back_and_what_is_gone_becomes_a_debt(api: httpx.AsyncClient) -> None:
    await api.post("/v1/members", json=ANN)
    await api.post("/v1/purchases", json=purchase("1", "30", customer_id="ann"))

    left = await api.post("/v1/members", json={**ANN, "left_at": "2026-03-01T12:00:00Z"})
    again = await api.post("/v1/members", json=ANN)

    assert (left.json()["state"], left.json()["points"]) == ("left", -30)
    assert again.json()["state"] == "joined"
    assert again.headers["idempotency-replayed"] == "true"
    assert (await api.get("/v1/members/ann")).json()["state"] == "left"
    assert await balance(api) == (0, 0)


async def test_an_order_number_with_slashes_goes_by_query(api: httpx.AsyncClient) -> None:
    number = {"order_id": "2026/03/1"}
    await api.post("/v1/purchases", json=purchase("2026/03/1", "10"))

    refund = {"refund_id": "r", "refunded_at": "2026-03-03T09:00:00Z", "lines": [{"line_id": "a", "amount": "4"}]}
    refunded = await api.post("/v1/purchases:refund", params=number, json=refund)
    cancelled = await api.post("/v1/purchases:cancel", params=number)
    found = (await api.get("/v1/purchases", params=number)).json()

    assert refunded.status_code == cancelled.status_code == HTTPStatus.CREATED
    assert (found["state"], found["kept"], [r["kind"] for r in found["refunds"]]) == (
        "cancelled",
        "0.00",
        ["refund", "cancellation"],
    )


async def test_a_batch_answers_item_by_item(api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    await api.post("/v1/members", json=ANN)
    await api.post("/v1/purchases", json=purchase("known", "10", customer_id="ann"))
    items = [
        purchase("known", "10", customer_id="ann"),
        purchase("new", "20", customer_id="ann"),
        purchase("new", "20", customer_id="ann"),
        purchase("new", "21", customer_id="ann"),
        {"order_id": "half"},
        purchase("dollars", "1", customer_id="ann") | {"currency": "USD"},
        purchase("anonymous", "5"),
    ]

    answer = await api.post("/v1/purchases:batch", json={"purchases": items})

    assert answer.status_code == HTTPStatus.OK
    results = answer.json()["results"]
    assert [(result["status"], result["replayed"]) for result in results] == [
        (201, True),
        (201, False),
        (201, True),
        (409, False),
        (422, False),
        (422, False),
        (201, False),
    ]
    assert results[1]["purchase"]["balance"]["available"] == 30
    assert results[2]["purchase"] == results[1]["purchase"]
    assert results[3]["problem"]["first"]["points"]["given"] == 20
    assert results[4]["problem"]["errors"][0]["pointer"] == "/placed_at"
    assert await balance(api) == (30, 0)
    assert not (await verify(owner)).faults


async def test_a_batch_of_more_than_a_thousand_is_refused_whole(api: httpx.AsyncClient) -> None:
    items = [purchase(str(n), "1") for n in range(1001)]

    answer = await api.post("/v1/purchases:batch", json={"purchases": items})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (await api.get("/v1/purchases/0")).status_code == HTTPStatus.NOT_FOUND


async def test_the_kpis_see_at_once_what_was_recorded(api: httpx.AsyncClient) -> None:
    await api.post("/v1/members", json=ANN)
    await api.post("/v1/purchases", json=purchase("1", "30", customer_id="ann"))
    await api.post("/v1/purchases", json=purchase("2", "10"))

    answer = (await api.get("/v1/kpis/aov", params={"start": "2026-03-01", "end": "2026-04-01"})).json()

    assert answer["segments"]["member"]["num"] == 3000
    assert answer["segments"]["non_member"] == {"num": 1000, "den": 1, "value": 1000.0, "ci95": None}
