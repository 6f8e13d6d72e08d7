"""Who may do what: every operation of the API, against every kind of caller who may not.

The operations are the application's own, so a new one is in here by itself. Where it names something of a programme by
an id that is not known here yet, the test says so, and wants one seeded.
"""

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from loyalty.auth.actions import create_key
from loyalty.auth.api import operations, scopes_page
from loyalty.auth.scopes import EVERY, SCOPES, needed
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.earning.actions import start_program
from loyalty.earning.twins import ensure_twin
from loyalty.holdouts.facts import HoldoutFacts
from loyalty.holdouts.queries import add as add_holdout
from loyalty.jobs.job import Desk
from loyalty.outbox.consumer import registered
from loyalty.outbox.tasks import drain
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.referrals.tasks import CONSUMER, work_off

ROOT = Path(__file__).parents[3]
_PARAMETER = re.compile(r"{(\w+)}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# Names of the service's own, not of something that a programme has.
NO_IDS = {("/v1/kpis", "key"), *(("/v1", name) for name in ("start", "end", "grain", "kind"))}
NO_IDS |= {("/v1/holdouts:plan", name) for name in ("holdout_share", "hoped_for")}
# What is sent besides ids, where something has to be.
BODIES: dict[str, dict[str, Any]] = {
    "record_purchase": {"order_id": "<order_id>", "placed_at": "2026-03-02T10:00:00Z", "currency": "EUR", "goods": "1"},
    "edit_purchase": {
        "order_id": "<order_id>",
        "placed_at": "2026-03-02T10:00:00Z",
        "source_updated_at": "2026-03-02T11:00:00Z",
        "currency": "EUR",
        "goods": "2",
    },
    "record_refund": {"refund_id": "r", "refunded_at": "2026-03-03T10:00:00Z", "goods": "1"},
    "record_refund_by_query": {"refund_id": "q", "refunded_at": "2026-03-03T10:00:00Z", "goods": "1"},
    "cancel_purchase": {},
    "cancel_purchase_by_query": {},
    "calculate_points": {"goods": "1", "draft_id": "<draft_id>"},
    "enrol_member": {
        "customer_id": "<customer_id>",
        "joined_at": "2026-03-01T00:00:00Z",
        "referral_code": "<code>",
    },
    "give_referral_code": {"code": "MINE"},
    "record_referral_invitation": {"channel": "email"},
    "start_export": {"kind": "members", "segment": "<key>"},
    "change_member": {"name": "Eve"},
    "change_customer": {"name": "Eve"},
    "record_action": {"action": "review", "action_id": "<order_id>", "performed_at": "2026-03-02T10:00:00Z"},
    "adjust_points": {"points": 5, "reason": "mine"},
    "merge_customer": {"into": "eve"},
    "edit_earning_draft": {"name": "Mine", "rules": [], "version": 1},
    "publish_earning_draft": {"version": 1, "allow_empty": True},
    "start_backtest": {"draft_id": "<draft_id>", "from_on": "2026-01-01", "to_on": "2026-02-01"},
    "redeem": {"customer_id": "eve", "reward_id": "<reward_id>", "capture": True},
    "capture": {},
    "edit_reward": {"name": "Mine", "price_points": 1, "amount": "1", "edition": 1},
    "add_codes": {"codes": ["mine"]},
    "change_segment": {"name": "Mine"},
    "edit_survey": {"name": "Mine", "trigger": {"kind": "on_request"}},
    "invite_to_survey": {"customer_id": "eve"},
    "hold_at_tier": {"tier": "gold", "reason": "mine"},
}
# Where a foreign id, like an unknown one, is the caller's own to give: it names nothing yet. Everywhere else, 404.
ANSWERED = {
    **dict.fromkeys(["record_purchase", "record_refund", "record_refund_by_query"], 201),
    **dict.fromkeys(["cancel_purchase", "cancel_purchase_by_query", "enrol_member"], 201),
    # The edit follows the recording, here.
    **dict.fromkeys(["get_eligibility", "find_eligibility", "edit_purchase", "check_referral_code"], 200),
}
# Every storefront of the programme sees these; of what else it has there are only ids of its own.
SHARED = {
    *("draft_id", "backtest_id", "version", "reward_id", "key", "code", "referral_id", "survey_id"),
    *("spend_id", "lead_id", "sku", "from_on"),
    *("estimate_id", "holdout_id", "objective_id"),
}


@asynccontextmanager
async def calling(app: Litestar, key: str | None) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"X-Request-Id": "same"} | ({"Authorization": key} if key else {})
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


