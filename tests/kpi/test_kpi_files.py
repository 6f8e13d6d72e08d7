"""Series as files over HTTP, and what a spreadsheet does with a cell."""

import csv
import io
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import httpx
import pytest

from kpi.tables_out import HEADER
from loyalty.spreadsheets import BYTE_ORDER_MARK, Cell, csv_text, write_xlsx
from tests.kpi.test_kpi_api import api  # noqa: F401 - a fixture

QUARTERS = "grain=quarter&start=2017-01-01&end=2018-01-01"


def sheet(content: bytes) -> list[list[tuple[str, str]]]:
    """Read the only sheet: each cell's type (n a number, inlineStr a text, f a formula) and what it shows."""
    with ZipFile(io.BytesIO(content)) as parts:
        root = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - our own file
    names = {element: element.tag.rpartition("}")[2] for element in root.iter()}
    rows = []
    for row in (element for element in root.iter() if names[element] == "row"):
        cells = []
        for cell in row:
            formula = any(names[inner] == "f" for inner in cell.iter())
            cells.append(("f" if formula else cell.get("t", "n"), "".join(cell.itertext())))
        rows.append(cells)
    return rows


@pytest.mark.sample
async def test_a_series_as_csv_has_a_row_for_each_period_and_segment(api: httpx.AsyncClient) -> None:  # noqa: F811
    told = (await api.get(f"/v1/kpis/aov/series?{QUARTERS}")).json()
    answered = await api.get(f"/v1/kpis/aov/series.csv?{QUARTERS}")
    assert answered.headers["content-type"] == "text/csv; charset=utf-8"
    name = 'attachment; filename="aov-quarter-2017-01-01-2018-01-01.csv"'
    assert answered.headers["content-disposition"] == name
    assert answered.text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.DictReader(io.StringIO(answered.text.removeprefix(BYTE_ORDER_MARK))))
    assert tuple(rows[0]) == HEADER
    expected = []
    for period in told["periods"]:
        for segment, ratio in period["segments"].items():
            gap = period["difference"] if segment == "member" else {"value": "", "ci95": ["", ""]}
            numbers = [ratio["num"], ratio["den"], ratio["value"], *ratio["ci95"], gap["value"], *gap["ci95"]]
            expected.append([period["period"]["start"], segment, *map(str, numbers)])
    figures = HEADER[7:15]
    assert [[row["period_start"], row["segment"], *(row[name] for name in figures)] for row in rows] == expected


@pytest.mark.sample
async def test_a_series_as_xlsx_has_the_rows_of_the_csv_with_numbers_as_numbers(api: httpx.AsyncClient) -> None:  # noqa: F811
    answered = await api.get(f"/v1/kpis/aov/series.xlsx?{QUARTERS}&as_of=2026-02-01T00:00:00Z")
    assert answered.headers["content-type"].endswith("spreadsheetml.sheet")
    header, *rows = sheet(answered.content)
    assert tuple(text for _, text in header) == HEADER
    assert [row[6][1] for row in rows[:3]] == ["all", "member", "non_member"]
    assert rows[0][7][0] == "n"
    assert [int(row[8][1]) for row in rows if row[6][1] == "all"] == [37_448, 39_283, 39_678, 38_961]
    assert {row[-2][1] for row in rows} == {"2026-02-01T00:00:00+00:00"}


@pytest.mark.sample
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_what_is_no_series_is_no_file(api: httpx.AsyncClient, ending: str) -> None:  # noqa: F811
    assert (await api.get(f"/v1/kpis/moon/series.{ending}?{QUARTERS}")).status_code == 404
    refused = await api.get(f"/v1/kpis/aov/series.{ending}?grain=month&start=2017-01-02&end=2018-01-01")
    assert (refused.status_code, refused.json()["pointer"]) == (422, "/start")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", "https://shop.example"])
def test_a_text_is_never_run_nor_turned_into_a_link(cell: str) -> None:
    book = io.BytesIO()
    write_xlsx(book, [("one", ["h"], [[cell]])])
    [(_, (kind, _))] = [(0, row[0]) for row in sheet(book.getvalue())[1:]]
    assert kind == "inlineStr"
    [_, line] = csv.reader(io.StringIO(csv_text(["h"], [[cell]])[1:]))
    assert line == [cell if cell.startswith("https") else f"'{cell}"]


@pytest.mark.parametrize(
    ("cell", "kind", "shown"),
    [(-5, "n", "-5"), (0.1, "n", "0.1"), (2**53, "n", str(2**53)), (2**53 + 1, "inlineStr", str(2**53 + 1))],
)
def test_a_number_stays_a_number_as_long_as_it_stays_exact(cell: Cell, kind: str, shown: str) -> None:
    book = io.BytesIO()
    write_xlsx(book, [("a measure with a very long name, longer than a sheet may have", ["h"], [[None, cell]])])
    assert sheet(book.getvalue())[1] == [(kind, shown)]
