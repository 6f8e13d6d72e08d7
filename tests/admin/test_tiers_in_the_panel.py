"""Tiers in the panel over HTTP: who sees and changes them, the form without a script, and a member's standing."""

import re
from dataclasses import replace
from html import unescape

import msgspec
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.format import Format
from admin.kpis.migration import make_migration
from loyalty.members.staff import Seen
from loyalty.tiers.foreseeing import Moves, Uncounted
from loyalty.tiers.rules import Progress
from loyalty.tiers.scheme import Rolling, StoredScheme
from loyalty.tiers.staff import PersonTier, Published, TiersSeen
from tests.admin.asking import text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, Row, complete_journey
from tests.admin.fake_people import NORA
from tests.admin.fake_tiers import SCHEME, FakeTiers, on_the_way

PAGE, NEW = "/admin/p/1/tiers", "/admin/p/1/new-tiers"
MEMBER = f"/admin/p/1/members/{NORA}"
GOOD = {
    "counts": "points_earned",
    "window": "rolling",
    "months": "6",
    "grace_days": "14",
    "t0-key": "gold",
    "t0-name_en": "Gold",
    "t0-name_fr": "Or",
    "t0-threshold": "500",
    "t0-factor": "1,5",
    "t0-benefits_en": "Free delivery\r\nA gift",
    "t1-key": "silver",
    "t1-name_en": "Silver",
    "t1-name_fr": "Argent",
    "t1-threshold": "200",
    "t1-factor": "1",
}


def post(client: TestClient[Litestar], path: str, fields: dict[str, str], do: str = "publish") -> Response:
    return client.post(path, data={"csrf": "a-token", "do": do, **fields}, headers={"origin": SITE})


def replace_tier(desk: FakeDesk, tier: PersonTier) -> Seen:
    return msgspec.structs.replace(desk.pages[NORA], tier=tier)


