"""Earning rules over HTTP: drafts, publishing, trying a basket, actions."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from loyalty.clock import utc_now

BASE = {"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step": "1.00"}
DOUBLE = {"kind": "multiplier", "id": "double", "factor": "2", "minimum": "50.00"}
CAP = {"kind": "cap", "id": "month", "points": 150, "per": "month"}
Json = dict[str, Any]


async def post(api: httpx.AsyncClient, path: str, key: str | None = None, **body: object) -> httpx.Response:
    return await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": key} if key else {})


async def drafted(api: httpx.AsyncClient, *rules: Json, key: str = "draft", **more: object) -> Json:
    answer = await post(api, "earning-drafts", key, name="Autumn", rules=[*rules], **more)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    found: Json = answer.json()
    return found


async def published(api: httpx.AsyncClient, *rules: Json, key: str = "publish", **more: object) -> Json:
    draft = await drafted(api, *rules, key=f"{key}-draft")
    answer = await post(api, f"earning-drafts/{draft['draft_id']}/publish", key, version=draft["version"], **more)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    found: Json = answer.json()
    return found


async def buy(api: httpx.AsyncClient, order_id: str, goods: str, customer: str = "ann", **more: object) -> Json:
    order = {"order_id": order_id, "placed_at": utc_now().isoformat(), "currency": "EUR", "goods": goods}
    answer = await post(api, "purchases", **order, customer_id=customer, **more)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    found: Json = answer.json()
    return found


async def join(api: httpx.AsyncClient, customer: str = "ann") -> Json:
    answer = await post(api, "members", customer_id=customer, joined_at=utc_now().isoformat())
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


async def test_a_published_draft_decides_on_purchases_from_then_on(api: httpx.AsyncClient) -> None:
    await join(api)
    assert (await buy(api, "1", "60.00"))["points"]["given"] == 60
    version = await published(api, BASE, DOUBLE, CAP)
    assert (version["version"], version["state"], version["name"]) == (2, "in_force", "Autumn")
    assert version["rules"] == [BASE, DOUBLE, CAP]
    bought = (await buy(api, "2", "60.00"))["points"]
    assert (bought["given"], bought["rules_version"]) == (120, 2)
    assert [(part["rule"], part["points"]) for part in bought["breakdown"]] == [
        ("base", "60"), ("double", "60"), ("month", "0"),
    ]  # fmt: skip
    capped = (await buy(api, "3", "60.00"))["points"]
    assert capped["given"] == 30
    assert capped["breakdown"][-1] == {
        "rule": "month", "kind": "cap", "points": "-90", "taken": {"double": "60", "base": "30"},
    }  # fmt: skip
    listed = (await api.get("/v1/earning-rules")).json()["data"]
    assert [(v["version"], v["state"]) for v in listed] == [(2, "in_force"), (1, "retired")]
    assert (await api.get("/v1/earning-drafts")).json()["data"] == []


async def test_a_version_of_tomorrow_is_scheduled(api: httpx.AsyncClient) -> None:
    tomorrow = (utc_now() + timedelta(days=1)).isoformat()
    version = await published(api, BASE | {"points_per_step": 3}, in_force_from=tomorrow)
    assert version["state"] == "scheduled"
    await join(api)
    assert (await buy(api, "1", "10.00"))["points"]["given"] == 10


async def test_a_version_that_another_overtakes_before_it_begins_is_withdrawn(api: httpx.AsyncClient) -> None:
    soon, later, last = [(utc_now() + timedelta(days=days)).isoformat() for days in (1, 2, 3)]
    for key, begins, states in (
        ("a", later, ["scheduled", "in_force"]),
        # At the same instant the newer one begins.
        ("b", later, ["scheduled", "withdrawn", "in_force"]),
        ("c", last, ["scheduled", "scheduled", "withdrawn", "in_force"]),
        ("d", soon, ["scheduled", "withdrawn", "withdrawn", "withdrawn", "in_force"]),
    ):
        await published(api, BASE, key=key, in_force_from=begins)
        listed = (await api.get("/v1/earning-rules")).json()["data"]
        assert [version["state"] for version in listed] == states


async def test_rules_never_begin_in_the_past(api: httpx.AsyncClient) -> None:
    draft = await drafted(api, BASE)
    yesterday = (utc_now() - timedelta(days=1)).isoformat()
    # Nor at the end of time, which no zone west of it has.
    for key, begins in (("k", yesterday), ("l", "9999-12-31T23:30:00Z")):
        refused = await post(api, f"earning-drafts/{draft['draft_id']}/publish", key, version=1, in_force_from=begins)
        assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert refused.json()["errors"][0]["pointer"] == "/in_force_from"


async def test_no_rule_at_all_wants_a_word(api: httpx.AsyncClient) -> None:
    draft = await drafted(api)
    path = f"earning-drafts/{draft['draft_id']}/publish"
    refused = await post(api, path, "k", version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rules")
    assert (await post(api, path, "k2", version=1, allow_empty=True)).status_code == HTTPStatus.CREATED
    await join(api)
    assert (await buy(api, "1", "10.00"))["points"]["given"] == 0


async def test_publishing_again_under_its_key_gets_the_first_answer(api: httpx.AsyncClient) -> None:
    draft = await drafted(api, BASE)
    path = f"earning-drafts/{draft['draft_id']}/publish"
    first, again = [await post(api, path, "k", version=1) for _ in range(2)]
    assert (first.content, again.headers["idempotency-replayed"]) == (again.content, "true")
    gone = await post(api, path, "other", version=1)
    assert gone.status_code == HTTPStatus.NOT_FOUND


async def test_who_edits_an_older_draft_is_shown_the_newer_one(api: httpx.AsyncClient) -> None:
    draft = await drafted(api, BASE)
    path = f"/v1/earning-drafts/{draft['draft_id']}"
    edited = await api.put(path, json={"name": "Winter", "rules": [BASE, DOUBLE], "version": 1})
    assert (edited.status_code, edited.json()["version"], edited.json()["rules"]) == (200, 2, [BASE, DOUBLE])
    late = await api.put(path, json={"name": "Spring", "rules": [], "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "draft_edited")
    assert late.json()["first"]["name"] == "Winter"
    late = await post(api, f"earning-drafts/{draft['draft_id']}/publish", "k", version=1)
    assert late.status_code == HTTPStatus.CONFLICT
    assert (await api.delete(path)).status_code == HTTPStatus.NO_CONTENT
    assert (await api.get(path)).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        ([{"kind": "smiles"}], "/rules/0/kind"),
        ([BASE, DOUBLE | {"factor": "0.5"}], "/rules/1"),
        ([BASE, DOUBLE | {"factor": "2.12345"}], "/rules/1/factor"),
        ([BASE | {"step": "1.001"}], "/rules/0/step"),
        ([BASE | {"step_minor": 100}], "/rules/0/step_minor"),
        ([BASE | {"colour": "red"}], "/rules/0/colour"),
        ([BASE, DOUBLE | {"id": "base"}], "/rules/1/id"),
        ([BASE, DOUBLE | {"exclusive": True}], "/rules/1/exclusive"),
        ([BASE, CAP | {"rules": ["base", "gone"]}], "/rules/1/rules/1"),
        ([BASE, CAP | {"minimum": "5.00"}], "/rules/1/minimum"),
        ([BASE | {"starts_on": "2026-02-02", "ends_on": "2026-02-01"}], "/rules/0"),
        ([BASE | {"weekdays": [8]}], "/rules/0/weekdays/0"),
        ([BASE | {"id": f"r{n}"} for n in range(101)], "/rules"),
    ],
)
async def test_what_is_wrong_with_a_rule_is_pointed_at(api: httpx.AsyncClient, rules: list[Json], pointer: str) -> None:
    refused = await post(api, "earning-drafts", "k", name="Wrong", rules=rules)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert pointer in {error["pointer"] for error in refused.json()["errors"]}


async def test_everything_that_is_wrong_is_told_at_once(api: httpx.AsyncClient) -> None:
    refused = await post(api, "earning-drafts", "k", name="Wrong", rules=[{"kind": "smiles"}, BASE | {"colour": 1}])
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/rules/0/kind", "/rules/1/colour"]


async def test_a_segment_that_there_is_not_cannot_be_published(api: httpx.AsyncClient) -> None:
    draft = await drafted(api, BASE | {"segments": ["nobody"]})
    refused = await post(api, f"earning-drafts/{draft['draft_id']}/publish", "k", version=1)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rules/0/segments/0")


async def test_a_tier_that_there_is_not_cannot_be_published(api: httpx.AsyncClient) -> None:
    draft = await drafted(api, BASE, DOUBLE | {"tiers": ["silver", "gold"]})
    path = f"earning-drafts/{draft['draft_id']}/publish"
    refused = await post(api, path, "none", version=1)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/rules/1/tiers/0", "/rules/1/tiers/1"]
    silver = {"key": "silver", "name": {"en": "Silver"}, "threshold": "100"}
    gold = {"key": "gold", "name": {"en": "Gold"}, "threshold": "500"}
    scheme = {"counts": "points_earned", "window": {"kind": "lifetime"}}
    for key, tiers, pointers in (("one", [silver], ["/rules/1/tiers/1"]), ("both", [silver, gold], None)):
        told = await api.put("/v1/tiers", json=scheme | {"tiers": tiers}, headers={"Idempotency-Key": f"tiers-{key}"})
        assert told.is_success, told.text
        answer = await post(api, path, key, version=1)
        assert pointers is None or [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert answer.status_code == HTTPStatus.CREATED, answer.text


async def test_trying_a_basket_tells_what_the_purchase_would_be_answered(api: httpx.AsyncClient) -> None:
    await published(api, BASE, DOUBLE, {"kind": "first_purchase", "id": "first", "points": 40}, CAP)
    await join(api)
    for order, goods in (("1", "20.00"), ("2", "60.00"), ("3", "60.00")):
        tried = (await post(api, "points-calculations", goods=goods, customer_id="ann")).json()
        assert tried["member"]
        assert tried["points"] == (await buy(api, order, goods))["points"]


async def test_trying_a_basket_writes_nothing(api: httpx.AsyncClient) -> None:
    await join(api)
    before = (await api.get("/v1/members/ann/awards")).json()
    assert (await post(api, "points-calculations", goods="20.00", customer_id="ann")).json()["points"]["due"] == 20
    assert (await post(api, "points-calculations", goods="20.00")).json()["points"]["due"] == 20
    assert (await api.get("/v1/members/ann/awards")).json() == before
    assert (await post(api, "points-calculations", goods="1.00", customer_id="bob")).status_code == 404


async def test_a_draft_is_tried_before_it_is_published(api: httpx.AsyncClient) -> None:
    friday, saturday = "2030-11-29T12:00:00+01:00", "2030-11-30T12:00:00+01:00"
    draft = await drafted(api, BASE, {"kind": "multiplier", "factor": "3", "weekdays": [5]})
    for at, points in ((friday, 30), (saturday, 10)):
        tried = await post(api, "points-calculations", goods="10.00", placed_at=at, draft_id=draft["draft_id"])
        assert tried.json()["points"]["due"] == points
    plainly = await post(api, "points-calculations", goods="10.00", placed_at=friday)
    assert plainly.json()["points"]["due"] == 10


async def act(api: httpx.AsyncClient, action_id: str, action: str = "review", customer: str = "ann") -> httpx.Response:
    at = "2026-11-01T10:00:00Z"
    return await post(api, f"members/{customer}/actions", action=action, action_id=action_id, performed_at=at)


async def test_an_action_is_rewarded_once(api: httpx.AsyncClient) -> None:
    await published(api, BASE, {"kind": "custom_action", "id": "review", "action": "review", "points": 25})
    await join(api)
    told = {"action": "review", "action_id": "r1", "performed_at": utc_now().isoformat()}
    first = await post(api, "members/ann/actions", **told)
    assert first.status_code == HTTPStatus.CREATED
    assert first.json()["points"]["given"] == 25
    assert first.json()["balance"]["available"] == 25
    again = await post(api, "members/ann/actions", **told)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    other = await post(api, "members/ann/actions", **told | {"action": "visit"})
    assert other.status_code == HTTPStatus.CONFLICT
    assert other.json()["first"] == first.json()


async def test_an_action_that_no_rule_rewards_is_recorded_and_says_so(api: httpx.AsyncClient) -> None:
    await join(api)
    told = {"action": "visit", "action_id": "v1", "performed_at": utc_now().isoformat()}
    answer = (await post(api, "members/ann/actions", **told)).json()
    assert (answer["points"]["given"], answer["points"]["reason"]) == (0, "no_rule")


async def test_actions_that_cannot_be_are_refused(api: httpx.AsyncClient) -> None:
    await join(api)
    assert (await act(api, "a1", customer="bob")).status_code == HTTPStatus.NOT_FOUND
    assert (await act(api, "a1", action="birthday")).json()["errors"][0]["pointer"] == "/action"
    assert (await act(api, "a1", action="A review!")).status_code == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_joining_is_rewarded_the_first_time_only(api: httpx.AsyncClient) -> None:
    await published(api, BASE, {"kind": "joining", "points": 30})
    joined = await join(api)
    assert (joined["bonus"], joined["balance"]["available"]) == (30, 30)
    assert (await api.delete("/v1/members/ann")).is_success
    again = await join(api)
    assert (again["bonus"], again["balance"]["available"]) == (0, 30)


async def test_every_kind_describes_what_it_says(api: httpx.AsyncClient) -> None:
    found = {kind["kind"]: kind for kind in (await api.get("/v1/earning-rule-kinds")).json()["data"]}
    assert {"points_per_amount", "multiplier", "cap", "custom_action", "birthday"} <= found.keys()
    settings = found["points_per_amount"]["settings"]
    assert {"step", "points_per_step", "whole_steps", "minimum", "weekdays", "segments"} <= settings[
        "properties"
    ].keys()
    assert settings["required"] == ["kind", "points_per_step", "step"]
