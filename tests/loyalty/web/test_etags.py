"""ETags: who edits what somebody else has edited since is told so, and changes nothing."""

import asyncio
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
import pytest

from loyalty.errors import PreconditionFailed
from loyalty.web.etags import check_match

TIER = {"key": "gold", "name": {"en": "Gold"}, "threshold": "10"}
REWARD = {"name": "Gift", "price_points": 10, "amount": "1"}
BUYERS = [{"kind": "orders", "at_least": 1, "days": 365}]
RULES = [{"kind": "points_per_amount", "id": "base", "points_per_step": 1, "step": "1.00"}]
KINDS = ["tiers", "reward", "segment", "draft"]


class Setting:
    """Something that is edited, and bodies that change it: the n-th differs from all others."""

    def __init__(self, kind: str, api: httpx.AsyncClient) -> None:
        self.kind, self.api, self.path = kind, api, "/v1/tiers"

    async def make(self) -> "Setting":
        made = {
            "reward": ("rewards", REWARD, "reward_id"),
            "segment": ("segments", {"key": "big", "name": "Big", "conditions": BUYERS}, "key"),
            "draft": ("earning-drafts", {"name": "First", "rules": RULES}, "draft_id"),
        }
        if self.kind == "tiers":
            await self.put(0)
        else:
            path, body, name = made[self.kind]
            answer = await self.api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": str(uuid4())})
            assert answer.is_success, answer.text
            self.path = f"/v1/{path}/{answer.json()[name]}"
        return self

    def body(self, number: int, seen: int) -> dict[str, Any]:
        window = {"kind": "rolling", "months": number + 1}
        return {
            "tiers": {"counts": "points_earned", "window": window, "tiers": [TIER]},
            "reward": REWARD | {"name": f"Gift {number}", "edition": seen},
            "segment": {"name": f"Big {number}", "conditions": BUYERS},
            "draft": {"name": f"Draft {number}", "rules": RULES, "version": seen},
        }[self.kind]

    async def put(self, number: int, if_match: str | None = None, seen: int = 1, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key or str(uuid4())} | ({} if if_match is None else {"If-Match": if_match})
        return await self.api.put(self.path, json=self.body(number, seen), headers=headers)

    async def read(self) -> tuple[str, dict[str, Any]]:
        answer = await self.api.get(self.path)
        return answer.headers["etag"], answer.json()


@pytest.fixture(params=KINDS)
async def setting(request: pytest.FixtureRequest, api: httpx.AsyncClient) -> Setting:
    return await Setting(request.param, api).make()


async def test_the_version_that_was_read_can_be_changed_and_an_older_one_not(setting: Setting) -> None:
    first, _ = await setting.read()
    changed = await setting.put(1, first)
    second, stands = await setting.read()
    late = await setting.put(2, first, seen=2)
    found = await setting.read()

    assert (changed.status_code, changed.headers["etag"]) == (HTTPStatus.OK, second)
    assert first != second
    assert (late.status_code, late.json()["code"]) == (HTTPStatus.PRECONDITION_FAILED, "precondition_failed")
    assert second in late.json()["detail"]
    assert found == (second, stands)
    assert (await setting.put(3, second, seen=2)).status_code == HTTPStatus.OK


async def test_without_if_match_what_stands_is_changed(setting: Setting) -> None:
    assert (await setting.put(1)).status_code == HTTPStatus.OK
    assert (await setting.put(2, seen=2)).status_code == HTTPStatus.OK
    assert (await setting.put(3, "*", seen=3)).status_code == HTTPStatus.OK


async def test_of_two_who_read_the_same_version_one_is_told(setting: Setting) -> None:
    tag, _ = await setting.read()
    answers = await asyncio.gather(*(setting.put(number, tag) for number in range(1, 6)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [HTTPStatus.OK] + [HTTPStatus.PRECONDITION_FAILED] * 4, [answer.text for answer in answers]


async def test_a_retry_of_a_change_that_was_made_is_the_first_answer(api: httpx.AsyncClient) -> None:
    setting = await Setting("tiers", api).make()
    tag, _ = await setting.read()
    first = await setting.put(1, tag, key="change")
    again = await setting.put(1, tag, key="change")

    assert (again.status_code, again.content, again.headers["etag"]) == (200, first.content, first.headers["etag"])
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_change_that_came_too_late_may_be_sent_again_under_its_key(api: httpx.AsyncClient) -> None:
    setting = await Setting("tiers", api).make()
    tag, _ = await setting.read()
    await setting.put(1, tag)
    late = await setting.put(2, tag, key="mine")
    newer, _ = await setting.read()

    assert late.status_code == HTTPStatus.PRECONDITION_FAILED
    assert (await setting.put(2, newer, key="mine")).status_code == HTTPStatus.OK


@pytest.mark.parametrize("told", ['"7"', ' "7" ', '"6", "7"', "*", None, 'W/"7"'])
def test_a_tag_matches_alone_or_in_a_list(told: str | None) -> None:
    if told == 'W/"7"':
        with pytest.raises(PreconditionFailed):
            check_match(told, 7)
    else:
        check_match(told, 7)


@pytest.mark.parametrize("told", ['"77"', "7", '"6"', "", '"7', '"6""7"'])
def test_what_is_not_the_tag_matches_nothing(told: str) -> None:
    with pytest.raises(PreconditionFailed):
        check_match(told, 7)
