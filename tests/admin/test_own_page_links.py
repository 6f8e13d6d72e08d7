"""The button that makes a link to a member's own page."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_people import BARE, NORA

PAGE = f"/admin/p/1/members/{NORA}"
FORM = {"csrf": "a-token"}


def test_staff_make_a_link_that_is_shown_once(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert "https://loyalty.test/me/" not in inside.get(PAGE).text

    shown = inside.post(f"{PAGE}/page-link", data=FORM, headers={"Origin": SITE}).text

    assert 'value="https://loyalty.test/me/1.secret"' in shown
    assert "until 30 Jan 2018" in shown
    assert desk.page_links.made == [(NORA, desk.person.user_id)]
    assert "https://loyalty.test/me/" not in inside.get(PAGE).text


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("support", 200), ("analyst", 403)])
def test_whoever_only_reads_makes_none(inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}

    assert ("Make a link to their own page" in inside.get(PAGE).text) == (status == 200)
    assert inside.post(f"{PAGE}/page-link", data=FORM, headers={"Origin": SITE}).status_code == status
    assert len(desk.page_links.made) == (status == 200)


def test_a_form_from_elsewhere_makes_none(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert inside.post(f"{PAGE}/page-link", data=FORM, headers={"Origin": "https://x.test"}).status_code == 403
    assert desk.page_links.made == []


def test_who_is_no_member_has_no_page_of_their_own(inside: TestClient[Litestar]) -> None:
    assert "Make a link to their own page" not in inside.get(f"/admin/p/1/members/{BARE}").text
