"""A person is forgotten: nothing of him is left in any table, every total stays, and he does not come back."""

from http import HTTPStatus
from typing import Any

import asyncpg
import httpx
import pytest

from loyalty.customers.facts import Profile
from loyalty.errors import Erased, NotFound
from loyalty.programs.policies import AfterDays, Policies
from loyalty.verify import verify
from tests.stories import Shop, joining, purchase, recorded, refund

# A word of his that must not be found: in no text, no JSON, and no pinned answer.
SECRET = "zoltan"
COLUMNS = """
SELECT table_name, array_agg(column_name::text) FROM information_schema.columns
WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'bytea', 'ARRAY')
GROUP BY table_name ORDER BY table_name
"""
PROFILE = Profile(email=f"{SECRET}@shop.example", name=f"{SECRET} the Great", consent={SECRET: True})


async def traces(owner: asyncpg.Connection, word: str = SECRET) -> list[str]:
    """Name every column in which a word is found."""
    found = []
    for table, columns in await owner.fetch(COLUMNS):
        for column in columns:
            looked = f'SELECT count(*) FROM "{table}" t WHERE strpos(lower({{}}), $1) > 0'
            as_text = await owner.fetchval(looked.format(f't."{column}"::text'), word)
            as_bytes = await owner.fetchval(looked.format(f't."{column}"::text'), word.encode().hex())
            found += [f"{table}.{column}"] if as_text or as_bytes else []
    return found


async def lives(api: httpx.AsyncClient) -> list[httpx.Response]:
    """Let somebody join, buy, be given points, and redeem, all over HTTP; gives the keyed answers."""
    person = {"email": PROFILE.email, "name": PROFILE.name, "consent": PROFILE.consent}
    joined = {"customer_id": SECRET, "joined_at": "2026-03-01T00:00:00Z", **person}
    assert (await api.post("/v1/members", json=joined)).is_success
    order = {"order_id": "1", "placed_at": "2026-03-02T09:00:00Z", "currency": "EUR", "goods": "84.90"}
    bought = {**order, "customer_id": SECRET, "metadata": {"gift for": SECRET}, "customer": person}
    assert (await api.post("/v1/purchases", json=bought)).is_success
    return [await request(api) for request in keyed(await reward(api))]


async def reward(api: httpx.AsyncClient) -> str:
    told = {"name": "Gift", "price_points": 30, "amount": "3.00"}
    return str((await api.post("/v1/rewards", json=told, headers={"Idempotency-Key": "reward"})).json()["reward_id"])


def keyed(reward_id: str) -> list[Any]:
    """Give keyed requests about the person: points for a reason, a hold, and one that is refused."""

    def request(key: str, path: str, **body: object) -> Any:  # noqa: ANN401
        return lambda api: api.post(path, json=body, headers={"Idempotency-Key": key})

    return [
        request("a", f"/v1/members/{SECRET}/adjustments", points=5, reason=f"{SECRET} was so kind"),
        request("b", "/v1/redemptions", customer_id=SECRET, reward_id=reward_id),
        request("c", f"/v1/members/{SECRET}/adjustments", points=-900, reason=f"{SECRET} was rude"),
        request("d", "/v1/redemptions", customer_id=SECRET, reward_id=reward_id.translate(str.maketrans("0", "1"))),
    ]


async def test_nothing_of_the_person_is_left_in_any_table(api: httpx.AsyncClient, owner: asyncpg.Connection) -> None:
    first = await lives(api)
    assert [answer.status_code for answer in first] == [201, 201, 409, 404]
    before = await traces(owner)
    assert {"customer.email", "customer_alias.external_id", "purchase.metadata", "adjustment.reason"} <= set(before)
    assert "idempotency.body" in before

    erased = await api.post(f"/v1/customers/{SECRET}/erase")

    assert (erased.status_code, erased.json()["state"]) == (HTTPStatus.OK, "erased")
    assert SECRET not in erased.text
    assert await traces(owner) == []


