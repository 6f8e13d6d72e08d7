"""The search: what it finds of each sort, for whom, and in whose words."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.asking import text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_looking import ORDER, everything, nothing
from tests.admin.fake_people import BARE, NORA

BASE = "/admin/p/1"


def test_every_page_has_the_search_and_it_finds_pages_by_any_of_their_names(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    assert f'action="{BASE}/search"' in inside.get(f"{BASE}/members").text
    for asked, lang, address in (
        ("keys", "en", "keys"),
        ("CLES", "fr", "keys"),
        ("clés", "fr", "keys"),
        ("passw", "en", "account"),
        ("liability", "fr", "liability"),
        ("récomp", "en", "rewards"),
        ("who did", "en", "audit"),
    ):
        assert f'href="{BASE}/{address}"' in _found(inside, asked, lang), asked
    desk.looking.found = nothing()
    assert "Nothing was found" in text_of(inside.get(f"{BASE}/search?q=zzzz&lang=en"))
    # Nothing is looked for before somebody says what.
    before = len(desk.looking.asked)
    assert "What are you looking for?" in text_of(inside.get(f"{BASE}/search?q=%20"))
    assert len(desk.looking.asked) == before


def test_it_finds_people_orders_codes_and_what_is_offered(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.looking.found = everything()
    found = _found(inside, "a")
    assert f'href="{BASE}/members/{NORA}"' in found
    assert f'href="{BASE}/purchases/{ORDER}"' in found
    assert "A-&lt;1001&gt;" in found
    assert f'href="{BASE}/members?q=a&amp;state=all"' in found
    assert "NORA-22" in found
    assert f'href="{BASE}/rewards/' in _found(inside, "cinema")
    assert f'href="{BASE}/rules/versions/' in _found(inside, "points")


@pytest.mark.parametrize("role", ["analyst", "support"])
def test_it_leads_nobody_where_they_may_not_go(inside: TestClient[Litestar], desk: FakeDesk, role: str) -> None:
    desk.sessions, desk.looking.found = {"a-secret": FakeSignedIn(role=role)}, everything()
    for asked in ("a", "team", "rules", "off", "journal", "points"):
        for address in _addresses(_found(inside, asked)):
            assert inside.get(address).status_code != 403, address
    # Support reads of an order whose it is; of one of nobody, that it is there.
    assert (f"{BASE}/members/{BARE}" in _addresses(_found(inside, "a"))) is True
    assert (f"{BASE}/purchases/{ORDER}" in _addresses(_found(inside, "a"))) == (role == "analyst")


def _found(client: TestClient[Litestar], text: str, lang: str = "en") -> str:
    answer = client.get(f"{BASE}/search", params={"q": text, "lang": lang})
    assert answer.status_code == 200
    return answer.text.partition("<main")[2]


def _addresses(found: str) -> list[str]:
    return [part.partition('"')[0].replace("&amp;", "&") for part in found.split('href="')[1:]]