async def made(database: Database, program: ProgramFacts, storefront: str = "web shop", **more: Any) -> str:  # noqa: ANN401
    async with database.session() as session:
        found, _ = await ensure_storefront(session, program.program_id, storefront)
        assert found.storefront_id is not None
        of = {"program_id": program.program_id, "mode": program.mode, "storefront_id": found.storefront_id}
        return await create_key(session, **of, **more)


def any_path(path: str) -> str:
    """Give an address of an operation, of nothing that there is."""
    return _PARAMETER.sub(lambda name: "9" if name[1] == "version" else str(uuid4()), path)


def test_every_operation_says_what_it_needs_and_the_page_says_the_same(app: Litestar) -> None:
    told = {f"{method} {path}": needed(handler.opt, method) for method, path, handler in operations(app)}

    assert len(told) > 80
    assert {name: scopes for name, scopes in told.items() if not set(scopes) <= SCOPES.keys()} == {}
    unused = SCOPES.keys() - {scope for scopes in told.values() for scope in scopes}
    assert unused == {"refunds:any"}
    page = (ROOT / "docs" / "scopes.md").read_text()
    assert page == scopes_page(app), "`loyalty keys scopes > docs/scopes.md` writes it anew"


async def test_nobody_comes_in_without_a_valid_key(
    app: Litestar, database: Database, program: ProgramFacts, source: Source, owner: asyncpg.Connection, key: str
) -> None:
    revoked, expired = [await made(database, program, name=name) for name in ("revoked", "expired")]
    await owner.execute("UPDATE api_key SET revoked_at = now() WHERE name = 'revoked'")
    await owner.execute(
        "UPDATE api_key SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s'"
        " WHERE name = 'expired'"
    )
    secret = key.split("_", 3)[3]
    strangers = {
        "none": None,
        "empty": "Bearer ",
        "another scheme": "Basic YTpi",
        "no key": f"Bearer {secret}",
        "unknown": f"Bearer lk_live_{program.program_id}_{'x' * 43}",
        "of another programme": f"Bearer lk_live_{program.program_id + 1}_{secret}",
        "a live one as a test key": f"Bearer {key.replace('live', 'test')}",
        "revoked": f"Bearer {revoked}",
        "expired": f"Bearer {expired}",
    }
    for name, header in strangers.items():
        async with calling(app, header) as stranger:
            bodies = set()
            for method, path, _ in operations(app):
                answer = await stranger.request(method, any_path(path))
                assert answer.status_code == HTTPStatus.UNAUTHORIZED, (name, method, path, answer.text)
                assert answer.headers["www-authenticate"].startswith("Bearer")
                bodies.add(answer.content)
            assert len(bodies) == 1, name
    assert source.program == program


async def test_a_key_does_only_what_its_scopes_allow(app: Litestar, database: Database, program: ProgramFacts) -> None:
    async with database.session() as session:
        # Test mode, where no operation is closed for another reason.
        twin, _ = await ensure_twin(session, program)
    sets: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for method, path, handler in operations(app):
        sets.setdefault(needed(handler.opt, method), []).append((method, path))
    for number, (scopes, those) in enumerate(sets.items()):
        allowed = await made(database, twin, name=f"allowed {number}", scopes=scopes)
        async with calling(app, f"Bearer {allowed}") as caller:
            for method, path in those:
                answer = await caller.request(method, any_path(path), headers={"Idempotency-Key": str(uuid4())})
                assert answer.status_code not in {401, 403, 500}, (method, path, answer.text)
        for lacking in scopes:
            others = sorted(SCOPES.keys() - {lacking})
            refused = await made(database, twin, name=f"{number} lacks {lacking}", scopes=others)
            async with calling(app, f"Bearer {refused}") as caller:
                for method, path in those:
                    answer = await caller.request(method, any_path(path))
                    assert answer.status_code == HTTPStatus.FORBIDDEN, (method, path, answer.text)
                    assert answer.json()["code"] == "forbidden"
                    assert lacking in answer.json()["detail"]


