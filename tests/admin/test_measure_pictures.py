"""The pictures of a measure's page: what they draw, the table that says the same, and the file of it."""

import csv
import io
import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from kpi.measure import Distribution
from kpi.pictures import Curve, Picture
from tests.admin.fake_desk import FakeDesk, FakeSignedIn, Row, complete_journey
from tests.admin.fake_pictures import FIRST, GAPS, REPEAT, rising, show_pictures, spread

KPIS = "/admin/p/1/kpis"
MAY = "period=2017-05"


@pytest.fixture(autouse=True)
def told(desk: FakeDesk) -> None:
    """Let three measures have pictures of May."""
    show_pictures(desk)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def _picture(html: str) -> str:
    """Cut the picture's card out of a page."""
    return html.partition('id="picture"')[2].partition("</section>")[0]


def _widths(html: str, style: str) -> list[float]:
    return [float(width) for width in re.findall(rf'<rect class="wf-{style}"[^>]* width="([\d.]+)%"', html)]


def _heights(html: str, style: str) -> list[float]:
    return [float(height) for height in re.findall(rf'<rect class="pic-{style}"[^>]* height="([\d.]+)"', html)]


def _table(answer: Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_funnel_tells_how_many_went_on(inside: TestClient[Litestar]) -> None:
    html = _picture(inside.get(f"{KPIS}/{REPEAT}?{MAY}").text)
    rows = [_text(row) for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)]
    assert rows[1:] == [
        "1 purchase or more 20 100.0% 21 100.0% 40 100.0%",
        "2 purchases or more 18 90.0% 12 57.1% 30 75.0%",
        "3 purchases or more 15 75.0% 5 23.8% 20 50.0%",
        "4 purchases or more 8 40.0% 1 4.8% 9 22.5%",
    ]
    assert _widths(html, "m") == [100, 90, 75, 40]
    assert _widths(html, "n") == pytest.approx([100, 57.14, 23.81, 4.76])


def test_the_funnel_speaks_french(inside: TestClient[Litestar]) -> None:
    text = _text(_picture(inside.get(f"{KPIS}/{REPEAT}?{MAY}&lang=fr").text))
    assert "Du premier achat au quatrième" in text
    assert "1 achat ou plus" in text
    assert "90,0\N{NO-BREAK SPACE}%" in unescape(inside.get(f"{KPIS}/{REPEAT}?{MAY}&lang=fr").text)


def test_the_histogram_stands_on_one_scale_and_marks_the_median(inside: TestClient[Litestar]) -> None:
    html = _picture(inside.get(f"{KPIS}/{GAPS}?{MAY}").text)
    members, others = _heights(html, "m"), _heights(html, "n")
    # Fourteen days and the rest; the highest of all columns is that of 19 of 20.
    assert (len(members), len(others)) == (15, 15)
    assert max(others) > max(members)
    assert members[:4] == pytest.approx([members[2] / 4, members[2] * 3 / 4, members[2], 0], abs=0.1)
    assert others[-1] > 0 == others[0]
    assert re.findall(r'<line class="pic-mark" x1="([\d.]+)%"', html) == ["9.10", "14.30"]
    assert "median 1.4 days" in html
    assert 'aria-label="Members: 80 times, median 1.4 days"' in html


def test_the_medians_with_and_without_those_who_have_not_come_back(inside: TestClient[Litestar]) -> None:
    html = _picture(inside.get(f"{KPIS}/{GAPS}?{MAY}").text)
    medians = html.partition("</table>")[0]
    rows = [_text(row) for row in re.findall(r"<tr>(.*?)</tr>", medians, re.DOTALL)]
    assert rows[1:] == ["Members 80 1.4 days 3.0 days", "Non-members 20 2.2 days"]


