"""Calls that are refused are kept beside the road, forgotten with the person, and done again by the same verbs."""

import json
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from litestar import Litestar

from loyalty.auth.actions import create_key
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.refusals.actions import Replayed, StaffRefusals, can_be_done
from loyalty.refusals.queries import RefusalsAsked, RefusalSeen, sweep
from loyalty.refusals.rules import kept_body

GOOD = {"order_id": "1001", "placed_at": "2026-03-01T10:00:00Z", "currency": "EUR", "goods": "84.00"}
ANN = {"customer_id": "c-Ann", "customer": {"email": "Ann@example.com", "name": "Ann"}}


class Town:
    """A storefront that calls, and the staff behind it."""

    def __init__(self, api: httpx.AsyncClient, app: Litestar, program: ProgramFacts, user_id: UUID) -> None:
        """Put them together."""
        self.api, self.app, self.program, self.user_id, self.rung = api, app, program, user_id, 0
        state = app.state
        self.staff = StaffRefusals(lambda: state.database, lambda: state.rules, self._ring)

    def _ring(self) -> None:
        self.rung += 1

    async def refused(self, **asked: Any) -> list[RefusalSeen]:  # noqa: ANN401
        """Give what is kept, the newest first."""
        await self.app.state.refusals.written()
        return (await self.staff.seen(self.program, RefusalsAsked(**asked))).refusals

    async def again(self, one: RefusalSeen) -> Replayed:
        """Have one done again."""
        return await self.staff.replay(self.program, self.user_id, "req_staff", one.refusal_id)


@pytest.fixture
async def town(api: httpx.AsyncClient, app: Litestar, program: ProgramFacts, owner: asyncpg.Connection) -> Town:
    """Give one."""
    user_id = uuid4()
    await owner.execute(
        """INSERT INTO "user" (user_id, email, role) VALUES ($1, 'maya@example.com', 'owner')""", user_id
    )
    return Town(api, app, program, user_id)


async def test_what_is_refused_is_kept_with_its_body_and_why(town: Town) -> None:
    bad = {**GOOD, **ANN, "goods": "84.901"}
    answer = await town.api.post("/v1/purchases", json=bad)
    assert answer.status_code == 422
    assert (await town.api.post("/v1/purchases", json=GOOD)).status_code == 201
    await town.api.post("/v1/purchases", content=b"{no", headers={"content-type": "application/json"})
    await town.api.post("/v1/purchases/1/refunds?token=secret", json={"refund_id": "r"})
    await town.api.post("/v1/points-calculations", json={"goods": "x"})
    await town.api.get("/v1/purchases/nothing")
    await town.api.post("/v1/purchases", json=GOOD, headers={"authorization": "Bearer lk_live_1_no"})
    refund, no_json, first = await town.refused()
    assert (first.status, first.order_id, first.operation) == (422, "1001", "record_purchase")
    assert json.loads(first.body or "") == bad
    assert first.problem["code"] == answer.json()["code"] == "invalid"
    assert first.problem["errors"][0]["pointer"] == "/goods"
    assert first.request_id == answer.headers["x-request-id"]
    assert (no_json.body, no_json.body_gone, no_json.status) == (None, "not_json", 400)
    assert (refund.order_id, refund.path) == ("1", "/v1/purchases/1/refunds")
    # Found by its order, its customer, its request; by nothing else.
    for text in ("1001", "c-ann", "ANN@example.com", first.request_id):
        assert [one.refusal_id for one in await town.refused(text=text)] == [first.refusal_id], text
    assert await town.refused(text="100") == []


async def test_items_of_a_batch_are_kept_one_by_one(town: Town) -> None:
    other = {**GOOD, "order_id": "1002", "currency": "CHF"}
    told = await town.api.post("/v1/purchases:batch", json={"purchases": [GOOD, other, {"order_id": 7}]})
    assert [one["status"] for one in told.json()["results"]] == [201, 422, 422]
    odd, currency = await town.refused()
    assert [(one.place, one.order_id) for one in (currency, odd)] == [(1, "1002"), (2, None)]
    assert json.loads(currency.body or "") == other


