"""Holding customers out: who is drawn, who may not join, who may all the same, and that arms stay."""

from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from loyalty.database import Database, write
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.holdouts.rules import arm_of
from loyalty.imports.kinds.members import Members
from loyalty.members.decisions import Joined, NewMembership
from loyalty.programs.facts import Source

JOINED = "2026-03-01T00:00:00Z"


async def sent(api: httpx.AsyncClient, path: str, key: str = "", **body: object) -> httpx.Response:
    return await api.post(f"/v1/{path}", json=body or None, headers={"Idempotency-Key": key or path})


async def known(api: httpx.AsyncClient, customers: int) -> None:
    """Have customers buy, and one of them join."""
    for number in range(customers):
        order = {"order_id": f"o{number}", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "9"}
        assert (await sent(api, "purchases", **order, customer_id=f"c{number}")).is_success
    assert (await sent(api, "members", customer_id="c0", joined_at=JOINED)).is_success


async def started(api: httpx.AsyncClient) -> dict[str, Any]:
    answer = await sent(api, "holdouts", "start", holdout_share="0.5", weeks=4)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def arms(owner: asyncpg.Connection) -> dict[str, tuple[UUID, str]]:
    rows = await owner.fetch(
        "SELECT external_id, a.customer_id, arm FROM holdout_arm a JOIN customer_alias USING (program_id, customer_id)"
    )
    return {row["external_id"]: (row["customer_id"], row["arm"]) for row in rows}


async def asked(api: httpx.AsyncClient, customer: str) -> tuple[bool, list[str]]:
    told = (await api.get(f"/v1/customers/{customer}/eligibility")).json()
    return told["eligible"], [reason["code"] for reason in told["reasons"]]


async def test_who_is_held_out_cannot_join_without_a_reason_and_stays_in_the_arm(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, source: Source, rules: RulesCache
) -> None:
    await known(api, 24)
    holdout = await started(api)
    drawn = await arms(owner)
    # Everybody but the member, by the hash, which anybody can work out again.
    assert set(drawn) == {f"c{number}" for number in range(1, 24)}
    assert all(arm == arm_of(holdout["salt"], who, 5000) for who, arm in drawn.values())
    assert holdout["offered"] + holdout["held_out"] == 23
    ours = [name for name, (_, arm) in drawn.items() if arm == "held_out"]
    free = next(name for name, (_, arm) in drawn.items() if arm == "offered")
    first, second = ours[:2]

    assert await asked(api, first) == (False, ["not_offered"])
    assert await asked(api, free) == (True, [])
    assert await asked(api, "new") == (True, [])
    refused = await sent(api, "members", customer_id=first, joined_at=JOINED)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_offered")

    async def by_import(new: NewMembership) -> Joined | LoyaltyError:
        [told] = await write(database, lambda tx, some: Members.record(tx, source, rules, some), [new])
        assert isinstance(told, Joined | LoyaltyError)
        return told

    at = await owner.fetchval("SELECT now()")
    told = await by_import(NewMembership(second, at))
    assert isinstance(told, LoyaltyError)
    assert told.code == "not_offered"
    assert isinstance(await by_import(NewMembership(second, at, override_reason="was promised it")), Joined)
    for name in (free, "new"):
        assert (await sent(api, "members", customer_id=name, joined_at=JOINED)).is_success
    again = {"customer_id": first, "joined_at": JOINED, "override_reason": "insisted at the till"}
    assert [(await sent(api, "members", **again)).status_code for _ in range(2)] == [201, 201]

    assert await arms(owner) | {"new": None} == drawn | {"new": None}
    reasons = await owner.fetch("SELECT reason FROM holdout_override ORDER BY reason")
    assert [row["reason"] for row in reasons] == ["insisted at the till", "was promised it"]
    seen = (await api.get(f"/v1/holdouts/{holdout['holdout_id']}")).json()
    assert (seen["state"], seen["overrides"]) == ("running", 2)
    # Leaving is nobody's to refuse, and the person's own words go with them.
    assert (await api.delete(f"/v1/members/{first}")).is_success
    assert (await sent(api, f"customers/{first}/erase")).is_success
    assert [row[0] for row in await owner.fetch("SELECT reason FROM holdout_override ORDER BY 1")] == [
        "was promised it",
        None,
    ]


async def test_one_runs_at_a_time_and_its_end_frees_everybody(
    api: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    empty = await sent(api, "holdouts", "none", holdout_share="0.5", weeks=4)
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/holdout_share")
    await known(api, 16)
    holdout = await started(api)
    assert (await started(api))["holdout_id"] == holdout["holdout_id"]
    second = await sent(api, "holdouts", "another", holdout_share="0.2", weeks=4)
    assert (second.status_code, second.json()["code"]) == (409, "holdout_running")
    held_out = next(name for name, (_, arm) in (await arms(owner)).items() if arm == "held_out")

    # Its day comes.
    await owner.execute("UPDATE holdout SET started_at = started_at - interval '1 year', ends_at = now()")
    assert await asked(api, held_out) == (True, [])
    assert (await sent(api, "holdouts", "next", holdout_share="0.5", weeks=8)).status_code == httpx.codes.CREATED
    newest, oldest = (await api.get("/v1/holdouts")).json()["data"]
    assert (newest["state"], oldest["state"], oldest["holdout_id"]) == ("running", "over", holdout["holdout_id"])
    stopped = await sent(api, f"holdouts/{newest['holdout_id']}/stop")
    assert stopped.json()["state"] == "stopped"
    assert (await sent(api, "members", customer_id=held_out, joined_at=JOINED)).is_success


@pytest.mark.parametrize("share", ["0", "1", "0.00", "0.00001", "1.5", "-0.1"])
async def test_a_share_is_a_part_of_a_whole(api: httpx.AsyncClient, share: str) -> None:
    assert (await sent(api, "holdouts", "s", holdout_share=share, weeks=4)).status_code in {400, 422}
