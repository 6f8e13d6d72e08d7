"""The door, the team, one's own page and the audit log: what they say, who may use them, and what is written down."""

import re

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from admin.app import panel
from admin.audit.words import ACTIONS
from tests.admin.asking import post, text_of
from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_team import MAYA, NOAH, THERE

BASE = "/admin/p/1"
TEAM, ACCOUNT, AUDIT = f"{BASE}/team", f"{BASE}/account", f"{BASE}/audit"


def test_a_password_lets_in_and_what_is_wrong_is_not_told(outside: TestClient[Litestar], desk: FakeDesk) -> None:
    outside.cookies.set("loyalty", "an-old-one")
    desk.sessions["an-old-one"] = FakeSignedIn(role="support")
    form = {"email": desk.door.email, "password": desk.door.password, "code": ""}
    wrong = outside.post("/admin/sign-in", data={**form, "password": "<b>no"}, headers={"origin": SITE})
    assert (wrong.status_code, "That is not right" in wrong.text, "<b>no" in wrong.text) == (401, True, False)
    desk.door.wait_seconds = 30
    wait = outside.post("/admin/sign-in", data=form, headers={"origin": SITE})
    assert (wait.status_code, wait.headers["retry-after"]) == (429, "30")
    assert "Wait for 30 seconds" in wait.text
    desk.door.wait_seconds = 0
    assert outside.post("/admin/sign-in", data=form).status_code == 403
    let_in = outside.post("/admin/sign-in", data=form, headers={"origin": SITE})
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/admin/impact")
    assert let_in.headers["set-cookie"].startswith("loyalty=secret-of-a-password;")
    assert "an-old-one" not in desk.sessions
    assert [(one.name, one.details, one.status) for one in desk.journal.written] == [("sign_in.by_password", {}, 303)]


