"""What can be downloaded: tables that equal the page, and the files a page is made with."""

import csv
import io
import re
from html import unescape

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from admin.csv_file import csv_text
from tests.admin.asking import text_of
from tests.admin.conftest import IMPACT


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("period", ["2017-05", "2017-01", "2017-Q3"])
def test_the_files_hold_what_the_page_shows(inside: TestClient[Litestar], period: str, language: str) -> None:
    html = inside.get(f"{IMPACT}?period={period}&lang={language}").text
    [*tiles] = re.findall(r'<dd class="v">\s*(.*?)\s*</dd>', html)
    _, rows = _table(inside.get(f"{IMPACT}.csv?period={period}"))
    values = [row[3] for row in rows if row[5]]
    assert [_digits(shown) for shown in tiles] == [
        _rounded(shown, value) for shown, value in zip(tiles, values, strict=True)
    ]
    _, rows = _table(inside.get(f"/admin/p/1/retention.csv?period={period}"))
    table = html.partition('id="retention-table"')[2].partition("</table>")[0]
    shown = [re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r'<td class="r"[^>]*>(.*?)</td>', table)]
    for index, row in enumerate(rows):
        member, counts, _, other, other_counts, _ = shown[index * 6 : index * 6 + 6]
        assert (_digits(member), _digits(other)) == (_rounded(member, row[1]), _rounded(other, row[6]))
        assert _digits(counts.replace(" / ", "")) in {row[2] + row[3], "–"}
        assert _digits(other_counts.replace(" / ", "")) in {row[7] + row[8], "–"}


def test_a_file_says_what_it_is(inside: TestClient[Litestar]) -> None:
    answer = inside.get(f"{IMPACT}.csv?period=2017-05")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="impact-2017-05.csv"'
    header, rows = _table(answer)
    assert header[:4] == ["Measure", "Segment", "Period", "Value"]
    assert rows[0] == [
        "Retention", "Members", "May 2017", "97.543353", "%", "675", "692", "96.101145", "98.460625", "April 2017",
        "96.544715",
    ]  # fmt: skip
    assert rows[2][:5] == ["Retention", "Difference", "May 2017", "7.969532", "pp"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_of_a_file_is_a_formula(cell: str) -> None:
    [line] = csv.reader(io.StringIO(csv_text([cell, "plain"], [])[1:]))
    assert line == [f"'{cell}", "plain"]


def test_numbers_in_files_stay_numbers() -> None:
    assert csv_text([], [[-1.5, 3, None, "x"]]).endswith("-1.5,3,,x\r\n")


@pytest.mark.parametrize("name", ["app.py", "x/../app.py", "x/vendor/VENDORED.md", "x/%2e%2e/app.py", "x/tokens.csss"])
def test_only_the_static_files_are_served(inside: TestClient[Litestar], name: str) -> None:
    assert inside.get(f"/admin/static/{name}").status_code == 404


def test_static_files_are_kept_for_ever_under_their_version(inside: TestClient[Litestar]) -> None:
    address = re.findall(r'href="(/admin/static/[^"]+/frame.css)"', inside.get(IMPACT).text)[0]
    answer = inside.get(address, headers={"accept-encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert "--ink" in answer.text
    plain = inside.get(address.replace(address.split("/")[3], "before"), headers={"accept-encoding": "identity"})
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.text == answer.text


def _table(answer: Response) -> tuple[list[str], list[list[str]]]:
    text = answer.content.decode("utf-8")
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}")
    header, *rows = csv.reader(io.StringIO(text[1:]))
    return header, rows


def _digits(shown: str) -> str:
    """Leave of a figure on the page only its number, with a point; a dash stays."""
    return re.sub(r"[^\d.–−]", "", shown.replace(",", "." if re.search(r",\d{1,2}\D*$", shown) else ""))


def _rounded(shown: str, value: str) -> str:
    """Write a file's number with as many decimals as the page does."""
    if not value:
        return "–"
    decimals = len(_digits(shown).partition(".")[2])
    return f"{float(value):.{decimals}f}"


@pytest.mark.parametrize("path", ["referrals", "tiers", "exports", "keys", "team", "health"])
def test_each_list_comes_as_a_file_of_what_it_shows(inside: TestClient[Litestar], path: str) -> None:
    page = inside.get(f"/admin/p/1/{path}")
    [address] = re.findall(rf'href="(/admin/p/1/{path}\.csv[^"]*)"', page.text)
    _, rows = _table(inside.get(unescape(address)))
    assert rows
    shown = text_of(page).replace("\xa0", " ")
    assert [row[0] for row in rows if row[0].replace("\xa0", " ") not in shown] == []
