"""May the programme be offered to somebody: never seen, customer, member, left, erased, merged."""

from typing import Any

import httpx
import pytest

JOINED = "2026-03-01T00:00:00Z"
LEFT = "2026-04-01T00:00:00Z"


async def asked(api: httpx.AsyncClient, customer: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/customers/{customer}/eligibility")
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return {name: told[name] for name in ("eligible", "standing", "reasons")}


async def sent(api: httpx.AsyncClient, path: str, **body: object) -> None:
    answer = await api.post(f"/v1/{path}", json=body or None, headers={"Idempotency-Key": path})
    assert answer.is_success, answer.text


async def test_the_programme_is_offered_to_whoever_is_no_member_and_was_not_erased(api: httpx.AsyncClient) -> None:
    order = {"order_id": "1", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "9"}
    await sent(api, "purchases", **order, customer_id="guest")
    await sent(api, "members", customer_id="ann", joined_at=JOINED)
    await sent(api, "members", customer_id="bob", joined_at=JOINED, left_at=LEFT)
    await sent(api, "members", customer_id="eve", joined_at=JOINED)
    await sent(api, "customers/eve/erase")

    assert await asked(api, "nobody") == {"eligible": True, "standing": "unknown", "reasons": []}
    assert await asked(api, "guest") == {"eligible": True, "standing": "customer", "reasons": []}
    assert await asked(api, "bob") == {"eligible": True, "standing": "left", "reasons": []}
    member = {"code": "already_member", "detail": "The customer is a member.", "since": JOINED}
    assert await asked(api, "ann") == {"eligible": False, "standing": "member", "reasons": [member]}
    erased = await asked(api, "eve")
    assert (erased["eligible"], erased["standing"]) == (False, "erased")
    assert [reason["code"] for reason in erased["reasons"]] == ["customer_erased"]


async def test_who_was_merged_into_a_member_is_one(api: httpx.AsyncClient) -> None:
    order = {"order_id": "1", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "9"}
    await sent(api, "purchases", **order, customer_id="ann-at-the-till")
    await sent(api, "members", customer_id="ann", joined_at=JOINED)
    await sent(api, "customers/ann-at-the-till/merge", into="ann")

    assert (await asked(api, "ann-at-the-till"))["standing"] == "member"


async def test_asking_makes_nobody_known(api: httpx.AsyncClient) -> None:
    await asked(api, "nobody")

    assert (await api.get("/v1/customers/nobody")).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize("customer", ["a/b", "nobody/"])
async def test_an_id_with_slashes_is_asked_by_query(api: httpx.AsyncClient, customer: str) -> None:
    unknown = await api.get("/v1/customers:eligibility", params={"customer_id": customer})
    await sent(api, "members", customer_id=customer, joined_at=JOINED)
    member = await api.get("/v1/customers:eligibility", params={"customer_id": customer})
    shown = await api.get("/v1/customers", params={"customer_id": customer})

    assert (unknown.json()["standing"], member.json()["standing"]) == ("unknown", "member")
    assert (shown.json()["customer_id"], shown.json()["member"]) == (customer, True)