@pytest.mark.parametrize(
    ("role", "sees", "changes"),
    [("owner", 200, 200), ("manager", 200, 200), ("analyst", 200, 403), ("support", 403, 403)],
)
def test_who_sees_and_who_changes(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(PAGE).status_code == sees
    assert inside.get(NEW).status_code == changes
    assert post(inside, NEW, GOOD).status_code == (303 if changes == 200 else 403)
    held = post(inside, f"{MEMBER}/tier-floor", {"tier": "gold", "reason": "x"}, "hold")
    assert held.status_code == (303 if changes == 200 else 403)
    assert len(desk.tiers.published) == len(desk.tiers.floors) == (1 if changes == 200 else 0)
    assert ("new-tiers" in inside.get(PAGE).text) == (changes == 200)


def test_the_page_tells_the_tiers_highest_first_with_their_members(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(PAGE))
    assert said.index("Gold gold") < said.index("Silver silver") < said.index("None yet")
    assert "$500.00 × 1.5 Free delivery, A gift on your birthday 56" in said
    assert "$200.00 – 1,234" in said
    assert "None yet – – 7,890" in said
    assert "Money spent counts of this calendar year, or of the year before if that is better." in said
    assert "lost only 30 days after a period that ended below it" in said
    french = text_of(inside.get(f"{PAGE}?lang=fr"))
    assert "Or gold" in french
    assert "× 1,5 Livraison offerte, Un cadeau d’anniversaire" in french


def test_the_form_publishes_what_is_written(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = post(inside, NEW, GOOD)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    [scheme] = desk.tiers.published
    assert (scheme.counts, scheme.window, scheme.grace_days) == ("points_earned", Rolling(6), 14)
    assert [(tier.key, tier.threshold, tier.factor) for tier in scheme.tiers] == [
        ("silver", 200, "1"),
        ("gold", 500, "1.5"),
    ]
    assert scheme.tiers[1].benefits == {"en": ["Free delivery", "A gift"]}


def test_what_would_change_is_said_before_it_is_published(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    looked = post(inside, NEW, GOOD, "look")
    said = text_of(looked)
    assert desk.tiers.published == []
    assert "Today Money spent counts of this calendar year" in said
    assert "As written Points earned count within the last 6 months" in said
    assert "Members moving up 12 Members moving down 1 Members staying 9,167" in said
    assert "Of those who stay, 34 hold a tier that their sum does not reach" in said
    assert 'value="publish"' in looked.text
    assert 'value="publish"' not in inside.get(NEW).text
    # Those that are written are looked at, not those in force: the very ones that are published then.
    post(inside, NEW, GOOD)
    assert desk.tiers.foresaw == desk.tiers.published
    assert desk.tiers.foresaw[0].window == Rolling(6)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Members moving up 1 Members moving down 0 Members staying 9,179"),
        ("fr", "Membres qui montent 1 Membres qui descendent 0 Membres sans changement 9 179"),
    ],
)
def test_numbers_of_members_are_labelled_so_that_one_reads_as_well_as_many(
    inside: TestClient[Litestar], desk: FakeDesk, language: str, said: str
) -> None:
    desk.tiers.moves = Moves(up=1, down=0, kept=0)
    found = text_of(post(inside, f"{NEW}?lang={language}", GOOD, "look"))
    assert said in " ".join(found.split())
    assert "1 member" not in found


@pytest.mark.parametrize(
    ("moves", "said"),
    [("busy", "is being counted for somebody else. Look again"), ("too_many", "too many members to count here")],
)
def test_what_could_not_be_counted_is_said_and_published_all_the_same(
    inside: TestClient[Litestar], desk: FakeDesk, moves: Uncounted, said: str
) -> None:
    desk.tiers.moves = moves
    looked = post(inside, NEW, GOOD, "look")
    assert said in text_of(looked)
    assert 'value="publish"' in looked.text


def test_what_the_form_shows_is_what_there_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    html = inside.get(NEW).text
    fields = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', html))
    chosen = re.findall(r'<option value="([^"]+)" selected', html)
    areas = dict(re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>([^<]*)<', html))
    sent = {name: value for name, value in fields.items() if name not in {"csrf", "do"}}
    sent |= {"counts": chosen[0], "window": chosen[1]} | {name: unescape(text) for name, text in areas.items()}
    post(inside, NEW, sent)
    assert desk.tiers.published == [SCHEME]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"t1-threshold": "500"}, "Each tier begins at an amount of its own"),
        ({"t1-threshold": "0"}, "Each tier begins at an amount of its own"),
        ({"t1-threshold": "1.5"}, "Each tier begins at an amount of its own"),
        ({"t1-threshold": "-3"}, "Each tier begins at an amount of its own"),
        ({"t1-threshold": ""}, "This is needed."),
        ({"t1-key": "gold"}, "Each tier needs a key of its own."),
        ({"t1-key": "Gold!"}, "Write"),
        ({"t0-factor": "0.5"}, "Write a number from 1 to 100"),
        ({"t0-name_fr": ""}, "This is needed."),
        ({"months": "0"}, "Write a whole number from 1 to 120."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    inside: TestClient[Litestar], desk: FakeDesk, wrong: dict[str, str], said: str
) -> None:
    answer = post(inside, NEW, GOOD | wrong)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert answer.text.count('aria-invalid="true"') == 1
    assert desk.tiers.published == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "Gold is still named by the reward “Gold mug”, version 3 of the earning rules, and the draft of rules “Go",
        ),
        ("fr", "la récompense « Gold mug », la version 3 des règles et le brouillon de règles « Gold week »"),
    ],
)
def test_a_tier_that_something_names_is_not_left_out(
    inside: TestClient[Litestar], desk: FakeDesk, language: str, said: str
) -> None:
    users = [
        ("the reward “%(name)s”", "Gold mug"),
        ("version %(name)s of the earning rules", "3"),
        ("the draft of rules “%(name)s”", "Gold week"),
    ]
    desk.tiers.done = Published("tier_in_use", "gold", users)
    answer = post(inside, f"{NEW}?lang={language}", GOOD)
    assert answer.status_code == 409
    assert said in text_of(answer)
    assert 'value="silver"' in answer.text
    desk.tiers.done = Published("conflict")
    assert 'role="alert"' in post(inside, NEW, GOOD).text


