"""Surveys as managers and storefronts tell them over HTTP."""

from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar

from loyalty.asgi import create_app
from loyalty.settings import Settings
from surveys.answers import actions as answers
from surveys.plans.policy import Policy
from tests.surveys.conftest import Poll

SURVEY: dict[str, Any] = {"name": "After a purchase", "trigger": {"kind": "on_request"}}


def key(name: str) -> dict[str, str]:
    return {"Idempotency-Key": name}


@pytest.fixture(scope="session")
def made() -> tuple[Settings, Litestar]:
    """Make an application with a key to make links with, under its public address."""
    settings = Settings(link_keys=["k" * 32], public_url="https://shop.example", pool_size=4)  # type: ignore[list-item]
    return settings, create_app(settings)


async def test_a_survey_is_drafted_edited_published_asked_and_closed(poll: Poll) -> None:
    assert (await poll.call("GET", "survey-policy"))["version"] == 0
    assert (await poll.call("PUT", "survey-policy", consent=None))["version"] == 1
    made = await poll.call("POST", "surveys", 201, **SURVEY)
    path = f"surveys/{made['survey_id']}"
    assert (made["state"], made["edition"]) == ("draft", 0)
    await poll.buys("o1")
    await poll.call("POST", f"{path}/invitations", 409, customer_id="ann")
    changed = await poll.call("PUT", path, **SURVEY | {"texts": {"fr": {"question": "Alors ?"}}})
    assert changed["version"] == made["version"] + 1
    assert (await poll.call("POST", f"{path}/publish"))["edition"] == 1
    given = await poll.call("POST", f"{path}/invitations", 201, customer_id="ann")
    assert given["url"].startswith(f"https://shop.example/s/{poll.program}.")
    again = await poll.api.post(f"/v1/{path}/invitations", json={"customer_id": "ann"}, headers=key("another"))
    assert (again.status_code, again.headers["survey-skipped"], again.content) == (204, "throttled", b"")
    assert (await poll.call("POST", f"{path}/close"))["state"] == "closed"
    assert [one["state"] for one in (await poll.call("GET", "surveys"))["data"]] == ["closed"]
    told = await poll.call("GET", "survey-results?start=2026-03-01&end=2026-04-01")
    assert told["funnel"] == {
        "eligible": 2, "invited": 1, "sent": 1, "bounced": 0, "scored": 0, "commented": 0,
        "reasons": {"throttled": 1},
    }  # fmt: skip
    assert (told["all"]["answers"], told["all"]["score"], told["all"]["shown"]) == (0, None, None)
    other = (await poll.call("POST", "surveys", 201, **SURVEY))["survey_id"]
    of_other = await poll.call("GET", f"survey-results?start=2026-03-01&end=2026-04-01&survey_id={other}")
    assert of_other["funnel"]["eligible"] == 0
    await poll.call("GET", f"survey-results?start=2026-03-01&end=2026-04-01&survey_id={uuid4()}", 404)


async def test_an_edit_of_an_older_version_overwrites_nothing(poll: Poll) -> None:
    made = await poll.call("POST", "surveys", 201, **SURVEY)
    path = f"/v1/surveys/{made['survey_id']}"
    read = await poll.api.get(path)
    for key, status in (("a", 200), ("b", 412)):
        headers = {"Idempotency-Key": key, "If-Match": read.headers["etag"]}
        answer = await poll.api.put(path, json=SURVEY | {"name": f"Survey {key}"}, headers=headers)
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"trigger": {"kind": "full_moon"}}, "/trigger/kind", id="unknown-trigger"),
        pytest.param({"trigger": {"kind": "nth_purchase", "n": 0}}, "/trigger", id="bad-setting"),
        pytest.param({"sample_bp": 0}, "/sample_bp", id="asks-nobody"),
    ],
)
async def test_what_is_wrong_with_a_survey_is_pointed_at(poll: Poll, body: dict[str, Any], pointer: str) -> None:
    answer = await poll.call("POST", "surveys", 422, **SURVEY | body)
    assert [one["pointer"] for one in answer["errors"]] == [pointer]


async def test_a_retry_gets_the_same_link_which_is_in_no_row(poll: Poll) -> None:
    survey = await poll.publishes({"kind": "on_request"}, Policy(consent=None))
    for who in ("ann", "bob"):
        await poll.buys(f"o-{who}", who)
    path = f"/v1/surveys/{survey}/invitations"
    first, again = [await poll.api.post(path, json={"customer_id": "ann"}, headers=key("a")) for _ in range(2)]
    assert first.status_code == HTTPStatus.CREATED
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = await poll.api.post(path, json={"customer_id": "bob"}, headers=key("a"))
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    skipped = [await poll.api.post(path, json={"customer_id": "ann"}, headers=key("b")) for _ in range(2)]
    assert [(one.status_code, one.headers["survey-skipped"]) for one in skipped] == [(204, "throttled")] * 2
    secret = first.json()["url"].rpartition(".")[2]
    rows = await poll.owner.fetch("SELECT coalesce(convert_from(body, 'UTF8'), '') AS told FROM idempotency")
    assert not any(secret in row["told"] for row in rows)
    await poll.call("POST", "customers/ann/erase")
    gone = await poll.api.post(path, json={"customer_id": "ann"}, headers=key("a"))
    assert gone.status_code == HTTPStatus.GONE


