"""Customers over HTTP: shown, changed, merged, exported; their movements and decisions page by page; edits; leaving."""

from http import HTTPStatus
from typing import Any

import httpx
import pytest

ANN = {"customer_id": "ann", "joined_at": "2026-03-01T00:00:00Z", "email": "ann@shop.example"}


def order(order_id: str, goods: str, customer: str = "ann", **more: object) -> dict[str, Any]:
    told = {"order_id": order_id, "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": goods}
    return {**told, "customer_id": customer, **more}


async def post(api: httpx.AsyncClient, path: str, key: str | None = None, **body: object) -> httpx.Response:
    return await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": key} if key else {})


@pytest.fixture
async def ann(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Give a client of a shop in which Ann is a member, and has bought for 30.00."""
    assert (await post(api, "members", **ANN)).is_success
    assert (await post(api, "purchases", **order("1", "30.00"))).is_success
    return api


async def available(api: httpx.AsyncClient, customer: str = "ann") -> int:
    found: int = (await api.get(f"/v1/customers/{customer}")).json()["balance"]["available"]
    return found


async def test_a_customer_is_shown_member_or_not(ann: httpx.AsyncClient) -> None:
    await post(ann, "purchases", **order("2", "5.00", "bob"))
    member, guest = [(await ann.get(f"/v1/customers/{name}")).json() for name in ("ann", "bob")]
    assert (member["member"], member["email"], member["balance"]["available"]) == (True, "ann@shop.example", 30)
    assert (guest["member"], guest["email"], guest["balance"]["available"]) == (False, None, 0)
    assert (await ann.get("/v1/members/bob")).status_code == HTTPStatus.NOT_FOUND
    assert (await ann.get("/v1/customers/nobody")).status_code == HTTPStatus.NOT_FOUND


async def test_what_is_not_told_anew_stays(ann: httpx.AsyncClient) -> None:
    changed = await ann.patch("/v1/customers/ann", json={"name": "Ann", "language": "fr"})
    assert (changed.json()["name"], changed.json()["email"]) == ("Ann", "ann@shop.example")
    as_member = await ann.patch("/v1/members/ann", json={"email": "new@shop.example"})
    assert (as_member.json()["name"], as_member.json()["email"]) == ("Ann", "new@shop.example")
    bad = await ann.patch("/v1/customers/ann", json={"email": "nobody"})
    assert bad.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (await ann.patch("/v1/customers/who", json={"name": "Who"})).status_code == HTTPStatus.NOT_FOUND


async def test_a_merge_is_done_once_under_its_key(ann: httpx.AsyncClient) -> None:
    await post(ann, "members", customer_id="bob", joined_at="2026-03-01T12:00:00Z")
    await post(ann, "purchases", **order("2", "12.00", "bob"))
    first = await post(ann, "customers/bob/merge", "m", into="ann")
    again = await post(ann, "customers/bob/merge", "m", into="ann")
    other = await post(ann, "customers/bob/merge", "n", into="ann")

    assert (first.status_code, first.json()["into"], first.json()["balance"]["available"]) == (201, "ann", 42)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert (other.status_code, other.json()["code"]) == (HTTPStatus.CONFLICT, "same_customer")
    assert await available(ann) == await available(ann, "bob") == 42


async def test_an_export_holds_what_is_known_also_of_who_was_merged(ann: httpx.AsyncClient) -> None:
    await post(ann, "members", customer_id="bob", joined_at="2026-03-01T12:00:00Z", name="Bob")
    await post(ann, "purchases", **order("2", "12.00", "bob", metadata={"note": "his"}))
    await post(ann, "members/bob/adjustments", "a", points=3, reason="So kind")
    gift = (await post(ann, "rewards", "g", name="Gift", price_points=10, amount="1")).json()["reward_id"]
    await post(ann, "redemptions", "r", customer_id="bob", reward_id=gift, capture=True)
    await post(ann, "customers/bob/merge", "m", into="ann")

    told = (await ann.get("/v1/customers/ann/export")).json()

    assert {person["name"] for person in told["profile"]} == {"Bob"}
    assert {alias["customer_id"] for alias in told["customer_ids"]} == {"ann", "bob"}
    assert [(p["order_id"], p["metadata"]) for p in told["purchases"]] == [("1", None), ("2", {"note": "his"})]
    assert [a["reason"] for a in told["adjustments"]] == ["So kind"]
    assert [(r["reward"], r["captured"]) for r in told["redemptions"]] == [("Gift", 10)]
    assert {e["kind"] for e in told["entries"]} == {"issue", "adjust", "hold", "capture", "merge"}
    assert all(told[name] for name in ("account", "lots", "memberships"))
    assert (await ann.get("/v1/customers/who/export")).status_code == HTTPStatus.NOT_FOUND


async def test_an_adjustment_gives_or_takes_and_never_below_zero(ann: httpx.AsyncClient) -> None:
    given = await post(ann, "members/ann/adjustments", "a", points=12, reason="So kind")
    again = await post(ann, "members/ann/adjustments", "a", points=12, reason="So kind")
    taken = await post(ann, "members/ann/adjustments", "b", points=-42, reason="A mistake")
    refused = await post(ann, "members/ann/adjustments", "c", points=-1, reason="Another")

    assert (given.status_code, given.json()["balance"]["available"]) == (201, 42)
    assert again.content == given.content
    assert taken.json()["balance"]["available"] == 0
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.CONFLICT, "not_enough_points")
    assert (await post(ann, "members/ann/adjustments", "d", points=0, reason="None")).status_code == 422
    assert (await post(ann, "members/who/adjustments", "e", points=1, reason="None")).status_code == 404


@pytest.mark.parametrize("what", ["entries", "awards"])
async def test_movements_and_decisions_come_newest_first_page_by_page(ann: httpx.AsyncClient, what: str) -> None:
    for number in range(2, 6):
        await post(ann, "purchases", **order(str(number), f"{number}.00"))
    whole = (await ann.get(f"/v1/members/ann/{what}")).json()
    pages, cursor = [], None
    while True:
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await ann.get(f"/v1/members/ann/{what}", params=params)).json()
        assert len(page["data"]) <= 2
        pages += page["data"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole["data"]
    assert whole["next_cursor"] is None
    amounts = [row["points"] if what == "entries" else row["given"] for row in pages]
    assert amounts == [5, 4, 3, 2, 30] + ([0] if what == "awards" else [])
    for wrong in ("x", "!!", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk"):
        answer = await ann.get(f"/v1/members/ann/{what}", params={"cursor": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/cursor"), wrong
    for wrong in ("0", "201", "-1", "many"):
        answer = await ann.get(f"/v1/members/ann/{what}", params={"limit": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limit"), wrong
    assert (await ann.get(f"/v1/members/who/{what}")).status_code == HTTPStatus.NOT_FOUND


async def test_leaving_is_told_again_with_the_first_answer(ann: httpx.AsyncClient) -> None:
    first = await ann.delete("/v1/members/ann", params={"left_at": "2026-03-05T00:00:00Z"})
    again = await ann.delete("/v1/members/ann")

    assert (first.status_code, first.json()["state"], first.json()["left_at"]) == (200, "left", "2026-03-05T00:00:00Z")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (await ann.get("/v1/members/ann")).json()["state"] == "left"
    assert await available(ann) == 30
    assert (await ann.delete("/v1/members/who")).status_code == HTTPStatus.NOT_FOUND


async def test_an_edit_posts_the_difference_and_a_stale_one_changes_nothing(ann: httpx.AsyncClient) -> None:
    async def edit(goods: str, stamp: str | None, customer: str = "ann", order_id: str = "1") -> httpx.Response:
        body = order(order_id, goods, customer, **({"source_updated_at": stamp} if stamp else {}))
        return await ann.put("/v1/purchases/1", json=body)

    first = await edit("50.00", "2026-03-03T09:00:00Z")
    again = await edit("50.00", "2026-03-03T09:00:00Z")
    stale = await edit("1.00", "2026-03-02T09:00:00Z")
    assert (first.status_code, first.json()["stale"], await available(ann)) == (200, False, 50)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert (stale.status_code, stale.json()["stale"], await available(ann)) == (200, True, 50)
    assert (await ann.get("/v1/purchases/1")).json()["goods"] == "50.00"

    await post(ann, "members", customer_id="bob", joined_at="2026-03-01T12:00:00Z")
    moved = await edit("50.00", "2026-03-04T09:00:00Z", "bob")
    assert (moved.status_code, moved.json()["code"]) == (HTTPStatus.CONFLICT, "other_customer")
    assert (await edit("50.00", None)).status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (await edit("50.00", "2026-03-04T09:00:00Z", order_id="2")).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_an_edit_of_what_is_not_known_records_it(ann: httpx.AsyncClient) -> None:
    body = order("new", "7.00", source_updated_at="2026-03-03T09:00:00Z")
    assert (await ann.put("/v1/purchases/new", json=body)).status_code == HTTPStatus.CREATED
    assert await available(ann) == 37