class Town:
    """A programme with one of everything. `known`: the ids of what it has; `unknown`: such that nobody has."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.unknown = {
            name: "99" if name == "version" else str(uuid4()) if _UUID.fullmatch(known[name]) else f"no-{known[name]}"
            for name in known
        } | {"from_on": "2026-04-02"}


async def seeded(api: httpx.AsyncClient, database: Database, program_id: int) -> Town:
    """Have one of everything in the programme of the client, by its own words."""

    async def send(method: str, path: str, **body: object) -> dict[str, Any]:
        keyed = {"Idempotency-Key": str(uuid4())}
        answer = await api.request(method, f"/v1/{path}", json=body or None, headers=keyed)
        assert answer.is_success, (path, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    rules = [{"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step": "1.00"}]
    tier = {"key": "gold", "name": {"en": "Gold"}, "threshold": "10"}
    await send("PUT", "tiers", counts="points_earned", window={"kind": "lifetime"}, tiers=[tier])
    draft = await send("POST", "earning-drafts", name="First", rules=rules)
    await send("POST", f"earning-drafts/{draft['draft_id']}/publish", version=1)
    draft = await send("POST", "earning-drafts", name="Next", rules=rules)
    days = {"from_on": "2026-01-01", "to_on": "2026-02-01"}
    backtest = await send("POST", "earning-rules/backtests", draft_id=draft["draft_id"], **days)
    await send("POST", "members", customer_id="ann-of-a", joined_at="2026-03-01T00:00:00Z", name="Ann")
    order = {"order_id": "order-of-a", "customer_id": "ann-of-a", "placed_at": "2026-03-02T10:00:00Z"}
    await send("POST", "purchases", **order, currency="EUR", goods="100")
    reward = await send("POST", "rewards", name="Gift", price_points=10, amount="1")
    held = await send("POST", "redemptions", customer_id="ann-of-a", reward_id=reward["reward_id"])
    await send("PUT", "referral-terms", referrer_points=50, friend_points=20)
    code = (await send("GET", "members/ann-of-a/referral-code"))["code"]
    await send("POST", "members", customer_id="fay", joined_at=utc_now().isoformat(), referral_code=code)
    desk = Desk(database, program_id, uuid4(), 1, utc_now())
    await drain(next(one for one in registered() if one.name == CONSUMER), desk)
    await work_off(desk)
    [referral] = (await send("GET", "referrals"))["data"]
    export = await send("POST", "exports", kind="purchases")
    file = {
        "content": "order_id,placed_at,goods\nold,2026-03-01T00:00:00Z,5\n",
        "headers": {"Content-Type": "text/csv"},
    }
    sent = (await api.post("/v1/imports?kind=purchases", **file)).json()
    conditions = [{"kind": "orders", "at_least": 1, "days": 365}]
    await send("POST", "segments", key="big-of-a", name="Big", conditions=conditions)
    await send("PUT", "spend", spend_id="spend-of-a", kind="running", booked_on="2026-03-01", amount="9")
    await send("PUT", "leads", lead_id="lead-of-a", created_at="2026-03-01T00:00:00Z", qualified=True)
    await send("PUT", "unit-costs", sku="mug-of-a", from_on="2026-03-05", unit_cost="2")
    await send("PUT", "point-costs", from_on="2026-03-05", cost="0.01")
    estimate = await send("POST", "impact/estimates")
    objective = await send("POST", "objectives", kpi="retention_rate", target="0.5", due_on="2099-01-01")
    # Of a time before anybody was known: whom the lot would hold out could not be asked for below.
    between = (utc_now() - timedelta(weeks=4), utc_now() + timedelta(weeks=4))
    holdout = HoldoutFacts(uuid4(), "running", "salt", 1000, 4, 0, 0, 0, *between, "test", None, None)
    async with database.writer() as connection:
        await add_holdout(connection, program_id, holdout)
    survey = await send("POST", "surveys", name="First", trigger={"kind": "on_request"})
    await send("POST", f"surveys/{survey['survey_id']}/publish")
    return Town(
        {
            "survey_id": survey["survey_id"],
            "customer_id": "ann-of-a",
            "order_id": "order-of-a",
            "reward_id": reward["reward_id"],
            "redemption_id": held["redemption_id"],
            "code": code,
            "referral_id": referral["referral_id"],
            "export_id": export["export_id"],
            "import_id": sent["import_id"],
            "draft_id": draft["draft_id"],
            "backtest_id": backtest["backtest_id"],
            "version": "2",
            "key": "big-of-a",
            "spend_id": "spend-of-a",
            "lead_id": "lead-of-a",
            "sku": "mug-of-a",
            "from_on": "2026-03-05",
            "estimate_id": estimate["estimate_id"],
            "objective_id": objective["objective_id"],
            "holdout_id": str(holdout.holdout_id),
        }
    )


def named(app: Litestar) -> Iterator[tuple[str, str, str, dict[str, Any], set[str]]]:
    """List the operations that name something by an id: id, method, path, documentation, names of ids."""
    paths = json.loads(msgspec.json.encode(app.openapi_schema.to_schema()))["paths"]
    for method, path, handler in operations(app):
        told = paths[path][method.lower()]
        operation = str(handler.operation_id)
        asked = {one["name"] for one in told.get("parameters", []) if one["in"] != "header" and one["required"]}
        asked -= {name for prefix, name in NO_IDS if path.startswith(prefix)}
        if told.get("requestBody", {}).get("required") and asked:
            assert operation in BODIES, f"say in BODIES what {operation} is sent"
        asked |= set(re.findall(r"<(\w+)>", json.dumps(BODIES.get(operation, {}))))
        if asked:
            yield operation, method, path, told, asked


async def ask(
    client: httpx.AsyncClient, operation: str, method: str, path: str, told: dict[str, Any], ids: dict[str, str]
) -> tuple[int, str]:
    """Send an operation about some ids; gives the status and the answer, without what is the request's own."""
    query = {
        one["name"]: ids[one["name"]] for one in told.get("parameters", []) if one["in"] == "query" and one["required"]
    }
    body = json.dumps(BODIES[operation]) if operation in BODIES else None
    for name, one in ids.items():
        body = body and body.replace(f"<{name}>", one)
    answer = await client.request(
        method,
        _PARAMETER.sub(lambda name: ids[name[1]], path),
        params=query,
        content=body,
        headers={"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"},
    )
    said = answer.text
    for one in sorted(ids.values(), key=len, reverse=True):
        said = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", "<id>", said)
    return answer.status_code, _UUID.sub("<uuid>", _INSTANT.sub("<instant>", said))