async def test_testimonials_are_told_only_with_consent(poll: Poll) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0}, Policy(quarantine_days=0))
    for who, name in (("ann", "Ann Long"), ("bob", None)):
        await poll.buys(f"o1-{who}", who, customer={"name": name})
    await poll.works()
    for which, publish in ((0, True), (1, False)):
        link = poll.link(which)
        await poll.verb(lambda tx, link=link: answers.score(tx, link, 9, "fr"))
        await poll.verb(lambda tx, link=link, publish=publish: answers.comment(tx, link, "Ripe", publish=publish))
    [voice] = (await poll.call("GET", "survey-testimonials?limit=1"))["data"]
    assert (voice["score"], voice["comment"]) == (9, "Ripe")
    assert voice["first_name"] == ("Ann" if poll.box.letters[0].person.email == "ann@example.org" else None)


async def test_a_page_of_testimonials_goes_on_though_the_last_one_told_was_taken_back(poll: Poll) -> None:
    await poll.publishes({"kind": "after_purchase", "days": 0})
    for n in range(3):
        await poll.buys(f"o{n}", f"c{n}")
        await poll.works()
        link = poll.link()
        await poll.verb(lambda tx, link=link: answers.score(tx, link, 9, "fr"))
        await poll.verb(lambda tx, link=link, n=n: answers.comment(tx, link, f"Ripe {n}", publish=True))
    first = await poll.call("GET", "survey-testimonials?limit=1")
    await poll.verb(lambda tx: answers.comment(tx, poll.link(2), "Ripe 2", publish=False))
    rest = await poll.call("GET", f"survey-testimonials?cursor={first['next_cursor']}")
    assert [voice["comment"] for voice in (*first["data"], *rest["data"])] == ["Ripe 2", "Ripe 1", "Ripe 0"]
    for wrong in ("x", "A" * 22, "_" * 32):
        refused = await poll.call("GET", f"survey-testimonials?cursor={wrong}", HTTPStatus.UNPROCESSABLE_ENTITY)
        assert refused["errors"][0]["pointer"] == "/cursor"


async def test_a_bounce_told_by_address_is_of_the_newest_letter_there_if_nobody_answered_it(poll: Poll) -> None:
    async def tells(email: str) -> list[str]:
        for _ in range(2):
            answer = await poll.api.post("/v1/survey-bounces", json={"email": email})
            assert answer.status_code == HTTPStatus.NO_CONTENT
        rows = await poll.owner.fetch(
            "SELECT order_id FROM survey_invitation JOIN purchase USING (program_id, purchase_id)"
            " WHERE bounced_at IS NOT NULL ORDER BY order_id"
        )
        return [row["order_id"] for row in rows]

    await poll.publishes({"kind": "after_purchase", "days": 0}, Policy(quarantine_days=0))
    for order in ("a1", "a2", "a3"):
        await poll.buys(order, "ann")
        await poll.works()
    await poll.buys("b1", "bob")
    await poll.buys("c1", "cat")
    await poll.works()
    for which in (1, 3 if poll.box.letters[3].person.email == "bob@example.org" else 4):
        link = poll.link(which)
        await poll.verb(lambda tx, link=link: answers.score(tx, link, 9, "fr"))
    # Who has become Dan was written to as Cat.
    await poll.buys("d1", "dan", test=True)
    await poll.call("POST", "customers/cat/merge", 201, into="dan")
    assert await tells("ANN@example.org") == ["a3"]
    assert await tells("bob@example.org") == ["a3"]
    assert await tells("cat@example.org") == ["a3", "c1"]
    assert await tells("nobody@example.org") == ["a3", "c1"]
    for who in ("ann", "bob", "nobody"):
        await poll.buys(f"{who}-again", who)
    await poll.buys("cat-again", "cat", customer={"email": None})
    assert await poll.works() == ["dan@example.org"]
    results = await poll.call("GET", "survey-results?start=2026-03-01&end=2026-04-01")
    assert (results["funnel"]["bounced"], results["funnel"]["reasons"]) == (2, {"suppressed": 3})


@pytest.mark.parametrize("path", ["survey-results", "survey-returns", "survey-returns.csv"])
@pytest.mark.parametrize(
    ("days", "pointer"),
    [
        ("start=0001-01-01&end=0001-01-02", "/start"),
        ("start=9999-12-30&end=9999-12-31", "/end"),
        ("start=2026-03-02&end=2026-03-02", "/end"),
    ],
)
async def test_days_at_the_ends_of_time_are_refused(poll: Poll, path: str, days: str, pointer: str) -> None:
    told = await poll.call("GET", f"{path}?{days}", HTTPStatus.UNPROCESSABLE_ENTITY)
    assert told["errors"][0]["pointer"] == pointer
