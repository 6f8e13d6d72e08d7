"""The costs in the panel over HTTP: who sees and enters them, what the forms understand, what leads there."""

import csv
import io
import re
from datetime import date
from decimal import Decimal
from html import unescape
from uuid import UUID, uuid4

import msgspec
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.costs.addresses import place_of
from kpi import reasons
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Listed, Staff
from kpi.measure import Reason
from tests.admin.asking import text_of
from tests.admin.conftest import SITE
from tests.admin.fake_costs import some_costs
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, a_program, complete_journey

KPIS = "/admin/p/1/kpis"
COSTS = f"{KPIS}/costs"
SHEETS = ("point-cost", "spend", "unit-costs", "leads")
EVERY = [COSTS, *(f"{COSTS}/{sheet}/entered.csv" for sheet in SHEETS)]
POINT_COST = {"sheet": "point-cost", "from_on": "2017-05-01", "cost": "0.005", "breakage": "12.5"}
SPEND = {"sheet": "spend", "kind": "acquisition", "booked_on": "2017-05-12", "amount": "1,250.50"}


def post(client: TestClient[Litestar], *forms: dict[str, str], to: str = COSTS) -> Response:
    """Send a form, as a page of ours would."""
    sent = {"csrf": "a-token", "key": str(uuid4())}
    for form in forms:
        sent |= form
    return client.post(to, data=sent, headers={"origin": SITE})


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("manager", 200), ("analyst", 200), ("support", 403)])
@pytest.mark.parametrize("path", EVERY)
def test_who_sees_figures_sees_what_is_entered(
    inside: TestClient[Litestar], desk: FakeDesk, path: str, role: str, status: int
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(path).status_code == status


@pytest.mark.parametrize(("role", "status"), [("owner", 303), ("manager", 303), ("analyst", 403), ("support", 403)])
def test_owners_and_managers_enter_and_withdraw(
    inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int
) -> None:
    desk.costs = some_costs()
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert post(inside, SPEND).status_code == status
    assert post(inside, POINT_COST).status_code == status
    assert post(inside, {"spend_id": "ads/8"}, to=f"{COSTS}/withdraw").status_code == status
    assert (len(desk.told), len(desk.withdrawn)) == ((2, 1) if status == 303 else (0, 0))


def test_an_analyst_sees_no_form(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.costs = some_costs()
    assert inside.get(COSTS).text.partition("<main")[2].count("<form") == 2 + 4
    desk.sessions = {"a-secret": FakeSignedIn(role="analyst")}
    seen = inside.get(COSTS)
    assert "<form" not in seen.text.partition("<main")[2]
    assert "$1,250.50" in seen.text


@pytest.mark.parametrize("path", EVERY)
def test_nobody_outside_sees_any(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


@pytest.mark.parametrize("to", [COSTS, f"{COSTS}/withdraw"])
def test_forms_of_others_enter_and_withdraw_nothing(inside: TestClient[Litestar], desk: FakeDesk, to: str) -> None:
    desk.costs = some_costs()
    assert post(inside, SPEND, {"csrf": "wrong", "spend_id": "ads/8"}, to=to).status_code == 403
    sent = {**SPEND, "spend_id": "ads/8", "csrf": "a-token", "key": str(uuid4())}
    assert inside.post(to, data=sent, headers={"origin": "https://evil.example"}).status_code == 403
    assert desk.told == []
    assert desk.withdrawn == []


def test_what_is_entered_is_told_exactly_and_by_whom(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    post(inside, POINT_COST)
    post(inside, SPEND, {"channel": " Search ", "note": "Spring\ncampaign"})
    (staff, cost), (_, spend) = desk.told
    assert staff == Staff(UUID(int=1), staff.request_id)
    assert cost == NewPointCost(date(2017, 5, 1), Decimal("0.5"), Decimal("0.125"))
    assert isinstance(spend, NewSpend)
    told = (spend.kind, spend.booked_on, spend.amount_minor, spend.channel, spend.note)
    assert told == ("acquisition", date(2017, 5, 12), 125_050, "Search", "Spring campaign")


def test_after_entering_one_is_told_so_and_knows_the_way_back(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    came = "period=2017-05&measure=cac"
    answer = post(inside, SPEND, to=f"{COSTS}?{came}")
    assert answer.headers["location"] == f"{COSTS}?{came}&done=spend#spend"
    page = inside.get(f"{COSTS}?{came}&done=spend")
    assert text_of(page).count("The figures count it from now on.") == 1
    assert f'href="{KPIS}/cac?period=2017-05"' in page.text
    desk.costs = some_costs()
    gone = post(inside, {"from_on": "2017-06-01"}, to=f"{COSTS}/withdraw?{came}")
    assert gone.headers["location"] == f"{COSTS}?{came}&done=point-cost-withdrawn#point-cost"
    assert "The figures no longer count it." in text_of(inside.get(gone.headers["location"]))
    assert desk.withdrawn == [date(2017, 6, 1)]


@pytest.mark.parametrize(
    ("language", "written", "minor"),
    [
        ("en", "1250.5", 125_050),
        ("en", "1,250.50", 125_050),
        ("en", "1,250", 125_000),
        ("en", "0", 0),
        ("fr", "1250,5", 125_050),
        ("fr", "1 250,50", 125_050),
        ("fr", "1\u202f250,50", 125_050),
        ("fr", "1250.50", 125_050),
    ],
)
def test_amounts_are_read_as_the_language_writes_them(
    inside: TestClient[Litestar], desk: FakeDesk, language: str, written: str, minor: int
) -> None:
    assert post(inside, SPEND, {"amount": written}, to=f"{COSTS}?lang={language}").status_code == 303
    [(_, told)] = desk.told
    assert isinstance(told, NewSpend)
    assert told.amount_minor == minor


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        *((SPEND, {"amount": text}) for text in ("", "-1", "12,50", "1.005", "1e3", "1 2", "12 USD", "9" * 10, "٣")),
        *((SPEND, {"booked_on": text}) for text in ("", "12/05/2017", "2017-02-30", "1899-12-31")),
        (SPEND, {"kind": "fun"}),
        (SPEND, {"channel": "x" * 129}),
        (SPEND, {"note": "x" * 257}),
        (SPEND, {"note": "\u202e"}),
        *((POINT_COST, {"cost": text}) for text in ("", "free", "0.0000001")),
        *((POINT_COST, {"breakage": text}) for text in ("", "100.1", "-1", "0.00001")),
        (POINT_COST, {"from_on": "soon"}),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    inside: TestClient[Litestar], desk: FakeDesk, form: dict[str, str], wrong: dict[str, str]
) -> None:
    [(name, sent)] = wrong.items()
    answer = post(inside, form, wrong)
    assert answer.status_code == 422
    assert re.findall(r'id="wrong-(\w+)"', answer.text) == [name]
    assert re.search(rf'id="{name}"[^>]*aria-describedby="wrong-{name}" autofocus', answer.text)
    if sent and name != "kind":
        assert f'value="{sent}"' in answer.text
    assert desk.told == []


def test_a_form_without_its_key_is_asked_for_again(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = post(inside, SPEND, {"key": "mine"})
    assert answer.status_code == 422
    assert "The form was not complete. Send it again." in answer.text
    assert 'value="mine"' not in answer.text
    assert desk.told == []


def test_a_form_sent_twice_is_one_entry_and_changed_it_is_another(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    for changed in ({}, {}, {"amount": "7"}, {"key": str(uuid4())}):
        post(inside, SPEND, {"key": "0192f0c1-7a3e-7c55-b0a4-1d6b3a2f9e10"}, changed)
    ids = [told.spend_id for _, told in desk.told if isinstance(told, NewSpend)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


@pytest.mark.parametrize("key", [{"spend_id": "ads/9"}, {"from_on": "2017-06-02"}, {"from_on": "x"}, {}])
def test_what_was_never_entered_cannot_be_withdrawn(
    inside: TestClient[Litestar], desk: FakeDesk, key: dict[str, str]
) -> None:
    desk.costs = some_costs()
    assert post(inside, key, to=f"{COSTS}/withdraw").status_code == 404
    assert desk.withdrawn == []


def test_what_is_entered_is_listed_with_its_dates(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.costs = some_costs()
    page = text_of(inside.get(COSTS))
    for said in (
        "1 Jun 2017 further notice $0.0045 12.5%",
        "1 Jan 2017 31 May 2017 $0.01 20%",
        "12 May 2017 Winning customers Search Spring campaign $1,250.50",
        "1 Apr 2017 Enrolling members – – $0.00",
        "l-1 1 May 2017 Qualified Fair ada@example.org",
        "The latest 1 of 1,234",
        "Pear jam 1 Jan 2017 $1.20",
        "2 entries, latest first",
    ):
        assert said in page
    french = text_of(inside.get(f"{COSTS}?lang=fr"))
    assert "1er juin 2017 nouvel ordre 0,0045 $US 12,5 %" in french


@pytest.mark.parametrize(
    ("sheet", "header", "first"),
    [
        ("point-cost", ["From", "Until", "Cost of a point", "Never spent"], ["2017-06-01", "", "0.0045", "12.5"]),
        (
            "spend",
            ["Booked on", "For", "Channel", "Note", "Amount"],
            ["2017-05-12", "Winning customers", "Search", "Spring campaign", "1250.5"],
        ),
        ("unit-costs", ["Article", "From", "Cost of a unit"], ["Pear jam", "2017-01-01", "1.2"]),
        (
            "leads",
            ["Lead", "Created", "Quality", "Channel", "Customer"],
            ["l-1", "2017-05-01", "Qualified", "Fair", "ada@example.org"],
        ),
    ],
)
def test_every_table_is_a_file_too(
    inside: TestClient[Litestar], desk: FakeDesk, sheet: str, header: list[str], first: list[str]
) -> None:
    desk.costs = some_costs()
    answer = inside.get(f"{COSTS}/{sheet}/entered.csv")
    told, row, *_ = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert told == header
    assert row == first
    assert f'href="{COSTS}/{sheet}/entered.csv"' in inside.get(COSTS).text


def test_before_anything_is_entered_the_page_says_what_is_missing(inside: TestClient[Litestar]) -> None:
    page = text_of(inside.get(COSTS))
    assert "No cost of a point is entered" in page
    assert "loyalty import leads FILE.csv --program 'Complete Journey'" in page
    assert "CSV" not in page


@pytest.mark.parametrize("path", [f"{COSTS}/nothing/entered.csv", "/admin/p/9/kpis/costs"])
def test_what_is_not_there_is_a_page_too(inside: TestClient[Litestar], path: str) -> None:
    assert inside.get(path).status_code == 404


def test_what_others_named_is_escaped(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    evil = "<script>alert(1)</script>"
    costs = some_costs()
    spend = NewSpend(evil, "acquisition", date(2017, 5, 1), 1, evil, evil)
    desk.costs = msgspec.structs.replace(costs, spend=Listed([spend], 1))
    desk.listed = [a_program(name=evil)]
    html = inside.get(f"{COSTS}?period={evil}&measure={evil}&done={evil}").text
    assert evil not in html
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", html)


def test_a_missing_figure_leads_to_the_form_that_makes_it(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.table = {key: rows for key, rows in complete_journey().items() if key != "cac"}
    page = inside.get(f"{KPIS}/cac?period=2017-05")
    to = f"{COSTS}?period=2017-05&measure=cac#spend"
    assert unescape(page.text).count(f'href="{to}"') == 2
    source = page.text.partition('aria-labelledby="example-title"')[2].partition("</article>")[0]
    assert "Enter acquisition costs." in source
    assert "<table" not in source
    assert "Joined in the period" not in source
    form = inside.get(to).text
    assert re.search(r'id="booked_on"\s+name="booked_on"\s+value="2017-05-01"', form)
    assert '<option value="acquisition" selected>' in form
    desk.sessions = {"a-secret": FakeSignedIn(role="analyst")}
    assert "See what is entered" in inside.get(f"{KPIS}/cac?period=2017-05").text


def test_a_figure_that_is_there_keeps_its_table(inside: TestClient[Litestar]) -> None:
    page = inside.get(f"{KPIS}/aov?period=2017-05")
    source = page.text.partition('aria-labelledby="example-title"')[2].partition("</article>")[0]
    assert "<table" in source
    assert COSTS not in page.text


@pytest.mark.parametrize("reason", [one for one in vars(reasons).values() if isinstance(one, Reason)])
def test_who_is_asked_to_enter_something_is_led_to_it(inside: TestClient[Litestar], reason: Reason) -> None:
    place = place_of(reason)
    assert bool(place) is (" or import " in reason.text.en or reason.text.en.startswith("Enter"))
    assert not place or f'id="{place}"' in inside.get(COSTS).text


def test_the_list_of_measures_leads_there(inside: TestClient[Litestar]) -> None:
    assert f'href="{COSTS}?period=2017-05"' in inside.get(f"{KPIS}?period=2017-05").text