@pytest.mark.parametrize("stranger", ["of another programme", "of the test mode", "of another storefront"])
async def test_what_is_somebody_elses_answers_as_what_nobody_has(
    app: Litestar, api: httpx.AsyncClient, database: Database, program: ProgramFacts, owner: asyncpg.Connection,
    stranger: str,
) -> None:  # fmt: skip
    town = await seeded(api, database, program.program_id)
    async with database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")
        twin, _ = await ensure_twin(session, program)
    where = {"of another programme": other, "of the test mode": twin, "of another storefront": program}[stranger]
    key = await made(database, where, "elsewhere")
    await owner.execute("UPDATE storefront SET namespace = 'elsewhere' WHERE name = 'elsewhere'")
    before = await everything(owner, program.program_id)
    asked = 0
    async with calling(app, f"Bearer {key}") as foreign:
        if where is not program:
            tier = {"key": "gold", "name": {"en": "Gold"}, "threshold": "10"}
            told = {"counts": "points_earned", "window": {"kind": "lifetime"}, "tiers": [tier]}
            assert (await foreign.put("/v1/tiers", json=told, headers={"Idempotency-Key": "t"})).is_success
        # First what finds nothing, then what makes something of the caller's own.
        for operation, method, path, told, ids in sorted(named(app), key=lambda one: one[0] in ANSWERED):
            assert ids <= town.known.keys(), f"seed something for {operation}: {ids}"
            if where is program and ids & SHARED:
                continue
            theirs = await ask(foreign, operation, method, path, told, {name: town.known[name] for name in ids})
            unknown = await ask(foreign, operation, method, path, told, {name: town.unknown[name] for name in ids})
            assert theirs == unknown, (operation, theirs, unknown)
            assert theirs[0] == ANSWERED.get(operation, 404), (operation, theirs)
            asked += 1
    assert asked >= (20 if where is program else 45)
    if where is not program:
        assert await everything(owner, program.program_id) == before


async def everything(owner: asyncpg.Connection, program_id: int) -> dict[str, str]:
    """Give a digest of every row of a programme, but of when its keys were used."""
    tables = await owner.fetch(
        "SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'program_id'"
        " AND table_schema = 'public' AND table_name NOT IN ('api_key', 'storefront')"
    )
    return {
        row["name"]: await owner.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{row['name']}\" t"
            " WHERE program_id = $1",
            program_id,
        )
        for row in tables
    }


async def test_an_operation_that_says_nothing_is_for_keys_that_may_do_everything() -> None:
    assert needed({}, "GET") == needed({}, "POST") == (EVERY,)
