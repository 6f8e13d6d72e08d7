"""The segments in the panel over HTTP: who sees and changes them, and the form that needs no script."""

import csv
import io
import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.segments.drafts import slug
from tests.admin.asking import text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import NORA

LIST, NEW = "/admin/p/1/segments", "/admin/p/1/new-segment"
ONE = f"{LIST}/at-risk"
PAGES = (LIST, f"{LIST}.csv", ONE, f"{ONE}/customers.csv")
FORMS = (NEW, f"{ONE}/edit")
GOOD = {"name": "Big spenders", "key": "", "c0-kind": "spent", "c0-at_least_minor": "150.00"}


def post(client: TestClient[Litestar], path: str, do: str = "", **fields: str) -> Response:
    sent = {
        "csrf": "a-token",
        **({"do": do} if do else {}),
        **{name.replace("__", "-"): v for name, v in fields.items()},
    }
    return client.post(path, data=sent, headers={"origin": SITE})


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("analyst", 200), ("support", 403)])
@pytest.mark.parametrize("path", PAGES)
def test_who_sees_the_segments(inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(path).status_code == status


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("analyst", 403), ("support", 403)])
def test_who_changes_them(inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert [inside.get(path).status_code for path in FORMS] == [status, status]
    tried = [post(inside, path, "add", kind="member").status_code for path in FORMS]
    assert tried == [status, status]
    assert post(inside, f"{ONE}/refresh").status_code == (303 if status == 200 else 403)
    assert post(inside, f"{ONE}/delete").status_code == (303 if status == 200 else 403)
    if role == "analyst":
        assert "/edit" not in inside.get(ONE).text
        assert "new-segment" not in inside.get(LIST).text


@pytest.mark.parametrize("path", [*PAGES, *FORMS])
def test_without_a_session_nothing_is_seen(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


@pytest.mark.parametrize("path", [*FORMS, f"{ONE}/refresh", f"{ONE}/delete"])
def test_a_form_from_elsewhere_does_nothing(inside: TestClient[Litestar], desk: FakeDesk, path: str) -> None:
    answer = inside.post(path, data={**GOOD, "do": "save", "csrf": "a-token"}, headers={"origin": "http://evil.test"})
    assert answer.status_code == 403
    assert (desk.segments.asked, len(desk.segments.kept)) == ([], 3)


@pytest.mark.parametrize("path", [f"{LIST}/none", f"{LIST}/none/edit", f"{LIST}/none/customers.csv"])
def test_a_segment_that_there_is_not_has_no_page(inside: TestClient[Litestar], path: str) -> None:
    assert inside.get(path).status_code == 404


def test_the_list_says_how_many_and_when(inside: TestClient[Litestar]) -> None:
    said = text_of(inside.get(LIST))
    assert "Good customers who may be lost at-risk" in said
    assert "Number of purchases, Amount spent, Has not bought for a while, Is a member 1,234" in said
    assert "New new Joined lately – Being counted" in said
    assert "Kept by surveys" in said
    rows = list(csv.reader(io.StringIO(inside.get(f"{LIST}.csv").text.removeprefix("\ufeff"))))
    assert [row[:3] for row in rows[1:]] == [
        ["at-risk", "Good customers who may be lost", "1234"],
        ["new", "New", ""],
        ["promoters", "Promoters", "2"],
    ]


def test_a_segment_says_what_it_asks_for_and_who_is_in_it(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    said = text_of(inside.get(ONE))
    assert "Number of purchases At least: 3 Over the last (days): 365" in said
    assert "Amount spent At least: 150.00 USD" in said
    assert "Is a member Is a member now: yes" in said
    assert "Nora Fieldstone nora@example.com 1797 +1" in said
    assert "Customer 2070" in said
    rows = list(csv.reader(io.StringIO(inside.get(f"{ONE}/customers.csv").text.removeprefix("\ufeff"))))
    assert [row[:3] for row in rows[1:]] == [
        ["Nora Fieldstone", "nora@example.com", "1797 N-1797"],
        ["", "", "2070"],
    ]
    desk.segments.more = True
    shown = inside.get(ONE).text
    following = re.search(r'href="([^"]+\?after=[^"]+)"', shown)
    assert following
    assert "First page" in text_of(inside.get(unescape(following[1])))
    assert str(NORA) in shown


def test_conditions_are_added_and_taken_away_without_a_script(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    begun = inside.get(NEW)
    assert "Add a condition" in text_of(begun)
    added = post(inside, NEW, "add", name="Big", kind="orders", **{"c0-kind": "spent", "c0-at_least_minor": "nonsense"})
    assert added.status_code == 200
    assert 'name="c0-at_least_minor"' in added.text
    assert 'value="nonsense"' in added.text
    assert 'name="c1-at_least"' in added.text
    # Nobody is told off while still writing.
    assert "Write an amount" not in added.text

    fewer = post(inside, NEW, "remove-0", name="Big", **{"c0-kind": "spent", "c1-kind": "orders", "c1-at_least": "3"})
    assert 'name="c0-at_least"' in fewer.text
    assert 'value="3"' in fewer.text
    assert "c1-" not in fewer.text
    assert len(desk.segments.kept) == 3


def test_the_count_is_seen_before_anything_is_saved(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    tried = post(inside, NEW, "try", **GOOD)
    said = text_of(tried)
    assert "12 customers now; nothing is saved yet" in said
    assert "Nora Fieldstone" in said
    assert desk.segments.tries == [[{"kind": "spent", "at_least_minor": 15000}]]
    assert len(desk.segments.kept) == 3
    # Also before it has a name.
    assert post(inside, NEW, **{**GOOD, "name": ""}).status_code == 200


def test_a_segment_is_saved_under_a_key_made_of_its_name(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    saved = post(inside, NEW, "save", **GOOD)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{LIST}/big-spenders")
    assert desk.segments.kept["big-spenders"].conditions == [{"kind": "spent", "at_least_minor": 15000}]
    named = post(inside, NEW, "save", **{**GOOD, "key": "whales"})
    assert named.headers["location"] == f"{LIST}/whales"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Fidèles d’été", "fideles-d-ete"),
        ("  A -- b!  ", "a-b"),
        ("x" * 80, "x" * 64),
        ("日本", ""),
        ("VIP 2026", "vip-2026"),
    ],
)
def test_a_key_is_made_of_what_can_be_typed_everywhere(name: str, key: str) -> None:
    assert slug(name) == key


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "Write a name of at most 128 characters."),
        ({"name": "日本"}, "Write small letters and digits"),
        ({"key": "Big Ones"}, "Write small letters and digits"),
        ({"c0-at_least_minor": "much"}, "Write an amount, as 84.00."),
        ({"c0-at_least_minor": ""}, "Give at least one of the two limits."),
        ({"c0-kind": "magic"}, "Add a condition: it says who is in the segment."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(
    inside: TestClient[Litestar], desk: FakeDesk, changed: dict[str, str], words: str
) -> None:
    answer = post(inside, NEW, "save", **{**GOOD, **changed})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert len(desk.segments.kept) == 3


def test_a_key_that_is_taken_is_said_beside_it(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.segments.refusal = "key_taken"
    answer = post(inside, NEW, "save", **GOOD)
    assert answer.status_code == 409
    assert "This key is taken, or was once." in text_of(answer)


def test_a_segment_is_changed_in_the_form_that_shows_it(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = inside.get(f"{ONE}/edit").text
    fields = dict(re.findall(r'name="((?:name|c\d-)[^"]*)"\s+value="([^"]*)"', shown))
    fields |= dict(re.findall(r'id="[^"]*"\s+name="(c\d-[^"]*)"\s+value="([^"]*)"', shown))
    assert (fields["c1-at_least_minor"], fields["c0-days"], fields["c3-kind"]) == ("150.00", "365", "member")
    assert 'name="key"' not in shown
    before = desk.segments.kept["at-risk"].conditions
    saved = post(inside, f"{ONE}/edit", "save", **{**fields, "name": "At risk", "key": "other"})
    assert saved.headers["location"] == ONE
    assert desk.segments.kept["at-risk"].name == "At risk"
    assert desk.segments.kept["at-risk"].conditions == before


def test_of_a_segment_that_a_room_keeps_only_the_name_changes(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = text_of(inside.get(f"{LIST}/promoters/edit"))
    assert "Add a condition" not in shown
    assert post(inside, f"{LIST}/promoters/edit", name="Fans").status_code == 303
    assert (desk.segments.kept["promoters"].name, desk.segments.kept["promoters"].conditions) == ("Fans", None)
    page = inside.get(f"{LIST}/promoters").text
    assert "/refresh" not in page
    assert "/delete" not in page


def test_counting_anew_is_asked_for_and_deleting_is_refused_while_it_is_named(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    assert post(inside, f"{ONE}/refresh").headers["location"] == ONE
    assert desk.segments.asked == ["at-risk"]
    desk.segments.refusal = "segment_in_use"
    refused = post(inside, f"{ONE}/delete")
    assert refused.status_code == 409
    assert "A rule or a reward still names this segment" in text_of(refused)
    desk.segments.refusal = ""
    assert post(inside, f"{ONE}/delete").headers["location"] == LIST
    assert "at-risk" not in desk.segments.kept


def test_the_pages_speak_french(inside: TestClient[Litestar]) -> None:
    inside.get(f"{LIST}?lang=fr")
    assert "Nombre d’achats Au moins : 3" in text_of(inside.get(ONE)).replace("\xa0", " ")
    refused = text_of(post(inside, NEW, "save", **{**GOOD, "c0-at_least_minor": "x"})).replace("\xa0", " ")
    assert "Écrivez un montant, comme 84,00." in refused
