"""The people in the panel over HTTP: who may see what, and what addresses mean."""

import csv
import io
import re
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec.structs import replace

from admin.format import Format
from admin.members.purse import lots_left_out, lots_table, make_lots
from loyalty.members.people import Search
from tests.admin.asking import text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import BARE, GONE, NORA, award, found, lots, nora, rows

MEMBERS = "/admin/p/1/members"
PAGE = f"{MEMBERS}/{NORA}"


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


@pytest.mark.parametrize("path", [MEMBERS, f"{MEMBERS}.csv", PAGE, f"{PAGE}/timeline.csv", f"{PAGE}/lots.csv"])
def test_without_a_session_nobody_is_seen(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


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
    [("?q=", ""), ("?state=member&q=nora", "?q=nora"), ("?state=nonsense", ""), ("?q=+x", "?q=x")],
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


def test_of_many_lots_the_first_to_be_spent_are_shown_and_the_file_has_all() -> None:
    purse, f, zone = nora().purse, Format("en", "USD"), ZoneInfo("America/New_York")
    ending = lots()[0]
    many = replace(purse, lots=[*(replace(ending, seq=seq) for seq in range(30)), lots()[-1]])
    groups = make_lots(many, f, zone)
    assert [(group.name, group.points, len(group.rows)) for group in groups] == [("Until 28 Feb 2018", "2,370", 12)]
    assert lots_left_out(many, f) == "and 19 more lots, spent later"
    assert len(lots_table(many, f, zone)[1]) == 31
    assert [len(group.rows) for group in make_lots(purse, f, zone)] == [2, 2, 1]
    assert lots_left_out(purse, f) == ""


def test_each_order_tells_why(inside: TestClient[Litestar]) -> None:
    for row in rows():
        page = text_of(inside.get(f"{PAGE}?why={row.award_id}"))
        assert ("Rounded once, at the end" in page) is (row.purchase_id is not None)
        assert ('id="why"' in inside.get(f"{PAGE}?why={row.award_id}").text) is row.has_reasons
    refused = text_of(inside.get(f"{PAGE}?why={award(6)}"))
    assert "Rounded once, at the end 19.99 → 19 points Not given Not a member when the order was placed." in refused
    refund = text_of(inside.get(f"{PAGE}?why={award(12)}"))
    assert "Kept of the goods $45.22 of $77.22 Rounded once, at the end 45.22 → 45 points" in refund
    assert "77 points, so the difference is −32" in refund
    assert "20 taken back of available points; 12 taken back as points owed; 5 spent on it came back" in refund
    assert "gift card" in refund


@pytest.mark.parametrize(
    ("language", "told"),
    [
        (
            "en",
            (
                "Action review Why? +25",
                "Tier: gold its threshold was reached, silver before",
                "Birthday 10 pending Why? +10",
                "Action visit, no rule rewards it Why? 0",
                "Welcome Why? +30",
            ),
        ),
        (
            "fr",
            (
                "Action review Pourquoi ? +25",
                "Niveau : gold son seuil a été atteint, silver auparavant",
                "Anniversaire 10 en attente Pourquoi ? +10",
                "Action visit, aucune règle ne la récompense Pourquoi ? 0",
                "Bienvenue Pourquoi ? +30",
            ),
        ),
    ],
)
def test_what_was_done_besides_buying_is_told_in_words(
    inside: TestClient[Litestar], language: str, told: tuple[str, ...]
) -> None:
    page = text_of(inside.get(f"{PAGE}?lang={language}"))
    for said in told:
        assert said in page, said


def test_an_action_tells_why_without_an_order(inside: TestClient[Litestar]) -> None:
    page = text_of(inside.get(f"{PAGE}?why={award(10)}"))
    assert "Why +25? Thanks 25 points for “review” Action 25 In all 25 points" in page
    assert "Known then tier gold, segment Very important" in page
    assert "Record rules v2 · recorded on" in page
    none = text_of(inside.get(f"{PAGE}?why={award(3)}"))
    assert "Not given No rule rewards it." in none
    assert "Order" not in none.partition("Record")[2].partition("request")[0]


@pytest.mark.parametrize(("role", "leads"), [("analyst", True), ("support", False)])
def test_the_timeline_leads_to_the_purchase_on_which_a_reward_was_used(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, *, leads: bool
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    shown = inside.get(PAGE)
    assert "500 points, order 40739913" in text_of(shown)
    links = re.findall(rf'<a href="/admin/p/1/purchases/{award(913)}">([^<]+)</a>', shown.text)
    assert [unescape(title) for title in links] == (["Reward “$5 off” redeemed", "Purchase"] if leads else [])