def test_the_table_of_the_histogram_says_what_is_drawn(inside: TestClient[Litestar]) -> None:
    table = _picture(inside.get(f"{KPIS}/{GAPS}?{MAY}").text).partition('id="picture-table"')[2]
    rows = [_text(row) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    assert rows[1:4] == ["0 10 12.5% 0 0.0%", "1 30 37.5% 0 0.0%", "2 40 50.0% 19 95.0%"]
    assert rows[-1] == "14+ 0 0.0% 1 5.0%"


@pytest.mark.parametrize(
    ("days", "first", "last", "columns"),
    [
        (13, "0", "14+", 15),
        (29, "0", "30+", 31),
        (59, "0–1", "60+", 31),
        (89, "0–2", "90+", 31),
        (400, "0–5", "180+", 31),
    ],
)
def test_the_columns_are_as_wide_as_the_times_need(
    inside: TestClient[Litestar], desk: FakeDesk, days: int, first: str, last: str, columns: int
) -> None:
    desk.distributions[GAPS] = {"all": spread({0: 50, min(days, 181): 50}, days / 2)}
    rows = _table(inside.get(f"{KPIS}/{GAPS}/picture.csv?{MAY}"))
    assert [len(rows) - 1, rows[1][0], rows[-1][0]] == [columns, first, last]
    assert sum(int(row[1]) for row in rows[1:]) == 100


def test_the_curve_rises_to_what_its_table_says(inside: TestClient[Litestar]) -> None:
    html = _picture(inside.get(f"{KPIS}/{FIRST}?{MAY}").text)
    assert 'class="pic-curve" d="M0 1.0000H1V0.9000H2V0.6000H3V0.4000H4V0.4000"' in html
    assert "half after 2.5 days" in html
    assert re.search(r'<line class="pic-mark" x1="62.50%"', html)
    assert 'aria-label="6 of 10 have redeemed points; after 4 days it is 60.0%"' in html
    rows = [_text(row) for row in re.findall(r"<tr>(.*?)</tr>", html.partition("picture-table")[2], re.DOTALL)]
    assert rows[1:] == [
        "1 day 10.0% 5.0% to 15.0% 9",
        "3 days 60.0% 30.0% to 90.0% 7",
        "4 days 60.0% 30.0% to 90.0% 6",
    ]


@pytest.mark.parametrize(
    ("curve", "said"),
    [
        (Curve(0, 0, None, []), "Nobody joined in this period."),
        (Curve(3, 0, None, rising(0, 0, 0)), "None of those who joined has redeemed points yet."),
    ],
)
def test_a_curve_of_nothing_is_a_sentence(
    inside: TestClient[Litestar], desk: FakeDesk, curve: Curve, said: str
) -> None:
    desk.pictures[FIRST] = Picture(curves={"all": curve})
    html = _picture(inside.get(f"{KPIS}/{FIRST}?{MAY}").text)
    assert said in html
    assert "<svg" not in html.partition("figure-foot")[0]
    assert inside.get(f"{KPIS}/{FIRST}/picture.csv?{MAY}").status_code == 200


def test_where_nobody_bought_there_is_a_sentence_too(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.pictures[REPEAT] = Picture(steps={side: [0] * 4 for side in ("all", "member", "non_member")})
    desk.distributions[GAPS] = {side: Distribution(None, [0] * 182) for side in ("all", "member", "non_member")}
    assert "Nobody bought in this period." in inside.get(f"{KPIS}/{REPEAT}?{MAY}").text
    assert "Nobody bought again in this period." in inside.get(f"{KPIS}/{GAPS}?{MAY}").text


def test_the_files_hold_whole_numbers_and_every_day(inside: TestClient[Litestar]) -> None:
    answer = inside.get(f"{KPIS}/{REPEAT}/picture.csv?{MAY}")
    assert answer.headers["content-disposition"] == f'attachment; filename="{REPEAT}-2017-05-picture.csv"'
    assert _table(answer)[:3] == [
        ["Purchases in the period", "Members", "Non-members", "All"],
        ["1 purchase or more", "20", "21", "40"],
        ["2 purchases or more", "18", "12", "30"],
    ]
    header, *days = _table(inside.get(f"{KPIS}/{FIRST}/picture.csv?{MAY}"))
    assert header == ["Days", "Have redeemed (%)", "95% interval, low", "95% interval, high", "Still waited for"]
    assert [row[0] for row in days] == ["0", "1", "2", "3", "4"]
    assert days[3] == ["3", "60.0", "30.0", "90.0", "7"]


def test_the_page_leads_to_the_file(inside: TestClient[Litestar]) -> None:
    for key in (REPEAT, GAPS, FIRST):
        address = f"{KPIS}/{key}/picture.csv?{MAY}"
        assert f'href="{address}"' in inside.get(f"{KPIS}/{key}?{MAY}").text
        assert inside.get(address).status_code == 200


def test_a_measure_without_a_picture_has_no_file_of_it(inside: TestClient[Litestar]) -> None:
    assert "picture" not in _picture(inside.get(f"{KPIS}/retention_rate?{MAY}").text)
    assert inside.get(f"{KPIS}/retention_rate/picture.csv?{MAY}").status_code == 404
    assert inside.get(f"{KPIS}/nothing/picture.csv?{MAY}").status_code == 404


def test_where_something_must_be_entered_nothing_is_drawn(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.table = complete_journey()
    html = inside.get(f"{KPIS}/{REPEAT}?{MAY}").text
    assert "Enter acquisition costs." in html
    assert 'id="picture"' not in html


def test_who_may_not_see_the_measure_gets_no_file(
    inside: TestClient[Litestar], outside: TestClient[Litestar], desk: FakeDesk
) -> None:
    address = f"{KPIS}/{REPEAT}/picture.csv?{MAY}"
    desk.sessions = {"a-secret": FakeSignedIn(role="support")}
    assert inside.get(address).status_code == 403
    outside.cookies.clear()
    assert outside.get(address).headers["location"].partition("?")[0] == "/admin/sign-in"


def test_pictures_have_no_style_of_their_own(inside: TestClient[Litestar]) -> None:
    for key in (REPEAT, GAPS, FIRST):
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=", inside.get(f"{KPIS}/{key}?{MAY}").text)


def test_the_flow_of_customers_stands_on_its_own_page_too(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    steps = {"start": 40, "lost": 10, "retained": 30, "new": 8, "reactivated": 2, "end": 40}
    desk.table = {**complete_journey(), "base_flow": {"2017-05": Row(everyone=(40, 40, None, None), counts=steps)}}
    html = inside.get(f"{KPIS}/base_flow?{MAY}").text.partition('id="flow"')[2].partition("</section>")[0]
    assert "40 = 30 + 10 · 40 = 30 + 8 + 2" in html
    # The lost ones stand where the kept ones end.
    assert '<rect class="wf-minus" x="75.00%"' in html


def test_a_median_is_no_quotient(inside: TestClient[Litestar]) -> None:
    text = _text(inside.get(f"{KPIS}/{FIRST}?{MAY}").text)
    assert "30 of 40" in text
    assert "0.0 days" not in text
    assert "\N{DIVISION SIGN} 20" not in text
    assert "\N{DIVISION SIGN} 20 = " in _text(inside.get(f"{KPIS}/{GAPS}?{MAY}").text)
