"""The list of measures and the page of each, over HTTP: what they say, where they lead, who may see them."""

import csv
import io
import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.kpis.groups import GROUPS, OTHERS, grouped
from admin.kpis.listing import listed_keys
from kpi.measure import MEASURES
from tests.admin.asking import text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, a_program, complete_journey

KPIS = "/admin/p/1/kpis"
RETENTION = f"{KPIS}/retention_rate"
MAY = "period=2017-05"
EVERY = [
    KPIS,
    f"{KPIS}.csv",
    RETENTION,
    f"{RETENTION}/series.csv",
    f"{RETENTION}/customers",
    f"{RETENTION}/customers.csv",
]


def _rows(html: str) -> dict[str, list[str]]:
    """Read the list: the cells of each measure by its key."""
    rows = {}
    for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL):
        key = re.search(r'href="/admin/p/1/kpis/(\w+)\?', row)
        if key:
            rows[key[1]] = [_text(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
    return rows


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _table(answer: Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_list_has_every_measure_once(inside: TestClient[Litestar]) -> None:
    rows = _rows(inside.get(f"{KPIS}?{MAY}").text)
    assert set(rows) == set(listed_keys())
    assert {"retention_rate", "aov"} <= set(rows)


def test_a_row_of_the_list_shows_both_sides_and_their_difference(inside: TestClient[Litestar]) -> None:
    rows = _rows(inside.get(f"{KPIS}?{MAY}").text)
    assert rows["retention_rate"][:4] == ["92.3%", "97.5%", "89.6%", "+8.0 pp"]
    assert rows["aov"][1:4] == ["$30.06", "$28.18", "+$1.89"]


def test_only_a_proven_difference_is_bold(inside: TestClient[Litestar]) -> None:
    html = inside.get(f"{KPIS}?{MAY}").text
    assert re.search(r'<td class="r low">\s*\+8\.0', html)
    assert re.search(r'<td class="r low quiet">\s*\+\$1\.89', html)


def test_what_must_be_entered_is_said_instead_of_a_value(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.table = {key: rows for key, rows in complete_journey().items() if key != "orders_per_active"}
    assert _rows(inside.get(f"{KPIS}?{MAY}").text)["orders_per_active"] == ["Enter acquisition costs."]
    page = inside.get(f"{KPIS}/orders_per_active?{MAY}").text
    assert "Enter acquisition costs." in page
    assert "data-chart" not in page
    assert "Saisissez les coûts" in inside.get(f"{KPIS}/orders_per_active?{MAY}&lang=fr").text


def test_every_measure_has_its_place(inside: TestClient[Litestar]) -> None:
    named = [key for group in GROUPS for key in group.measures]
    assert len(named) == len(set(named))
    placed = grouped([*MEASURES.all(), "brand_new"])
    assert [key for _, keys in placed for key in keys].count("brand_new") == 1
    assert placed[-1][0] is OTHERS
    assert "brand_new" in placed[-1][1]
    assert all(keys for _, keys in placed)
    assert "Loyalty" in inside.get(f"{KPIS}?{MAY}").text


def test_a_measures_page_gives_the_figure_and_where_it_comes_from(inside: TestClient[Litestar]) -> None:
    text = _text(inside.get(f"{RETENTION}?{MAY}").text)
    for said in (
        "Customer retention rate",
        "97.5% 675 of 692 interval 96.1% to 98.5% April 2017 96.5%",
        "Difference +8.0 pp +5.9 to +10.0 Says nothing about the cause.",
        "675 ÷ 692 = 97.5%",
        "Customers who bought in both periods ÷ customers who bought in the previous period",
        "GET /v1/kpis/retention_rate?start=2017-05-01&end=2017-06-01",
        "Joined in the period 534",
        "Bought on both sides of joining 367",
        "13,641 purchases counted in May",
    ):
        assert said in text


def test_money_is_divided_by_what_it_was_divided_by(inside: TestClient[Litestar]) -> None:
    assert "$275,291.50 ÷ 9,157" in _text(inside.get(f"{KPIS}/aov?{MAY}").text)


def test_a_difference_that_is_not_proven_is_not_quoted(inside: TestClient[Litestar]) -> None:
    assert "No proven difference" in inside.get(f"{KPIS}/aov?{MAY}").text
    assert "No proven difference" not in inside.get(f"{RETENTION}?{MAY}").text


@pytest.mark.parametrize("grain", ["day", "week", "month", "quarter", "year"])
def test_the_chart_can_be_cut_into_every_grain(inside: TestClient[Litestar], grain: str) -> None:
    address = f"{RETENTION}?{MAY}" if grain == "month" else f"{RETENTION}?{MAY}&by={grain}"
    answer = inside.get(address)
    assert answer.status_code == 200
    current = re.search(r'by=?(\w*)#series" aria-current="true">|#series" aria-current="true">(\w+)<', answer.text)
    assert current
    assert grain.capitalize() in current[0] or f"by={grain}" in current[0]


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("period=2017-05&by=month", "period=2017-05"),
        ("period=2017-05&by=fortnight", "period=2017-05"),
        ("period=2017-05&grain=quarter&by=week", "period=2017-Q2&by=week"),
        ("period=2017-05&against=last_year&by=month", "period=2017-05&against=last_year"),
    ],
)
def test_equal_pages_have_equal_addresses(inside: TestClient[Litestar], asked: str, canonical: str) -> None:
    answer = inside.get(f"{RETENTION}?{asked}")
    assert (answer.status_code, answer.headers.get("location")) == (303, f"{RETENTION}?{canonical}")
    assert inside.get(f"{RETENTION}?{canonical}").status_code == 200


def test_the_picker_keeps_the_charts_grain(inside: TestClient[Litestar]) -> None:
    html = inside.get(f"{RETENTION}?{MAY}&by=week").text
    assert '<input type="hidden" name="by" value="week">' in html
    assert f"{RETENTION}?period=2017-06&amp;by=week" in html


def test_while_an_interval_is_being_computed_the_page_asks_again(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.pending = 3
    first = inside.get(f"{RETENTION}?{MAY}").text
    assert "Interval being computed" in first
    again = re.search(r'hx-get="([^"]+)"', first)
    assert again
    part = inside.get(unescape(again[1]), headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="figures" hx-get=')
    ready = inside.get(unescape(again[1]), headers={"HX-Request": "true"}).text
    assert ready.lstrip().startswith('<div id="figures">')
    assert "<html" not in ready
    assert "675 of 692" in ready
    assert "Interval being computed" not in ready


def test_the_series_file_holds_the_table(inside: TestClient[Litestar]) -> None:
    answer = inside.get(f"{RETENTION}/series.csv?{MAY}")
    assert answer.headers["content-disposition"] == 'attachment; filename="retention_rate-2017-05-by-month.csv"'
    header, *rows = _table(answer)
    assert header[:6] == ["Period", "Segment", "Value", "Unit", "Numerator", "Denominator"]
    may = {row[1]: row[2:6] for row in rows if row[0] == "May 2017"}
    assert may["Members"] == ["97.543353", "%", "675", "692"]
    assert may["All"] == ["92.323031", "%", "1852", "2006"]
    assert {row[0] for row in rows} == set(_periods(inside.get(f"{RETENTION}?{MAY}").text))


def _periods(html: str) -> list[str]:
    table = html.partition('id="series-table"')[2].partition("</table>")[0]
    return [_text(cell) for cell in re.findall(r'<th scope="row">(.*?)</th>', table, re.DOTALL)]


def test_the_lists_file_holds_every_measure(inside: TestClient[Litestar]) -> None:
    _, *rows = _table(inside.get(f"{KPIS}.csv?{MAY}"))
    assert {row[0] for row in rows} == set(listed_keys())
    retention = {row[2]: row[4:8] for row in rows if row[0] == "retention_rate"}
    assert retention["Non-members"] == ["89.573820", "%", "1177", "1314"] or retention["Non-members"][2:] == [
        "1177",
        "1314",
    ]
    assert retention["Difference"][1] == "pp"


def test_the_figure_leads_to_its_customers_and_they_to_the_member(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    page = unescape(inside.get(f"{RETENTION}?{MAY}").text)
    assert f"{RETENTION}/customers?{MAY}&segment=member&part=denominator_only" in page
    answer = inside.get(f"{RETENTION}/customers?{MAY}&segment=member&part=denominator_only")
    assert answer.status_code == 200
    [asked] = desk.asked_behind
    assert (asked.key, asked.period.key, asked.segment, asked.part) == (
        "retention_rate",
        "2017-05",
        "member",
        "denominator_only",
    )
    first = desk.people_listed[0].customer_id
    assert f'href="/admin/p/1/members/{first}"' in answer.text
    assert "17 customers" in _text(answer.text)
    following = re.search(r'href="([^"]*after=[^"]*)"', answer.text)
    assert following
    assert inside.get(unescape(following[1])).status_code == 200
    assert desk.asked_behind[-1].after == desk.people_listed[-1].customer_id


def test_an_address_of_customers_is_said_shortly(inside: TestClient[Litestar]) -> None:
    answer = inside.get(f"{RETENTION}/customers?{MAY}&segment=all&part=nonsense")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{RETENTION}/customers?{MAY}")


def test_the_customers_come_as_a_file(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    answer = inside.get(f"{RETENTION}/customers.csv?{MAY}")
    assert answer.headers["content-disposition"] == 'attachment; filename="retention_rate-2017-05-numerator.csv"'
    assert len(_table(answer)) == len(desk.people_listed) + 1


def test_what_counts_no_customers_has_no_list_of_them(inside: TestClient[Litestar]) -> None:
    assert f"{KPIS}/aov/customers" not in inside.get(f"{KPIS}/aov?{MAY}").text
    assert inside.get(f"{KPIS}/aov/customers?{MAY}").status_code == 404


@pytest.mark.parametrize("path", EVERY)
def test_support_sees_no_measure(inside: TestClient[Litestar], desk: FakeDesk, path: str) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="support")}
    assert inside.get(f"{path}?{MAY}").status_code == 403


@pytest.mark.parametrize("path", EVERY)
def test_an_analyst_sees_all_of_it(inside: TestClient[Litestar], desk: FakeDesk, path: str) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role="analyst")}
    assert inside.get(f"{path}?{MAY}").status_code == 200


@pytest.mark.parametrize("path", EVERY)
def test_nobody_outside_sees_any(outside: TestClient[Litestar], path: str) -> None:
    assert outside.get(path).headers["location"].partition("?")[0] == "/admin/sign-in"


@pytest.mark.parametrize("path", [f"{KPIS}/nothing", f"{KPIS}/nothing/customers", "/admin/p/9/kpis"])
def test_what_is_not_there_is_a_page_too(inside: TestClient[Litestar], path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_before_the_first_purchase_the_way_leads_to_what_to_do(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.table = {key: {} for key in complete_journey()}
    for path in (KPIS, RETENTION):
        said = text_of(inside.get(path))
        assert [part for part in ("KPIs", "No purchases yet", "Bring in a file") if part not in said] == []
    assert inside.get(f"{RETENTION}/series.csv").status_code == 404


def test_pages_have_nothing_inline_and_escape_what_others_named(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    evil = "<script>alert(1)</script>"
    desk.listed = [a_program(name=evil, data_origin={"en": evil})]
    for path in (KPIS, RETENTION, f"{RETENTION}/customers"):
        html = inside.get(f"{path}?{MAY}").text
        assert evil not in html
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:", html)
