"""Points and liability in the panel: lines that add up, money where a cost was entered, breakage with its doubts."""

import csv
import io
import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from admin.liability.lines import TITLES
from loyalty.spreadsheets import BYTE_ORDER_MARK
from tests.admin.conftest import IMPACT
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_liability import ENTERED, FakePoints

LIABILITY = "/admin/p/1/liability"
MAY = f"{LIABILITY}?period=2017-05"


def table(page: str, part: str) -> list[list[str]]:
    """Read the rows of the table in a section, as text."""
    section = page.partition(f'id="{part}"')[2].partition("</section>")[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", section, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]


def test_the_chosen_period_leads_from_opening_to_closing(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.points = ENTERED
    page = inside.get(MAY).text
    # From December 2016 on, 690 more each period; May is the sixth. A point is worth 2 cents less 10 %.
    assert table(page, "roll")[1:] == [
        ["Opening 3,550 held less 100 owed", "3,450", "$62.10"],
        ["Issued", "+1,000", "+$18.00"],
        ["Restored", "+40", "+$0.72"],
        ["Adjusted by staff +15, merges 0, erasures −5", "+10", "+$0.18"],
        ["Redeemed", "−200", "−$3.60"],
        ["Expired of them 10 lost by leaving", "−110", "−$1.98"],
        ["Taken back", "−50", "−$0.90"],
        ["Closing 4,260 held less 120 owed", "4,140", "$74.52"],
    ]
    assert "4,260" in page.partition('id="worth"')[2]
    assert "$76.68" in page.partition('id="worth"')[2]


def test_the_table_and_its_file_say_the_same(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.points = ENTERED
    shown = table(inside.get(MAY).text, "by-period")
    answered = inside.get(f"{LIABILITY}.csv?period=2017-05")
    assert 'filename="liability-2017-05.csv"' in answered.headers["content-disposition"]
    header, *rows = list(csv.reader(io.StringIO(answered.text.removeprefix(BYTE_ORDER_MARK))))
    assert header == ["Period", *TITLES, "Outstanding", "Owed", "Liability (USD)"]
    assert len(rows) == len(shown) - 1 == 13
    for row, on_the_page in zip(rows, shown[1:], strict=True):
        plain = [cell.replace("−", "-").replace(",", "").replace("$", "") for cell in on_the_page]
        assert [row[0], *map(float, row[1:])] == [plain[0], *map(float, plain[1:])]
        opening, *lines, closing = map(int, row[1 : 1 + len(TITLES)])
        assert opening + sum(lines) == closing
        assert closing == int(row[-3]) - int(row[-2])


def test_without_a_cost_there_is_no_money_but_what_to_enter(inside: TestClient[Litestar]) -> None:
    page = inside.get(MAY).text
    assert "Enter what a point costs you" in page
    assert 'href="/admin/p/1/kpis/costs"' in page
    assert table(page, "roll")[-1] == ["Closing 4,260 held less 120 owed", "4,140"]
    assert "$" not in page.partition('id="roll"')[2].partition("</section>")[0]
    assert table(page, "by-period")[1][-1] == "–"


def test_breakage_is_an_estimate_with_its_interval_and_basis(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.points = ENTERED
    page = inside.get(MAY).text
    assert "<b>20.0%</b>" in page
    assert "interval 20.0% to 20.0%" in page
    assert "4,000 points of 40 customers" in page


@pytest.mark.parametrize(("ended", "said"), [(0, "No points with a fixed date"), (29, "fewer than 30 customers")])
def test_too_few_data_are_said_instead_of_a_share(
    inside: TestClient[Litestar], desk: FakeDesk, ended: int, said: str
) -> None:
    desk.points = FakePoints(ENTERED.worth, ended)
    breakage = inside.get(MAY).text.partition('id="breakage"')[2]
    assert said in breakage
    assert "No breakage is counted." in breakage
    assert "<b>" not in breakage.partition("</section>")[0]


def test_where_no_point_moved_there_is_a_sentence_instead_of_a_chart(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    desk.points = FakePoints(moves=())
    page = inside.get(MAY).text
    assert "No points have moved yet." in page
    assert 'data-chart="points"' not in page
    # The chosen period is there all the same, and those after it.
    assert table(page, "by-period")[1][0] == "May 2017"


@pytest.mark.parametrize(
    "query", ["?period=2017-5", "?period=2017-05&against=last_year", "?period=2017-05&grain=month"]
)
def test_a_page_has_one_address(inside: TestClient[Litestar], query: str) -> None:
    answered = inside.get(f"{LIABILITY}{query}")
    assert answered.status_code == 303
    assert inside.get(answered.headers["location"]).status_code == 200


@pytest.mark.parametrize("period", ["2017", "2017-Q2"])
def test_quarters_and_years_are_rolled_forward_too(inside: TestClient[Litestar], period: str) -> None:
    assert len(table(inside.get(f"{LIABILITY}?period={period}").text, "roll")) == len(TITLES) + 1


def test_support_sees_no_figures(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.sessions["a-secret"] = FakeSignedIn(role="support")
    assert inside.get(MAY).status_code == 403
    assert inside.get(f"{LIABILITY}.csv?period=2017-05").status_code == 403


def test_the_first_page_and_the_menu_lead_here(inside: TestClient[Litestar]) -> None:
    page = inside.get(f"{IMPACT}?period=2017-05").text
    assert f'href="{LIABILITY}"' in page


def test_it_speaks_french(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.points = ENTERED
    page = inside.get(f"{MAY}&lang=fr").text
    assert "Points et engagement" in page
    assert table(page, "roll")[1][0] == "Ouverture 3 550 détenus moins 100 dus"
    assert "Clôture" in page
