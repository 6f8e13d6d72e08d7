"""Holding customers out: who is drawn, who may not join, who may all the same, and that arms stay."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.holdouts import lot, tasks
from loyalty.holdouts.rules import arm_of
from loyalty.holdouts.tasks import draw_lots
from loyalty.ids import new_id
from loyalty.jobs.job import Desk as JobDesk
from loyalty.programs.facts import ProgramFacts, Source
from tests.loyalty.imports.desk import Desk

LONG = "was promised it by word of mouth: " + "a" * 400
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


async def begin(owner: asyncpg.Connection, database: Database, program: ProgramFacts) -> None:
    """Let the moments pass after which a holdout has begun and is drawn."""
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = clock_offset + interval '30 seconds'")
    await draw_lots(JobDesk(database, program.program_id, new_id(), 1, utc_now()))


async def arms(owner: asyncpg.Connection) -> dict[str, tuple[UUID, str]]:
    rows = await owner.fetch(
        "SELECT external_id, a.customer_id, arm FROM holdout_arm a JOIN customer_alias USING (program_id, customer_id)"
    )
    return {row["external_id"]: (row["customer_id"], row["arm"]) for row in rows}


async def asked(api: httpx.AsyncClient, customer: str) -> tuple[bool, list[str]]:
    told = (await api.get(f"/v1/customers/{customer}/eligibility")).json()
    return told["eligible"], [reason["code"] for reason in told["reasons"]]


async def test_who_is_held_out_cannot_join_without_a_reason_and_stays_in_the_arm(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, source: Source, tmp_path: Path
) -> None:
    await known(api, 24)
    holdout = await started(api)
    await begin(owner, database, source.program)
    drawn = await arms(owner)
    # Everybody but the member, by the hash, which anybody can work out again who knows the salt.
    assert set(drawn) == {f"c{number}" for number in range(1, 24)}
    salt = await owner.fetchval("SELECT salt FROM holdout")
    assert all(arm == arm_of(salt, who, 5000) for who, arm in drawn.values())
    assert (holdout["salt"], holdout["offered"], holdout["held_out"]) == (None, None, None)
    ours = [name for name, (_, arm) in drawn.items() if arm == "held_out"]
    free = next(name for name, (_, arm) in drawn.items() if arm == "offered")
    first, second = ours[:2]

    assert await asked(api, first) == (False, ["not_offered"])
    assert await asked(api, free) == (True, [])
    assert await asked(api, "new") == (True, [])
    refused = await sent(api, "members", customer_id=first, joined_at=JOINED)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_offered")

    # By a file, too; and a reason there may be as long as over HTTP.
    told = await Desk(database, source, tmp_path).bring_in(
        "members",
        f"customer_id,joined_at,override_reason\n{first},{JOINED},\n{second},{JOINED},{LONG}\n",
    )
    assert (told.recorded, told.errors) == (1, 1)
    assert told.errors_file is not None
    assert "not_offered" in told.errors_file.read_text()
    for name in (free, "new"):
        assert (await sent(api, "members", customer_id=name, joined_at=JOINED)).is_success
    again = {"customer_id": first, "joined_at": JOINED, "override_reason": "insisted at the till"}
    assert [(await sent(api, "members", **again)).status_code for _ in range(2)] == [201, 201]

    assert await arms(owner) == drawn
    reasons = await owner.fetch("SELECT reason FROM holdout_override ORDER BY reason")
    assert [row["reason"] for row in reasons] == ["insisted at the till", LONG]
    seen = (await api.get(f"/v1/holdouts/{holdout['holdout_id']}")).json()
    assert (seen["state"], seen["overrides"]) == ("running", 2)
    assert seen["offered"] + seen["held_out"] == 23
    # Leaving is nobody's to refuse, and the person's own words go with them.
    assert (await api.delete(f"/v1/members/{first}")).is_success
    assert (await sent(api, f"customers/{first}/erase")).is_success
    assert [row[0] for row in await owner.fetch("SELECT reason FROM holdout_override ORDER BY 1")] == [
        LONG,
        None,
    ]


async def test_one_runs_at_a_time_and_its_end_frees_everybody(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    empty = await sent(api, "holdouts", "none", holdout_share="0.5", weeks=4)
    assert (empty.status_code, empty.json()["errors"][0]["pointer"]) == (422, "/holdout_share")
    await known(api, 16)
    holdout = await started(api)
    assert (await started(api))["holdout_id"] == holdout["holdout_id"]
    second = await sent(api, "holdouts", "another", holdout_share="0.2", weeks=4)
    assert (second.status_code, second.json()["code"]) == (409, "holdout_running")
    await begin(owner, database, program)
    held_out = next(name for name, (_, arm) in (await arms(owner)).items() if arm == "held_out")

    # Its day comes: a minute before it everybody is still where they were.
    day = "UPDATE program SET clock_offset = (SELECT ends_at FROM holdout) - clock_timestamp() + $1::interval"
    await owner.execute(day, timedelta(minutes=-1))
    assert await asked(api, held_out) == (False, ["not_offered"])
    assert (await api.get("/v1/holdouts")).json()["data"][0]["state"] == "running"
    await owner.execute(day, timedelta())
    assert await asked(api, held_out) == (True, [])
    over = (await api.get("/v1/holdouts")).json()["data"][0]
    assert (over["state"], len(over["salt"])) == ("over", 32)
    assert (await sent(api, "holdouts", "next", holdout_share="0.5", weeks=8)).status_code == httpx.codes.CREATED
    newest, oldest = (await api.get("/v1/holdouts")).json()["data"]
    assert (newest["state"], oldest["state"], oldest["holdout_id"]) == ("running", "over", holdout["holdout_id"])
    stopped = await sent(api, f"holdouts/{newest['holdout_id']}/stop")
    assert stopped.json()["state"] == "stopped"
    # One that was stopped before it was drawn never is.
    drawn = await arms(owner)
    await begin(owner, database, program)
    assert await arms(owner) == drawn
    assert (await sent(api, "members", customer_id=held_out, joined_at=JOINED)).is_success


async def test_it_is_about_those_known_at_its_beginning_however_often_the_draw_is_interrupted(
    api: httpx.AsyncClient,
    owner: asyncpg.Connection,
    database: Database,
    program: ProgramFacts,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_SLICE", 3)
    await known(api, 17)
    # Of a membership that begins in a moment, as clocks differ, and of one that is over.
    soon = (await owner.fetchval("SELECT now()") + timedelta(minutes=5)).isoformat()
    assert (await sent(api, "members", "soon", customer_id="c1", joined_at=soon)).is_success
    former = {"customer_id": "c2", "joined_at": JOINED, "left_at": "2026-03-05T00:00:00Z"}
    assert (await sent(api, "members", "former", **former)).is_success
    await started(api)
    # Asked for, and not begun: who joins is free, and so is whoever is first seen later.
    assert (await sent(api, "members", "c3", customer_id="c3", joined_at=JOINED)).is_success
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = clock_offset + interval '16 seconds'")
    order = {"order_id": "late", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "9"}
    assert (await sent(api, "purchases", **order, customer_id="late")).is_success
    answers = {name: await asked(api, name) for name in ("late", *(f"c{number}" for number in range(17)))}
    # Offered, and joined before anything is drawn: they are drawn all the same, for it is known what they were.
    joined = next(name for name, (may, _) in answers.items() if may and name not in {"late", "c1", "c2"})
    assert (await sent(api, "members", "joined", customer_id=joined, joined_at=JOINED)).is_success

    written = 0

    async def killed(*told: Any) -> None:  # noqa: ANN401 - whatever it is told
        nonlocal written
        written += 1
        if written > 2:
            raise ConnectionResetError
        await lot.draw(*told)

    with monkeypatch.context() as patch:
        patch.setattr(tasks, "draw", killed)
        with pytest.raises(ConnectionResetError):
            await begin(owner, database, program)
    assert 0 < len(await arms(owner)) <= 6
    await begin(owner, database, program)
    drawn = await arms(owner)
    assert set(drawn) == {"c2", *(f"c{number}" for number in range(4, 17))}
    assert {name for name, (_, arm) in drawn.items() if arm == "held_out"} == {
        name for name, (_, reasons) in answers.items() if "not_offered" in reasons
    }
    told = (await api.get("/v1/holdouts")).json()["data"][0]
    assert told["offered"] + told["held_out"] == len(drawn)


async def test_a_person_is_held_out_under_every_id(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    await known(api, 24)
    await started(api)
    await begin(owner, database, program)
    held_out = [name for name, (_, arm) in (await arms(owner)).items() if arm == "held_out"]
    [offered, *_] = [name for name, (_, arm) in (await arms(owner)).items() if arm == "offered"]
    order = {"placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "9"}
    assert (await sent(api, "purchases", "late", **order, order_id="late", customer_id="late")).is_success

    async def merge(gone: str, kept: str) -> None:
        answer = await sent(api, f"customers/{gone}/merge", f"{gone}-{kept}", into=kept)
        assert answer.is_success, answer.text

    # Into one who came later; into one with an arm, who keeps it; into one who was a member all along.
    await merge(held_out[0], "late")
    await merge(held_out[1], offered)
    await merge(held_out[2], "c0")
    for name in ("late", held_out[0]):
        assert await asked(api, name) == (False, ["not_offered"])
        refused = await sent(api, "members", f"join-{name}", customer_id=name, joined_at=JOINED)
        assert (refused.status_code, refused.json()["code"]) == (409, "not_offered")
    assert await asked(api, offered) == (True, [])
    assert await asked(api, "c0") == (False, ["already_member"])
    assert (await api.delete("/v1/members/c0")).is_success
    assert await asked(api, "c0") == (True, [])


@pytest.mark.parametrize("share", ["0", "1", "0.00", "0.00001", "1.5", "-0.1"])
async def test_a_share_is_a_part_of_a_whole(api: httpx.AsyncClient, share: str) -> None:
    assert (await sent(api, "holdouts", "s", holdout_share=share, weeks=4)).status_code in {400, 422}
