"""Saved views: the filters of a list under a name, one's own or everybody's."""

from uuid import uuid4

from litestar import Litestar
from litestar.testing import TestClient

from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_views import SHARED

BASE = "/admin/p/1"


def test_filters_are_saved_under_a_name_and_found_again(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert "Save this view" not in text_of(inside.get(f"{BASE}/members"))
    assert "Save this view" in text_of(inside.get(f"{BASE}/members?q=nora"))
    told = {"page": "members", "name": " Noras ", "said": "q=nora&after=1.2&evil=1", "shared": "on"}
    assert post(inside, f"{BASE}/views", **told).headers["location"] == f"{BASE}/members?q=nora"
    mine = desk.views.kept[-1]
    assert (mine.name, mine.said, mine.shared) == ("Noras", "q=nora", True)
    shown = inside.get(f"{BASE}/members?q=nora")
    assert "Gone <lately> Noras" in text_of(shown)
    assert f'href="{BASE}/members?state=left"' in shown.text
    assert "Save this view" not in text_of(shown)
    assert post(inside, f"{BASE}/views/{mine.view_id}/rename", name="N").status_code == 303
    assert post(inside, f"{BASE}/views/{mine.view_id}/delete").headers["location"] == f"{BASE}/members?q=nora"
    assert [one.view_id for one in desk.views.kept] == [SHARED]
    said = "state=refunded&from=2026-01-01"
    assert post(inside, f"{BASE}/views", page="purchases", name="R", said=said).status_code == 303
    assert desk.views.kept[-1].said == said
    for bad in ({"page": "team", "name": "x"}, {"page": "members", "name": " "}):
        assert post(inside, f"{BASE}/views", said="q=a", **bad).status_code == 400
    assert post(inside, f"{BASE}/views/{uuid4()}/delete").status_code == 404


def test_only_who_leads_shares_and_deletes_what_is_everybodys(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="support")}
    assert "For everybody" not in text_of(inside.get(f"{BASE}/members?q=nora"))
    post(inside, f"{BASE}/views", page="members", name="Mine", said="q=nora", shared="on")
    assert desk.views.kept[-1].shared is False
    assert f"/views/{SHARED}" not in inside.get(f"{BASE}/members?state=left").text
    assert post(inside, f"{BASE}/views/{SHARED}/delete").status_code == 404
    assert post(inside, f"{BASE}/views", page="purchases", name="No", said="q=a").status_code == 400
    desk.sessions = {"a-secret": FakeSignedIn(role="manager")}
    assert post(inside, f"{BASE}/views/{SHARED}/delete").status_code == 303