def test_the_team_is_shown_and_changed(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    shown = inside.get(TEAM)
    assert "maya@example.com Owner This is you" in text_of(shown)
    assert "noah@example.com Analyst Last seen Not lately Comes in by links" in text_of(shown)
    # Nobody locks themselves out by a slip.
    assert f"{TEAM}/{MAYA}/role" not in shown.text
    assert f"{TEAM}/{MAYA}/end" not in shown.text
    made = post(inside, TEAM, email="nora@example.com", role="support")
    assert f'value="{SITE}/admin/sign-in/new-link"' in made.text
    assert post(inside, f"{TEAM}/{NOAH}/role", role="manager").headers["location"] == f"{TEAM}?did=role"
    assert post(inside, f"{TEAM}/{NOAH}/end").headers["location"] == f"{TEAM}?did=gone"
    assert post(inside, f"{TEAM}/{NOAH}/link").status_code == 200
    for verb in ("role", "end"):
        assert post(inside, f"{TEAM}/{MAYA}/{verb}", role="support").status_code == 409
    assert [verb for verb, *_ in desk.team.done] == ["invite", "role", "end", "link"]
    desk.team.refusal = "last_owner"
    assert "There must be an owner." in text_of(post(inside, f"{TEAM}/{NOAH}/end"))
    desk.team.refusal = "bad_email"
    assert "Write an e-mail address." in text_of(post(inside, TEAM, email="<script>", role="support"))


@pytest.mark.parametrize(
    ("role", "sees", "changes", "own"),
    [("owner", 200, 200, 200), ("manager", 200, 403, 200), ("analyst", 403, 403, 200), ("support", 403, 403, 200)],
)
def test_each_role_sees_and_changes_what_it_may(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, sees: int, changes: int, own: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert [inside.get(path).status_code for path in (TEAM, AUDIT, f"{AUDIT}.csv")] == [sees] * 3
    assert inside.get(ACCOUNT).status_code == own
    assert ("Let somebody in" in inside.get(TEAM).text) == (changes == 200)
    assert post(inside, TEAM, email="x@example.com", role="owner").status_code == changes
    for verb in ("role", "end", "link"):
        assert (post(inside, f"{TEAM}/{NOAH}/{verb}", role="owner").status_code == 403) == (changes == 403)
    assert bool(desk.team.done) == (changes == 200)


def test_ones_own_page_sets_a_password_and_an_app_and_ends_sessions(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    said = text_of(inside.get(ACCOUNT))
    assert "Firefox on Linux This one" in said
    assert "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP" in said
    assert inside.get(f"{ACCOUNT}/codes.svg").headers["content-type"].startswith("image/svg+xml")
    differ = post(inside, f"{ACCOUNT}/password", current="a", password="one", again="two")
    assert (differ.status_code, "The two are not alike." in text_of(differ)) == (422, True)
    changed = post(inside, f"{ACCOUNT}/password", current="a", password=" new one ", again=" new one ")
    assert changed.headers["set-cookie"].startswith("loyalty=another-secret;")
    assert desk.own.done == [("password", "a", " new one ")]
    inside.cookies.set("loyalty", "a-secret")
    for path, code in (("codes/offer", ""), ("codes/ask", "123 456"), ("codes/end", "123456")):
        assert post(inside, f"{ACCOUNT}/{path}", code=code).status_code == 303
    assert post(inside, f"{ACCOUNT}/sessions/{THERE}/end").status_code == 303
    assert post(inside, f"{ACCOUNT}/sessions/others/end").status_code == 303
    assert post(inside, f"{ACCOUNT}/sessions/{NOAH}/end").status_code == 404
    desk.own.refusal = "wrong_password"
    wrong = post(inside, f"{ACCOUNT}/password", current="no", password="a", again="a")
    assert (wrong.status_code, "That is not your password." in text_of(wrong)) == (422, True)
    # What was written down of all this holds no secret.
    assert not any(one.details for one in desk.journal.written)


def test_every_form_of_the_panel_has_its_words_in_the_audit_log(desk: FakeDesk) -> None:
    names = set()
    for route in Litestar([panel(lambda: desk)], openapi_config=None).routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if isinstance(handler, HTTPRouteHandler) and "POST" in handler.http_methods:
                room = handler.fn.__module__.removeprefix("admin.").removesuffix(".routes")
                names.add(f"{room}.{handler.fn.__name__}")
    assert len(names) > 30
    assert names <= {name.partition(" ")[0] for name in ACTIONS}


def test_nothing_is_done_before_it_is_written_down(
    inside: TestClient[Litestar], desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        msg = "the disk is full"
        raise RuntimeError(msg)

    with monkeypatch.context() as patched:
        patched.setattr(desk.journal, "write", fails)
        assert post(inside, f"{TEAM}/{NOAH}/end").status_code == 500
    assert desk.team.done == []
    # A form of somebody else is not even written down; one that is refused is, with how it ended.
    before = len(desk.journal.written)
    assert post(inside, f"{TEAM}/{NOAH}/end", csrf="wrong").status_code == 403
    assert len(desk.journal.written) == before
    assert post(inside, f"{TEAM}/{MAYA}/role", role="support").status_code == 409
    last = desk.journal.written[-1]
    assert (last.name, last.details, last.status) == ("team.change_role", {"role": "support"}, 409)


def test_an_answer_is_not_lost_where_only_how_it_ended_could_not_be_added(
    inside: TestClient[Litestar], desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(desk.journal, "came", fails)
    assert "/admin/sign-in/new-link" in post(inside, TEAM, email="nora@example.com", role="support").text
    assert desk.journal.written[-1].status is None
    assert "Outcome unknown" in text_of(inside.get(AUDIT))


def test_the_audit_log_says_what_was_done_and_comes_as_a_file_that_runs_nothing(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    post(inside, TEAM, email="=cmd|' /C calc'!A0@x", role="support")
    shown = inside.get(f"{AUDIT}?who=maya@example.com&what=team&from=2026-01-01&to=2026-01-31")
    said = text_of(shown)
    assert "Took somebody into the team" in said
    assert re.search(r"email =cmd.* role support", said)
    number, asked, whole = desk.journal.asked[-1]
    assert (number, asked.email, whole) == (1, "maya@example.com", False)
    assert set(asked.names or ()) == {"team.invite", "team.another_link", "team.change_role", "team.let_go"}
    assert (str(asked.since), str(asked.until)) == ("2026-01-01 00:00:00-05:00", "2026-02-01 00:00:00-05:00")
    address = re.search(r'href="(/admin/p/1/audit\.csv[^"]*)"', shown.text)
    assert address
    file = inside.get(address[1].replace("&amp;", "&"))
    assert desk.journal.asked[-1] == (number, asked, True)
    assert not re.search(r'(^|,)"?[=+@-]', file.text, re.MULTILINE)
    assert "email: =cmd" in file.text
    # What an address cannot mean is not asked for.
    inside.get(f"{AUDIT}?what=nonsense&from=yesterday&to=9999-12-31&after=x&who=")
    odd = desk.journal.asked[-1][1]
    assert (odd.names, odd.since, odd.until, odd.after, odd.email) == (None, None, None, None, None)
    desk.journal.written = []
    assert "Nothing was done" in text_of(inside.get(f"{AUDIT}?what=team"))
    assert "Personne n’a encore rien fait" in text_of(inside.get(f"{AUDIT}?lang=fr"))
