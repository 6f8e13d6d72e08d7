"""The panel over HTTP: who comes in, what every answer carries, where addresses lead."""

import re
from html import unescape
from urllib.parse import urlencode

import asyncpg
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from structlog.testing import capture_logs

from admin.pages import HEADERS
from loyalty.errors import DraftEdited, InFlight, NotFound, TooManyRequests
from tests.admin.conftest import IMPACT, SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, a_program, complete_journey
from tests.admin.fake_people import NORA


def _leads_to(answer: Response, address: str) -> bool:
    return answer.status_code == 303 and answer.headers["location"] == address


def _come_in(outside: TestClient[Litestar], link: str = "a-link", origin: str = SITE) -> Response:
    return outside.post(f"/admin/sign-in/{link}", headers={"origin": origin})


def test_a_link_signs_in_once(outside: TestClient[Litestar]) -> None:
    # Whoever only looks, as mail scanners do, uses nothing up; nor does a page of somebody else.
    assert outside.get("/admin/sign-in/a-link").status_code == 200
    assert _come_in(outside, origin="https://evil.example").status_code == 403
    assert _leads_to(_come_in(outside), "/admin/impact")
    assert _leads_to(outside.get("/admin/impact"), IMPACT)
    outside.cookies.clear()
    spent = _come_in(outside)
    assert spent.status_code == 410
    assert "loyalty users link" in spent.text


def test_an_unknown_link_answers_like_a_spent_one(outside: TestClient[Litestar]) -> None:
    _come_in(outside)
    outside.cookies.clear()
    looked, other = outside.get("/admin/sign-in/a-link"), outside.get("/admin/sign-in/another")
    assert looked.text.replace("a-link", "") == other.text.replace("another", "")
    spent, unknown = _come_in(outside), _come_in(outside, "another")
    assert (spent.status_code, spent.text.replace("a-link", "")) == (
        unknown.status_code,
        unknown.text.replace("another", ""),
    )


@pytest.mark.parametrize(
    ("public_url", "name", "secure"), [(SITE, "loyalty", False), ("https://shop.example", "__Host-loyalty", True)]
)
def test_the_session_cookie_is_out_of_reach(
    outside: TestClient[Litestar], desk: FakeDesk, public_url: str, name: str, *, secure: bool
) -> None:
    desk.public_url = public_url
    cookie = _come_in(outside).headers["set-cookie"]
    assert cookie.startswith(f"{name}=a-secret;")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert ("Secure" in cookie.split("; ")) is secure
    assert "Domain" not in cookie


@pytest.mark.parametrize("path", ["/admin/impact", IMPACT, f"{IMPACT}.csv", "/admin/p/1/retention.csv"])
def test_without_a_session_every_page_leads_to_the_door(outside: TestClient[Litestar], path: str) -> None:
    asked = "" if path == "/admin/impact" or path.endswith(".csv") else "?" + urlencode({"next": path})
    assert _leads_to(outside.get(path), f"/admin/sign-in{asked}")
    assert outside.get("/admin/sign-in").status_code == 200


@pytest.mark.parametrize(
    ("asked", "leads_to"),
    [
        ("/admin/p/1/members?q=Nora&after=1", "/admin/p/1/members?q=Nora&after=1"),
        *[(evil, "/admin/impact") for evil in ("https://evil.example", "//evil.example", "/admin/\\evil", "/admin//x",
          "/admin/sign-out/../x\r\n", "/v1/x", "/admin/sign-in")],
    ],
)  # fmt: skip
def test_whoever_comes_in_goes_on_to_the_page_that_was_asked_for(
    outside: TestClient[Litestar], desk: FakeDesk, asked: str, leads_to: str
) -> None:
    if leads_to == asked:
        assert _leads_to(outside.get(asked), f"/admin/sign-in?{urlencode({'next': asked})}")
        by_script = outside.get("/admin/p/1/imports", headers={"hx-request": "true", "hx-current-url": SITE + asked})
        assert by_script.headers["hx-redirect"] == f"/admin/sign-in?{urlencode({'next': asked})}"
    form = {"email": desk.door.email, "password": desk.door.password, "next": asked}
    assert _leads_to(outside.post("/admin/sign-in", data=form, headers={"origin": SITE}), leads_to)


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (asyncpg.QueryCanceledError("x"), 503, "Your data is safe."),
        (TooManyRequests("x", retry_after_seconds=5), 429, "Your data is safe."),
        (NotFound("x"), 404, "This is not there any more"),
        (InFlight("x"), 409, "Something changed in the meantime"),
        (DraftEdited(newest=None), 409, "Something changed in the meantime"),
    ],
)
def test_what_no_page_says_by_itself_is_a_page_too(
    inside: TestClient[Litestar], desk: FakeDesk, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int,
    says: str,
) -> None:  # fmt: skip
    async def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(desk, "programs", refuse)
    answer = inside.get(IMPACT)
    assert (answer.status_code, says in answer.text) == (status, True)
    assert answer.headers.get("retry-after") == {503: "1", 429: "5"}.get(
        status, "1" if isinstance(error, InFlight) else None
    )


