"""The people in the panel over HTTP: who may see and do what, what addresses mean, and the form that adjusts."""

import csv
import io
import re
from html import unescape
from uuid import uuid4

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from loyalty.errors import InFlight, KeyReused
from loyalty.members.people import Search
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import BARE, GONE, NORA, award, found, rows

MEMBERS = "/admin/p/1/members"
PAGE = f"{MEMBERS}/{NORA}"
GOOD = {"csrf": "a-token", "direction": "add", "points": "50", "reason": "Late delivery"}


def post(client: TestClient[Litestar], **fields: str) -> Response:
    """Send the form, as a page of ours would."""
    sent = {**GOOD, "key": str(uuid4()), **fields}
    return client.post(f"{PAGE}/adjust", data=sent, headers={"origin": SITE})


def text_of(answer: Response) -> str:
    """Give what a page says, without its marks."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text.partition("<main")[2])))


@pytest.mark.parametrize("role", ["owner", "manager", "analyst", "support"])
@pytest.mark.parametrize("path", [MEMBERS, f"{MEMBERS}.csv", PAGE, f"{PAGE}/timeline.csv", f"{PAGE}/lots.csv"])
def test_everybody_inside_sees_the_people(inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(path).status_code == 200


@pytest.mark.parametrize(("role", "links"), [("owner", 2), ("analyst", 2), ("support", 0)])
def test_a_page_names_the_segments_and_leads_there_who_may_see_them(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, links: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    whole = inside.get(PAGE).text
    line = whole.partition('<ul class="in-segments"')[2].partition("</ul>")[0]
    assert re.findall(r'class="chip"[^>]*>([^<]*)<', line) == ["Big &lt;spenders&gt;", "New here"]
    there = ["/admin/p/1/segments/big-spenders", "/admin/p/1/segments/new"]
    assert re.findall(r'href="([^"]*)"', line) == there[:links]
    assert "in-segments" not in inside.get(f"{MEMBERS}/{BARE}").text
    assert 'aria-label="Segments"' in inside.get(f"{PAGE}?lang=fr").text


@pytest.mark.parametrize(("role", "status"), [("owner", 303), ("manager", 303), ("support", 303), ("analyst", 403)])
def test_an_analyst_sees_no_form_and_sends_none(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert ('action="' + f"{PAGE}/adjust" + '"' in inside.get(PAGE).text) is (status == 303)
    assert post(inside).status_code == status
    assert len(desk.adjustments) == (status == 303)


@pytest.mark.parametrize("path", [MEMBERS, f"{MEMBERS}.csv", PAGE, f"{PAGE}/timeline.csv", f"{PAGE}/lots.csv"])
def test_without_a_session_nobody_is_seen(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"] == "/admin/sign-in"


def test_without_a_session_nothing_is_adjusted(outside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert post(outside).headers["location"] == "/admin/sign-in"
    assert desk.adjustments == {}


def test_support_begins_with_the_people(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="support")}
    assert inside.get("/admin/impact").headers["location"] == MEMBERS
    assert "/impact" not in inside.get(MEMBERS).text.partition('<ul class="pages">')[2].partition("</ul>")[0]


@pytest.mark.parametrize(
    ("asked", "search"),
    [
        ("", Search()),
        ("?q=Nora+W&state=all", Search("Nora W", "all")),
        (f"?state=left&after=1.{NORA.hex}", Search("", "left", (True, NORA))),
    ],
)
def test_an_address_says_who_is_looked_for(
    inside: TestClient[Litestar], desk: FakeDesk, asked: str, search: Search
) -> None:
    assert inside.get(f"{MEMBERS}{asked}").status_code == 200
    inside.get(f"{MEMBERS}.csv{asked}")
    assert desk.searches == [search, search]


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [("?q=", ""), ("?state=member&q=nora", "?q=nora"), ("?state=nonsense", ""), ("?q=+x%00", "?q=x")],
)
def test_equal_lists_have_equal_addresses(inside: TestClient[Litestar], asked: str, canonical: str) -> None:
    assert inside.get(f"{MEMBERS}{asked}").headers["location"] == f"{MEMBERS}{canonical}"


@pytest.mark.parametrize("path", [f"{MEMBERS}?after=x", f"{PAGE}?after=x", f"{PAGE}?after=99999999999999999999.x.y"])
def test_a_place_that_there_is_not_is_said_plainly(inside: TestClient[Litestar], path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code == 400
    assert "This address cannot be understood" in answer.text


@pytest.mark.parametrize(
    "path", [f"{MEMBERS}/x", f"{MEMBERS}/73b1850d-fe23-4503-bc48-23171f93019b", f"/admin/p/9/members/{NORA}"]
)
def test_who_is_not_there_is_a_page_too(inside: TestClient[Litestar], path: str) -> None:
    assert inside.get(path).status_code == 404


def test_who_was_merged_is_shown_as_the_other(inside: TestClient[Litestar]) -> None:
    assert inside.get(f"{MEMBERS}/{GONE}").headers["location"] == PAGE


def test_the_file_of_the_list_holds_what_the_page_shows(inside: TestClient[Litestar]) -> None:
    page = text_of(inside.get(MEMBERS))
    header, first, *others = csv.reader(io.StringIO(inside.get(f"{MEMBERS}.csv").text[1:]))
    assert header == ["Name", "E-mail", "Shop’s ids", "Status", "Available", "Pending", "On hold", "Owed"]
    assert first == ["Nora Whitfield", "nora@example.com", "1797 crm/0081", "Member since 3 Oct 2017", "344", "86",
                     "500", "0"]  # fmt: skip
    assert len(others) == 3
    assert "Nora Whitfield nora@example.com 1797 +1 Member since 3 Oct 2017 344 86 500 0" in page


def test_the_next_page_begins_behind_the_last_one(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert f"after=0.{GONE.hex}" in inside.get(MEMBERS).text
    desk.more_people = False
    assert "Next page" not in inside.get(MEMBERS).text


def test_what_a_shop_named_is_escaped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    evil = "<script>alert(1)</script>"
    desk.people_listed = [found(NORA, evil, name=evil, email=evil)]
    assert evil not in inside.get(MEMBERS).text


def test_a_member_is_told_in_full(inside: TestClient[Litestar]) -> None:
    page = text_of(inside.get(PAGE))
    for said in (
        "Nora Whitfield Member",
        "member since 3 Oct 2017, 9 May 2017 to 4 Aug 2017",
        "Available 344 can be spent now Pending 86 the next on 1 Jan 2018 On hold 500 for 1 reward",
        "Expires next 98 after 28 Feb 2018 Owed 0 nothing to repay",
        "Until 28 Feb 2018 98 20 Nov 2017 order 40739790237 79 of 100",
        "Never expire 50 28 Dec 2017 given by staff 50",
        "$5 off until 31 Dec 2017, 23:31 500",
        "Points added by staff Late delivery on 28 December, agreed by phone. · maya@example.com +50",
        "Points removed by staff The reason was erased with the person.",
        "Refund $32.00, order 407397912, Store 322 3 not taken back 5 came back",
    ):
        assert said in page, said


def test_each_order_tells_why(inside: TestClient[Litestar]) -> None:
    for row in rows():
        page = text_of(inside.get(f"{PAGE}?why={row.award_id}"))
        assert ("Rounded once, at the end" in page) is (row.purchase_id is not None)
    refused = text_of(inside.get(f"{PAGE}?why={award(6)}"))
    assert "Rounded once, at the end 19.99 → 19 points Not given Not a member when the order was placed." in refused
    refund = text_of(inside.get(f"{PAGE}?why={award(12)}"))
    assert "Kept of the goods $45.22 of $77.22 Rounded once, at the end 45.22 → 45 points" in refund
    assert "77 points, so the difference is −32" in refund
    assert "20 taken back of available points; 12 taken back as points owed; 5 spent on it came back" in refund
    assert "gift card" in refund


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
    assert "20 points removed." in text_of(inside.get(answer.headers["location"]))


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
          for points in ("", "0", "-5", "1.5", "1000001", "9" * 40, "many", "٥")],
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