async def test_one_is_done_again_by_the_same_verb_and_the_same_rules(town: Town) -> None:
    moved = {**GOOD, **ANN, "goods": "90.00"}
    await town.api.post("/v1/purchases", json={**GOOD, **ANN})
    await town.api.post("/v1/purchases", json=moved)
    [facts] = await town.refused()
    assert (facts.status, facts.problem["code"], facts.purchase_id is None) == (409, "other_facts", False)
    refused = await town.again(facts)
    assert (refused.done, refused.code) == (False, "other_facts")
    [after] = await town.refused()
    assert (after.outcome, after.replayed_by) == ("other_facts", "maya@example.com")
    # What the key may not do, staff may.
    async with town.app.state.database.session() as session:
        storefront = await session.connection()
        number = (await storefront.exec_driver_sql("SELECT storefront_id FROM storefront")).scalar_one()
        reads = await create_key(
            session, program_id=town.program.program_id, mode=town.program.mode, storefront_id=number,
            name="reads", scopes=["purchases:read"],
        )  # fmt: skip
    late = {**GOOD, **ANN, "order_id": "1009"}
    only_reads = {"authorization": f"Bearer {reads}"}
    assert (await town.api.post("/v1/purchases", json=late, headers=only_reads)).status_code == 403
    gone = await town.api.post("/v1/purchases/1009/cancel", headers=only_reads)
    assert gone.status_code == 403
    cancel, forbidden = (await town.refused(open=True))[:2]
    assert (cancel.body_gone, can_be_done(cancel)) == ("none", True)
    # Without what it said nothing can be done again.
    assert (forbidden.body is None) != can_be_done(forbidden)
    assert await town.again(cancel) == Replayed(done=True)
    assert town.rung == 2
    with pytest.raises(NotFound):
        await town.staff.replay(town.program, town.user_id, "", uuid4())


async def test_erasing_a_person_removes_what_refused_calls_say_of_them(town: Town, owner: asyncpg.Connection) -> None:
    assert (await town.api.post("/v1/purchases", json={**GOOD, **ANN})).status_code == 201
    tells = [{"customer_id": "c-Ann"}, {"customer": {"email": "ann@EXAMPLE.com"}}, {"customer_id": "c-Bo"}]
    for tell in tells:
        await town.api.post("/v1/purchases", json={**GOOD, **tell, "order_id": "7", "goods": "1.001"})
    await town.api.post("/v1/purchases/1001/refunds", json={"refund_id": "r"})
    assert all(one.body for one in await town.refused())
    erased = await town.api.post("/v1/customers/c-Ann/erase", headers={"idempotency-key": "k"})
    assert erased.status_code in {200, 201}, erased.text
    kept = await town.refused()
    assert [one.body_gone for one in kept] == ["erased", None, "erased", "erased"]
    assert all("detail" not in one.problem for one in kept if one.body_gone)
    everything = await owner.fetchval("SELECT string_agg(r::text, '') FROM refused_call r")
    assert "ann" not in everything.lower()
    # A call that is refused because of it is kept without what it says.
    await town.api.post("/v1/purchases", json={**GOOD, **ANN, "order_id": "8"})
    assert [one.body_gone for one in await town.refused(text="8")] in ([], ["erased"])


async def test_a_flood_of_one_key_is_cut_off_and_old_ones_go(
    town: Town, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loyalty.refusals.queries.PER_HOUR", 3)
    for n in range(5):
        await town.api.post("/v1/purchases", json={"order_id": str(n)})
    assert len(await town.refused()) == 3
    await owner.execute("UPDATE refused_call SET refused_at = refused_at - interval '31 days' WHERE order_id = '0'")
    monkeypatch.setattr("loyalty.refusals.queries.MOST", 1)
    await sweep(town.app.state.database.money, town.program.program_id)
    assert [one.order_id for one in await town.refused()] == ["2"]


async def test_an_answer_does_not_wait_for_what_cannot_be_kept(town: Town, owner: asyncpg.Connection) -> None:
    await owner.execute("ALTER TABLE refused_call RENAME TO elsewhere")
    answer = await town.api.post("/v1/purchases", json={"order_id": "1"})
    assert answer.status_code == 422
    await town.app.state.refusals.written()
    await owner.execute("ALTER TABLE elsewhere RENAME TO refused_call")
    await town.api.post("/v1/purchases", json={"order_id": "2"})
    assert [one.order_id for one in await town.refused()] == ["2"]


def test_only_json_of_some_size_is_kept() -> None:
    assert kept_body(b"[" * 60_000, 400, "").gone == "not_json"
    assert kept_body(b'"' + b"x" * 70_000 + b'"', 422, "").gone == "too_large"
    assert (kept_body(None, 413, "").gone, kept_body(b" ", 400, "").gone) == ("too_large", "none")
    assert kept_body(b'{"customer_id": "A"}', 410, "customer_erased").text is None
    assert kept_body(b'{"order_id": 7, "customer_id": 7}', 422, "").names == ["7"]
    assert kept_body(b'{"a": "\\u0000"}', 422, "").gone == "not_json"