@pytest.mark.parametrize("path", ["/segments/%00", f"/members/{NORA}?after=1.{NORA}.%00", "/rewards/%00/edit"])
def test_an_address_with_a_nul_is_not_understood(inside: TestClient[Litestar], path: str) -> None:
    assert inside.get(f"/admin/p/1{path}").status_code == 400


def test_somebody_inside_does_not_stand_at_the_door(inside: TestClient[Litestar]) -> None:
    assert _leads_to(inside.get("/admin/sign-in"), "/admin/impact")
    assert _leads_to(inside.get("/admin"), "/admin/impact")
    assert _leads_to(inside.get("/admin/"), "/admin/impact")


def test_signing_out_ends_the_session(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = inside.post("/admin/sign-out", data={"csrf": "a-token"}, headers={"origin": SITE})
    assert _leads_to(answer, "/admin/sign-in")
    assert desk.sessions == {}
    assert "Max-Age=0" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("csrf", "origin"),
    [("wrong", SITE), ("", SITE), ("a-token", "https://evil.example"), ("a-token", "null"), ("a-token", None)],
)
def test_forms_of_others_are_not_believed(
    inside: TestClient[Litestar], desk: FakeDesk, csrf: str, origin: str | None
) -> None:
    headers = {"origin": origin} if origin else {}
    answer = inside.post("/admin/sign-out", data={"csrf": csrf}, headers=headers)
    assert answer.status_code == 403
    assert len(desk.sessions) == 1


@pytest.mark.parametrize(
    "path",
    ["/admin/sign-in", "/admin/sign-in/x", "/admin/impact", IMPACT, f"{IMPACT}.csv", "/admin/p/9/impact", "/admin/x"],
)
def test_every_answer_carries_the_headers(inside: TestClient[Litestar], path: str) -> None:
    answer = inside.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_pages_have_nothing_inline(inside: TestClient[Litestar]) -> None:
    html = inside.get(IMPACT).text
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", html)


def test_what_others_named_is_escaped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    evil = "<script>alert(1)</script>"
    desk.listed = [a_program(name=evil, data_origin={"en": evil}), a_program(2, name=evil)]
    desk.sessions = {"a-secret": FakeSignedIn(email=evil)}
    html = inside.get(IMPACT).text
    assert evil not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("period=2017-05&grain=month&against=previous", "period=2017-05"),
        ("period=2017-05&grain=quarter&against=previous", "period=2017-Q2"),
        ("period=2017-Q2&grain=month&against=last_year", "period=2017-06&against=last_year"),
        ("period=1999-01", "period=2017-01"),
        ("period=nonsense", "period=2017-12"),
        ("period=2017-05&against=nonsense", "period=2017-05"),
        ("period=2017-05&period=2017-06", "period=2017-06"),
    ],
)
def test_equal_pages_have_equal_addresses(inside: TestClient[Litestar], asked: str, canonical: str) -> None:
    first = inside.get(f"{IMPACT}?{asked}")
    if f"period={canonical.partition('=')[2]}" != asked.rpartition("&")[2]:
        assert _leads_to(first, f"{IMPACT}?{canonical}")
    assert inside.get(f"{IMPACT}?{canonical}").status_code == 200