def test_tiers_are_added_and_taken_away_without_a_script(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    more = post(inside, NEW, GOOD, "add")
    assert 'name="t2-key"' in more.text
    fewer = post(inside, NEW, GOOD, "remove-0")
    assert 'value="silver"' in fewer.text
    assert 'name="t1-key"' not in fewer.text
    assert desk.tiers.published == []
    assert "aria-invalid" not in more.text + fewer.text


def test_without_tiers_the_page_says_what_to_do(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.tiers = FakeTiers(scheme=None, members={None: 12})
    assert "No tiers yet" in text_of(inside.get(PAGE))
    assert 'name="t0-key"' in inside.get(NEW).text


def test_a_member_sees_how_far_the_next_tier_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert 'id="tier"' not in inside.get(MEMBER).text
    desk.pages[NORA] = replace_tier(desk, on_the_way())
    said = text_of(inside.get(MEMBER))
    assert "Tier : Silver" in said or "Tier: Silver" in said
    assert "$80.00 to Gold by 31 Dec 2018" in said
    assert "Kept until 31 Dec 2019" in said
    assert "Held at Silver at least until 30 Jun 2018 : A parcel that was lost" in said.replace("2018:", "2018 :")
    assert 'value="84"' in inside.get(MEMBER).text
    assert "Tier: Gold its threshold was reached, Silver before" in said
    french = text_of(inside.get(f"{MEMBER}?lang=fr"))
    assert "pour Or" in french
    assert "son seuil a été atteint, Argent auparavant" in french


def test_the_highest_tier_has_no_way_to_go(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    top = Progress("gold", 60_000, kept_until=None, in_grace=False)
    desk.pages[NORA] = replace_tier(desk, PersonTier(SCHEME, top, None))
    html = inside.get(MEMBER).text
    assert "<progress" not in html
    assert "$600.00 count now" in text_of(inside.get(MEMBER))


def test_staff_hold_somebody_at_a_tier_and_let_go(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.pages[NORA] = replace_tier(desk, on_the_way())
    path = f"{MEMBER}/tier-floor"
    held = post(inside, path, {"tier": "gold", "until": "2018-06-30", "reason": " A  vase "}, "hold")
    assert held.headers["location"] == f"{MEMBER}?tier=held"
    [floor] = desk.tiers.floors
    assert (floor.tier, str(floor.until), floor.reason) == ("gold", "2018-06-30", "A vase")
    assert "Held at this tier." in text_of(inside.get(f"{MEMBER}?tier=held"))
    assert post(inside, path, {}, "release").headers["location"] == f"{MEMBER}?tier=released"
    assert desk.tiers.floors[-1].tier is None
    for wrong in (
        {"tier": "gold", "reason": ""},
        {"tier": "", "reason": "x"},
        {"tier": "gold", "reason": "x", "until": "?"},
    ):
        assert post(inside, path, wrong, "hold").headers["location"] == f"{MEMBER}?tier=invalid"
    assert len(desk.tiers.floors) == 2
    desk.tiers.refusal = "not_a_member"
    refused = post(inside, path, {"tier": "gold", "reason": "x"}, "hold")
    assert refused.headers["location"] == f"{MEMBER}?tier=not_a_member"
    assert "Nothing was changed." in text_of(inside.get(f"{MEMBER}?tier=not_a_member"))


def test_published_twice_is_said_with_its_version(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.tiers = replace(desk.tiers, scheme=StoredScheme(12, SCHEME))
    assert "version 12" in text_of(inside.get(PAGE))


def test_the_moves_between_tiers_are_a_table_highest_first() -> None:
    counts = {"silver>gold": 1200, "gold>gold": 30, "gold>none": 2, "none>none": 7, "silver>left": 4, "joiners": 9}
    found = make_migration({**counts, "old>silver": 1}, TiersSeen(StoredScheme(3, SCHEME), {}), Format("en", "EUR"))
    assert found.columns == ["Gold", "Silver", "old", "No tier", "Left since"]
    assert [(row.name, [cell.n for cell in row.cells], row.total) for row in found.rows] == [
        ("Gold", ["30", "–", "–", "2", "–"], "32"),
        ("Silver", ["1,200", "–", "–", "–", "4"], "1,204"),
        ("old", ["–", "1", "–", "–", "–"], "1"),
        ("No tier", ["–", "–", "–", "7", "–"], "7"),
    ]
    assert [cell.way for cell in found.rows[1].cells] == ["up", "same", "down", "down", "gone"]


def test_the_page_of_the_measure_shows_the_table(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    row = Row(everyone=(3, 40, 0.02, 0.2), counts={"silver>gold": 3, "gold>gold": 30, "none>none": 7})
    desk.table = {**complete_journey(), "tier_migration": {"2017-05": row}}
    said = text_of(inside.get("/admin/p/1/kpis/tier_migration?period=2017-05"))
    assert "From which tier to which" in said
    assert "Gold 30 – – 30 Silver 3 – – 3 No tier – – 7 7" in said