async def test_what_was_answered_about_the_person_is_gone_and_is_not_done_again(
    api: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    first = await lives(api)
    reward_id = first[1].json()["reward_id"]
    await api.post(f"/v1/customers/{SECRET}/erase")
    before = await owner.fetchval("SELECT count(*) FROM award")

    for request in keyed(reward_id)[:2]:
        again = await request(api)
        assert (again.status_code, again.json()["code"]) == (HTTPStatus.GONE, "answer_erased")
    assert await owner.fetchval("SELECT count(*) FROM award") == before


async def test_what_is_asked_for_the_person_later_is_refused_without_a_trace(
    api: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await lives(api)
    await api.post(f"/v1/customers/{SECRET}/erase")

    for number, path in enumerate([f"members/{SECRET}/adjustments", "redemptions", f"customers/{SECRET}/merge"]):
        body = [
            {"points": -300, "reason": "late"},
            {"customer_id": SECRET, "reward_id": "01a20169-aa4c-73c2-9dda-b1ee62bcfb11"},
            {"into": f"{SECRET}-2"},
        ][number]
        refused = await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": f"late-{number}"})
        assert refused.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT}, path

    assert await traces(owner) == []
    assert not (await verify(owner)).faults


async def test_who_releases_what_the_erasure_released_is_told_that_it_is(api: httpx.AsyncClient) -> None:
    held = (await lives(api))[1].json()
    await api.post(f"/v1/customers/{SECRET}/erase")

    released = await api.post(f"/v1/redemptions/{held['redemption_id']}/release")
    captured = await api.post(f"/v1/redemptions/{held['redemption_id']}/capture")

    assert released.status_code == HTTPStatus.OK
    assert (released.json()["state"], released.json()["points"]) == ("released", 30)
    assert released.headers["Idempotency-Replayed"] == "true"
    assert captured.status_code == HTTPStatus.CONFLICT


async def test_the_person_is_not_found_any_more(api: httpx.AsyncClient) -> None:
    await lives(api)
    first = await api.post(f"/v1/customers/{SECRET}/erase")
    again = await api.post(f"/v1/customers/{SECRET}/erase")

    assert again.json() == first.json()
    for path in ("customers/{}", "customers/{}/export", "members/{}", "members/{}/balance", "members/{}/entries"):
        found = await api.get(f"/v1/{path.format(SECRET)}")
        assert found.status_code == HTTPStatus.NOT_FOUND, path
    changed = await api.patch(f"/v1/customers/{SECRET}", json={"name": "Back"})
    adjusted = await keyed(SECRET)[0](api)
    left = await api.delete(f"/v1/members/{SECRET}")
    assert (changed.status_code, left.status_code) == (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    assert adjusted.status_code == HTTPStatus.GONE
    joined = await api.post("/v1/members", json={"customer_id": SECRET, "joined_at": "2026-03-05T00:00:00Z"})
    assert (joined.status_code, joined.json()["code"]) == (HTTPStatus.CONFLICT, "customer_erased")


async def test_the_totals_stay_and_the_points_are_posted_away(shop: Shop) -> None:
    await shop.join(joining("ann"), joining("bob"))
    await shop.buy(purchase("hers", 6000, "ann"), purchase("his", 4000, "bob"))
    shop.follow(Policies(maturity=AfterDays(10_000)))
    await shop.buy(purchase("late", 1000, "ann"))
    await shop.redeem("ann", await shop.offer(20))
    goods = await shop.value("SELECT sum(goods_minor) FROM purchase WHERE member")
    award = await shop.erase("ann")
    assert (award.available_after, award.pending_after, award.held_after, award.debt_after) == (0, 0, 0, 0)
    assert await shop.value("SELECT sum(available + pending + held) FROM account") == 40
    assert await shop.value("SELECT sum(amount) FROM entry WHERE kind = 'erase'") == 70
    assert await shop.value("SELECT sum(goods_minor) FROM purchase WHERE member") == goods
    assert await shop.value("SELECT state FROM hold") == "released"
    await shop.verified()


async def test_what_was_owed_is_posted_away_too(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("o", 6000, "ann"))
    await shop.spend("ann", 60)
    await shop.take_back(refund("o", "r", 3000))
    assert await shop.balance("ann") == (0, 30)
    award = await shop.erase("ann")
    assert award.debt_after == 0
    await shop.verified()


async def test_a_purchase_told_again_or_anew_makes_no_new_customer_and_brings_nothing_back(
    shop: Shop, owner: asyncpg.Connection
) -> None:
    await shop.join(joining(SECRET, profile=PROFILE))
    await shop.buy(purchase("1", 6000, SECRET, profile=PROFILE))
    await shop.erase(SECRET)
    again, anew = await shop.buy(
        purchase("1", 6000, SECRET, profile=PROFILE), purchase("2", 6000, SECRET, on=5, profile=PROFILE)
    )
    assert recorded(again).replayed
    # The membership ended with the erasure, so what was bought inside it still earns: nothing that can be spent.
    assert recorded(anew).awards[0].customer_id == recorded(again).awards[0].customer_id
    assert await shop.value("SELECT count(*) FROM customer") == 1
    assert await traces(owner) == []
    with pytest.raises(NotFound):
        await shop.redeem(SECRET, await shop.offer(1))
    with pytest.raises(Erased):
        raise await shop.tell(joining(SECRET, on=9))  # type: ignore[misc]
    await shop.verified()


async def test_who_was_merged_is_erased_under_both_ids(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.join(joining(SECRET, profile=PROFILE), joining(f"{SECRET} too", profile=PROFILE))
    await shop.buy(purchase("1", 6000, SECRET), purchase("2", 4000, f"{SECRET} too"))
    await shop.merge(SECRET, f"{SECRET} too")
    await shop.erase(SECRET)
    assert await traces(owner) == []
    await shop.buy(purchase("3", 100, f"{SECRET} too"))
    assert await shop.value("SELECT count(*) FROM customer") == 2
    await shop.verified()