def test_a_page_without_a_period_says_why_it_opened_there(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    assert "the last complete month with at least 30 purchases" in inside.get(IMPACT).text
    desk.listed = [a_program(default_period="2017-05")]
    assert "The page opens on May 2017, as set for this programme." in inside.get(IMPACT).text
    assert "The page opens" not in inside.get(f"{IMPACT}?period=2017-05").text


def test_the_language_is_kept(inside: TestClient[Litestar]) -> None:
    assert '<html lang="en"' in inside.get(IMPACT).text
    assert '<html lang="fr"' in inside.get(f"{IMPACT}?lang=fr").text
    assert "Nous ne pouvons pas encore le dire." in inside.get(IMPACT).text
    assert '<html lang="en"' in inside.get(f"{IMPACT}?lang=en").text


def test_the_theme_is_known_before_the_first_paint(inside: TestClient[Litestar]) -> None:
    assert "data-theme" not in inside.get(IMPACT).text.partition("<head>")[0]
    inside.cookies.set("theme", "dark")
    assert 'data-theme="dark"' in inside.get(IMPACT).text.partition("<head>")[0]
    inside.cookies.set("theme", '"><script>')
    assert "data-theme" not in inside.get(IMPACT).text.partition("<head>")[0]


def test_navigation_shows_only_what_there_is(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    html = inside.get(IMPACT).text
    assert set(re.findall(r'href="(/[^"?]*)"', html.partition("<nav")[2].partition("</nav>")[0])) == {
        "/admin/impact",
        IMPACT,
        "/admin/p/1/kpis",
        "/admin/p/1/liability",
        "/admin/p/1/members",
        "/admin/p/1/purchases",
        "/admin/p/1/segments",
        "/admin/p/1/tiers",
        "/admin/p/1/rewards",
        "/admin/p/1/referrals",
        "/admin/p/1/surveys",
        "/admin/p/1/rules",
        "/admin/p/1/imports",
        "/admin/p/1/keys",
        "/admin/p/1/settings",
        "/admin/p/1/health",
        "/admin/p/1/team",
        "/admin/p/1/audit",
        "/admin/p/1/account",
        "/docs",
    }
    assert "<details" not in html.partition("</nav>")[0]
    desk.listed = [a_program(), a_program(2, name="Second")]
    assert 'href="/admin/p/2/impact"' in inside.get(IMPACT).text


def test_a_programme_without_purchases_says_what_to_do(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.table = {key: {} for key in complete_journey()}
    desk.listed = [a_program(name="Ann's shop")]
    page = inside.get(IMPACT)
    assert page.status_code == 200
    assert f"curl -X POST {SITE}/v1/purchases" in page.text
    assert """--program 'Ann'"'"'s shop' --storefront 'My shop'""" in unescape(page.text)
    assert inside.get(f"{IMPACT}.csv").status_code == 404


def test_without_any_figure_there_is_no_empty_chart(inside: TestClient[Litestar]) -> None:
    assert "data-chart" in inside.get(f"{IMPACT}?period=2017-01").text
    assert "data-chart" not in inside.get(f"{IMPACT}?period=2017").text


def test_an_installation_without_programmes_says_what_to_do(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.listed = []
    assert "No programme yet" in inside.get("/admin/impact").text


@pytest.mark.parametrize("path", ["/admin/p/9/impact", "/admin/p/x/impact", "/admin/nowhere", "/admin/p/1/nowhere"])
def test_what_is_not_there_is_a_page_too(inside: TestClient[Litestar], path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_support_does_not_see_figures(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="support")}
    answer = inside.get(IMPACT)
    assert answer.status_code == 403
    assert "Your role does not include this page" in answer.text


def test_a_failure_is_told_plainly(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.broken = True
    with capture_logs() as logged:
        answer = inside.get(IMPACT)
    assert answer.status_code == 500
    assert "Your data is safe." in answer.text
    assert "the table is broken" not in answer.text
    assert [(one["event"], one["path"]) for one in logged] == [("panel_failed", "/admin/p/{program_id}/impact")]
