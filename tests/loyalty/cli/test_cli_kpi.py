"""`loyalty kpi`: one measure in every form, many in a workbook or a folder, and the audit."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result

from kpi.measure import MEASURES
from loyalty.cli import main
from loyalty.cli.kpis import kpi
from tests.conftest import execute

PURCHASES = """order_id,customer_id,placed_at,goods
1,a,2026-01-02T10:00:00Z,12.50
2,b,2026-01-03T10:00:00Z,7.50
3,a,2026-02-02T10:00:00Z,10.00
"""
MEMBERS = "customer_id,joined_at\na,2026-01-20T00:00:00Z\n"
RANGE = ["--program", "Shop", "--start", "2026-01-01", "--end", "2026-03-01"]
COLUMNS = "measure,unit,period_start,period_end,timezone,partial,segment,num,den,value,low,high"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Run:
    """Run `loyalty kpi` on a programme with two customers, one of them a member since January."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOYALTY_HOME", str(tmp_path / "home"))

    def loyalty(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    (tmp_path / "p.csv").write_text(PURCHASES)
    (tmp_path / "m.csv").write_text(MEMBERS)
    assert loyalty("program", "create", "Shop", "--timezone", "Europe/Paris", "--currency", "EUR").exit_code == 0
    assert loyalty("import", "members", str(tmp_path / "m.csv"), "--program", "Shop").exit_code == 0
    to = ["--program", "Shop", "--storefront", "web"]
    assert loyalty("import", "purchases", str(tmp_path / "p.csv"), *to).exit_code == 0
    return lambda *arguments: loyalty("kpi", *arguments)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def cells(book: Path) -> dict[str, list[list[str]]]:
    """Read a workbook with nothing but its XML: texts and numbers by sheet, row and column."""
    read = lambda name: ET.fromstring(parts.read(name))  # noqa: E731, S314 - our own file
    with ZipFile(book) as parts:
        names = [sheet.attrib["name"] for sheet in read("xl/workbook.xml").iter(f"{SHEET}sheet")]
        told = {}
        for number, name in enumerate(names, 1):
            root = read(f"xl/worksheets/sheet{number}.xml")
            assert not list(root.iter(f"{SHEET}f")), "a cell is a formula"
            told[name] = [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{SHEET}row")]
    return told


def test_the_word_answer_may_be_left_out_and_options_may_come_first(run: Run) -> None:
    long, short = run("answer", "aov", *RANGE, "--csv"), run("aov", *RANGE, "--csv")
    first = run(*RANGE, "--csv", "aov")
    assert long.exit_code == short.exit_code == first.exit_code == 0
    moving = len(COLUMNS.split(","))
    assert [line.split(",")[:moving] for line in long.stdout.splitlines()] == [
        line.split(",")[:moving] for line in short.stdout.splitlines()
    ]
    assert not set(kpi.commands) & set(MEASURES.all()), "a command hides a measure"


def test_a_series_is_printed_as_json_as_csv_and_as_tables(run: Run) -> None:
    told = json.loads(run("aov", *RANGE, "--grain", "month", "--json").stdout)
    assert [period["segments"]["all"]["num"] for period in told["periods"]] == [2000, 1000]
    printed = run("aov", *RANGE, "--grain", "month", "--csv").stdout
    assert printed.startswith(COLUMNS), "no byte order mark where a program reads"
    lines = rows(printed)
    assert [(row["period_start"], row["segment"], row["num"], row["den"]) for row in lines] == [
        ("2026-01-01", "all", "2000", "2"),
        ("2026-01-01", "member", "0", "0"),
        ("2026-01-01", "non_member", "2000", "2"),
        ("2026-02-01", "all", "1000", "1"),
        ("2026-02-01", "member", "1000", "1"),
        ("2026-02-01", "non_member", "0", "0"),
    ]
    assert [row["value"] for row in lines[:3]] == ["1000.0", "", "1000.0"]
    tables = run("aov", *RANGE, "--grain", "month").stdout
    assert tables.count("Europe/Paris") == 2


def test_the_difference_stands_on_the_row_of_the_members(run: Run) -> None:
    lines = {row["segment"]: row for row in rows(run("aov", *RANGE, "--csv").stdout)}
    assert lines["member"]["value"] == "1000.0"
    assert lines["member"]["difference"] == "0.0"
    assert lines["all"]["difference"] == lines["non_member"]["difference"] == ""


def test_a_workbook_has_the_rows_of_the_csv(run: Run, tmp_path: Path) -> None:
    book = tmp_path / "aov.xlsx"
    written = run("aov", *RANGE, "--grain", "month", "--xlsx", str(book))
    assert (written.exit_code, written.stdout) == (0, "")
    [(name, told)] = cells(book).items()
    assert name == "aov"
    assert told[0][: len(COLUMNS.split(","))] == COLUMNS.split(",")
    assert [row[6:9] for row in told[1:4]] == [["all", "2000", "2"], ["member", "0", "0"], ["non_member", "2000", "2"]]


def test_an_export_is_a_sheet_for_each_measure_or_a_folder_of_files(run: Run, tmp_path: Path) -> None:
    book, folder = tmp_path / "all.xlsx", tmp_path / "deep" / "all"
    assert run("export", *RANGE, "--out", str(book)).exit_code == 0
    assert list(cells(book)) == sorted(MEASURES.all())
    told = run("export", *RANGE, "--measure", "aov", "--measure", "retention_rate", "--out", str(folder))
    assert (told.exit_code, told.stdout, told.stderr) == (0, "", f"{folder} has 2 measures.\n")
    assert sorted(path.name for path in folder.iterdir()) == ["aov.csv", "retention_rate.csv"]
    text = (folder / "aov.csv").read_bytes().decode("utf-8-sig")
    assert [row["num"] for row in rows(text) if row["segment"] == "all"] == ["2000", "1000"]


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["moon", *RANGE], 1, "there are: active_customers, aov"),
        (["aov", *RANGE, "--grain", "eon"], 2, "'eon' is not one of"),
        (["aov", *RANGE, "--grain", "week"], 1, "first day of a week"),
        (["aov", *RANGE, "--xlsx", "/proc/none/x.xlsx"], 1, "/proc/none/x.xlsx"),
        (["export", *RANGE, "--out", "/proc/none/x.xlsx"], 1, "Cannot write /proc/none/x.xlsx"),
        (["export", *RANGE, "--measure", "moon", "--out", "x"], 1, "there are: active_customers, aov"),
        (["audit", "--program", "Shop", "--start", "2026-02-01", "--end", "2026-01-01"], 1, "is not after"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(run: Run, arguments: list[str], code: int, part: str) -> None:
    refused = run(*arguments)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert part in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_audit_that_agrees_says_how_much_it_compared(run: Run, tmp_path: Path) -> None:
    told = run("audit", "--program", "Shop", "--folder", str(tmp_path))
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[-1] == "0 differences."
    assert "retention_rate" in told.stdout
    assert {"purchases.parquet", "memberships.parquet"} <= {path.name for path in tmp_path.iterdir()}


def test_a_wrong_figure_fails_the_audit_and_is_named(run: Run, database_url: str) -> None:
    execute(database_url, "UPDATE purchase SET member = true WHERE order_id = '1'")
    told = run("audit", "--program", "Shop", "--start", "2026-01-01", "--end", "2026-02-01")
    assert told.exit_code == 1
    assert "aov, month from 2026-01-01, member num: answered 1250, recounted 0" in told.stdout.splitlines()
    assert "kpi_audit_failed" in told.stderr


def test_without_the_extra_the_audit_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    refused = run("audit", "--program", "Shop")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "pip install loyalty[audit]" in refused.stderr


def test_rebuild_has_the_worker_count_all_days_anew(run: Run, database_url: str) -> None:
    execute(database_url, "INSERT INTO consumer_built (program_id, consumer) SELECT program_id, 'kpi' FROM program")
    assert run("rebuild", "--program", "Shop").exit_code == 0
    assert execute(database_url, "SELECT count(*) FROM consumer_built") == 0
