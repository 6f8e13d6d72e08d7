"""A customer's redemptions as a list: newest first, page by page, at one storefront, through merges."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx


async def post(api: httpx.AsyncClient, path: str, **body: object) -> dict[str, Any]:
    answer = await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": str(uuid4())})
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def member(api: httpx.AsyncClient, customer: str) -> None:
    await post(api, "members", customer_id=customer, joined_at="2026-03-01T00:00:00Z")
    order = {"order_id": f"of {customer}", "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": "100"}
    await post(api, "purchases", **order, customer_id=customer)


async def pages(api: httpx.AsyncClient, customer: str, limit: int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = []
    cursor: str | None = None
    while cursor is not None or not found:
        query = {"customer_id": customer, "limit": limit} | ({"cursor": cursor} if cursor else {})
        told = (await api.get("/v1/redemptions", params=query)).json()
        found.append(told["data"])
        cursor = told["next_cursor"]
    return found


async def test_a_customers_redemptions_come_newest_first_page_by_page(api: httpx.AsyncClient) -> None:
    for customer in ("ann", "bob"):
        await member(api, customer)
    gift = (await post(api, "rewards", name="Gift", price_points=10, amount="1"))["reward_id"]
    made = [
        (await post(api, "redemptions", customer_id="ann", reward_id=gift, capture=place == 0))["redemption_id"]
        for place in range(5)
    ]
    theirs = (await post(api, "redemptions", customer_id="bob", reward_id=gift))["redemption_id"]
    await post(api, f"redemptions/{made[1]}/release")

    found = await pages(api, "ann", 2)

    assert [[one["redemption_id"] for one in page] for page in found] == [
        [made[4], made[3]],
        [made[2], made[1]],
        [made[0]],
    ]
    every = [one for page in found for one in page]
    assert [one["state"] for one in every] == ["open", "open", "open", "released", "captured"]
    assert every[0] == (await api.get(f"/v1/redemptions/{made[4]}")).json()
    assert [[one["redemption_id"] for one in page] for page in await pages(api, "bob", 200)] == [[theirs]]


async def test_what_somebody_redeemed_before_a_merge_is_listed_with_the_one_who_goes_on(
    api: httpx.AsyncClient,
) -> None:
    for customer in ("ann", "annie"):
        await member(api, customer)
    gift = (await post(api, "rewards", name="Gift", price_points=10, amount="1"))["reward_id"]
    made = [
        (await post(api, "redemptions", customer_id=customer, reward_id=gift, capture=True))["redemption_id"]
        for customer in ("annie", "ann")
    ]
    await post(api, "customers/annie/merge", into="ann")

    assert [one["redemption_id"] for [one] in await pages(api, "ann", 1)] == made[::-1]


async def test_other_storefronts_redemptions_are_not_listed(api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    await member(api, "ann")
    gift = (await post(api, "rewards", name="Gift", price_points=10, amount="1"))["reward_id"]
    await post(api, "redemptions", customer_id="ann", reward_id=gift)
    await owner.execute("INSERT INTO storefront (program_id, name) SELECT program_id, 'till' FROM program")
    await owner.execute("UPDATE redemption SET storefront_id = (SELECT max(storefront_id) FROM storefront)")

    assert await pages(api, "ann", 9) == [[]]


async def test_a_list_of_nobody_is_unknown_and_a_cursor_of_nothing_is_refused(api: httpx.AsyncClient) -> None:
    await member(api, "ann")
    unknown = await api.get("/v1/redemptions?customer_id=nobody")
    bad = [
        await api.get("/v1/redemptions", params={"customer_id": "ann", "cursor": told}) for told in ("x", "é", "A" * 21)
    ]
    strange = await api.get("/v1/redemptions", params={"customer_id": "ann", "cursor": "A" * 22})

    assert unknown.status_code == HTTPStatus.NOT_FOUND
    assert {(answer.status_code, answer.json()["errors"][0]["pointer"]) for answer in bad} == {(422, "/cursor")}
    assert strange.json() == {"data": [], "next_cursor": None}
