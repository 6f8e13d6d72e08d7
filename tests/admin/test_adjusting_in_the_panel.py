"""The form that adjusts a member's points over HTTP: who sends it, what is wrong with it, and that it is done once."""

import re
from html import unescape
from uuid import uuid4

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.errors import InFlight
from loyalty.idempotency.refusals import KeyReused
from tests.admin.asking import text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import BARE, NORA, award

MEMBERS = "/admin/p/1/members"
PAGE = f"{MEMBERS}/{NORA}"
GOOD = {"csrf": "a-token", "direction": "add", "points": "50", "reason": "Late delivery"}


def post(client: TestClient[Litestar], **fields: str) -> Response:
    """Send the form, as a page of ours would."""
    sent = {**GOOD, "key": str(uuid4()), **fields}
    return client.post(f"{PAGE}/adjust", data=sent, headers={"origin": SITE})


@pytest.mark.parametrize(("role", "status"), [("owner", 303), ("manager", 303), ("support", 303), ("analyst", 403)])
def test_an_analyst_sees_no_form_and_sends_none(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert ('action="' + f"{PAGE}/adjust" + '"' in inside.get(PAGE).text) is (status == 303)
    assert post(inside).status_code == status
    assert len(desk.adjustments) == (status == 303)


def test_without_a_session_nothing_is_adjusted(outside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(outside).headers["location"] == "/admin/sign-in"
    assert desk.adjustments == {}


def test_a_form_adjusts_and_says_so(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = post(inside, points=" 20 ", direction="remove", reason="A\n mistake ")
    [asked] = desk.adjustments.values()
    assert (asked.points, asked.reason, asked.customer_id, asked.user_id) == (
        -20,
        "A mistake",
        NORA,
        desk.person.user_id,
    )
    assert answer.status_code == 303
    # Without a script, this is where the balance before and after is told.
    assert "20 points removed. Available: 344 → 324." in text_of(inside.get(answer.headers["location"]))


@pytest.mark.parametrize(
    ("language", "asked", "says"),
    [
        ("en", "direction=add&points=1656", "Available: 344 → 2,000. What is added can be used until 30 Nov 2026."),
        ("fr", "direction=remove&points=44", "Disponibles : 344 → 300."),
        ("en", "direction=remove&points=345", "Only 344 points are available. Remove no more than that."),
        ("en", "direction=remove&points=some", "Write a whole number from 1 to 1,000,000."),
        ("en", "direction=add&points=", ""),
    ],
)
def test_the_form_says_what_would_come_of_it(
    inside: TestClient[Litestar], desk: FakeDesk, language: str, asked: str, says: str
) -> None:
    [address] = re.findall(r'hx-get="([^"]+)"', inside.get(PAGE).text)
    answer = inside.get(f"{address}?{asked}&lang={language}")
    assert (answer.status_code, desk.adjustments) == (200, {})
    said = " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
    assert said.startswith(says) if says else not said
    # Asking again and again leaves neither the reason nor the form's key in an address.
    assert not re.search(r'hx-include="[^"]*(reason|key|csrf|form)', inside.get(PAGE).text)


def test_the_same_form_twice_is_one_adjustment(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    key = str(uuid4())
    assert post(inside, key=key).headers["location"] == post(inside, key=key).headers["location"]
    assert len(desk.adjustments) == 1


def test_every_form_has_a_key_of_its_own(inside: TestClient[Litestar]) -> None:
    keys = [re.findall(r'name="key" value="([^"]+)"', inside.get(PAGE).text)[0] for _ in range(2)]
    assert len(set(keys)) == 2


def test_an_address_confirms_nothing_that_was_not_done(inside: TestClient[Litestar]) -> None:
    assert 'role="status"' not in inside.get(f"{PAGE}?done={award(20)}").text
    assert 'role="status"' not in inside.get(f"{PAGE}?done=x").text


@pytest.mark.parametrize(
    ("fields", "wrong", "says"),
    [
        *[({"points": points}, "points", "Write a whole number from 1 to 1,000,000.")
          for points in ("", "0", "-5", "1.5", "1000001", "9" * 40, "000000000199999999999", "1" * 5000, "many", "٥")],
        ({"reason": " "}, "reason", "Say why, in at most 500 characters."),
        ({"reason": "x" * 501}, "reason", "Say why, in at most 500 characters."),
        ({"reason": "a\x00b"}, "reason", "Say why, in at most 500 characters."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, fields: dict[str, str], wrong: str, says: str
) -> None:
    answer = post(inside, **fields)
    assert answer.status_code == 422
    assert desk.adjustments == {}
    [message] = re.findall(rf'id="wrong-{wrong}">([^<]+)<', answer.text)
    assert says in message
    assert re.search(rf'name="{wrong}"[^>]*aria-describedby="wrong-{wrong}" autofocus', answer.text)


def test_more_than_there_is_is_refused_with_what_there_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.refusal = "not_enough_points"
    key = str(uuid4())
    answer = post(inside, points="999", direction="remove", key=key)
    assert answer.status_code == 409
    assert "Only 344 points are available." in answer.text
    assert 'value="999"' in answer.text
    assert "Late delivery" in answer.text
    # The refusal stands under the old key for ever, so the form comes with a new one.
    assert key not in answer.text


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (KeyReused("x"), 409, "This form was sent before with other values."),
        (InFlight("x"), 503, "Send the form again in a moment."),
    ],
)
def test_a_form_that_cannot_be_done_says_what_to_do(
    inside: TestClient[Litestar], desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int,
    says: str,
) -> None:  # fmt: skip
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(desk, "adjust", refuse)
    key = str(uuid4())
    answer = post(inside, key=key)
    assert answer.status_code == status
    assert says in answer.text
    # What may have been done meanwhile is sent again under its key; what was refused, under a new one.
    assert (key in answer.text) is isinstance(error, InFlight)


@pytest.mark.parametrize(("csrf", "origin"), [("wrong", SITE), ("a-token", "https://evil.example")])
def test_a_form_of_others_adjusts_nothing(inside: TestClient[Litestar], desk: FakeDesk, csrf: str, origin: str) -> None:
    sent = {**GOOD, "csrf": csrf, "key": str(uuid4())}
    assert inside.post(f"{PAGE}/adjust", data=sent, headers={"origin": origin}).status_code == 403
    assert desk.adjustments == {}


def test_somebody_without_any_id_cannot_be_adjusted(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    seen = desk.pages[BARE]
    desk.pages[BARE] = type(seen)(
        type(seen.person)(BARE, None, None, None, None, seen.person.recorded_at, seen.person.recorded_at, [], []),
        seen.purse, seen.timeline, None,
    )  # fmt: skip
    page = inside.get(f"{MEMBERS}/{BARE}")
    assert "Erased person" in page.text
    assert "Adjust points" not in page.text
