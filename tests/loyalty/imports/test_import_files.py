"""Reading a file: whatever its bytes are, rows come out, or one clear reason."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loyalty.errors import Invalid
from loyalty.imports.files import MAX_LINE, CsvFile, FileChanged, Row, fingerprint

PARSE_AND_TELL_THE_MEMORY = """
import resource, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from loyalty.imports.files import CsvFile
from loyalty.imports.header import layout_of
from loyalty.imports.kind import KINDS
from loyalty.imports.rules import Reader
from loyalty.programs.facts import ProgramFacts

at = datetime(2026, 1, 1, tzinfo=UTC)
program = ProgramFacts(1, "Shop", "live", "EUR", "Europe/Paris", timedelta(), None, None, {}, at)
kind, file = KINDS.find("purchases"), CsvFile(Path(sys.argv[1]))
rows = file.rows()
reader = Reader(kind, program, layout_of(next(rows), kind))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
good = sum(reader.stage(row)[4] is None for row in rows)
print(good, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.fixture
def rows_of(tmp_path: Path) -> Callable[[bytes], list[Row]]:
    """Give the rows of a file with these bytes."""

    def read(content: bytes) -> list[Row]:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        file = CsvFile(path)
        try:
            return list(file.rows())
        finally:
            file.close()

    return read


Rows = Callable[[bytes], list[Row]]
PLAIN = [["a", "b"], ["1", "x"], ["2", "y"]]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"a,b\n1,x\n2,y\n", id="plain"),
        pytest.param(b"a,b\n1,x\n2,y", id="no newline at the end"),
        pytest.param(b"a,b\r\n1,x\r\n2,y\r\n", id="CRLF"),
        pytest.param(b"a,b\r1,x\r2,y\r", id="CR"),
        pytest.param(b"\xef\xbb\xbfa,b\n1,x\n2,y\n", id="byte order mark"),
        pytest.param(b'"a","b"\n"1","x"\n"2","y"\n', id="quoted"),
        pytest.param(b"a,b\n\n1,x\n\n\n2,y\n\n", id="blank lines"),
        pytest.param(gzip.compress(b"a,b\n1,x\n2,y\n"), id="gzip"),
        pytest.param(gzip.compress(b"a,b\n1,x\n") + gzip.compress(b"2,y\n"), id="gzip in two members"),
    ],
)
def test_a_file_may_be_written_in_many_ways(rows_of: Rows, content: bytes) -> None:
    assert [row.fields for row in rows_of(content)] == PLAIN


def test_a_quoted_field_may_hold_commas_quotes_and_lines(rows_of: Rows) -> None:
    _, row, after = rows_of(b'a,b\n1,"x, ""y""\nz"\n2,y\n')
    assert row.fields == ["1", 'x, "y"\nz']
    assert (row.line, row.last, after.line) == (2, 3, 4)


def test_rows_are_numbered_by_the_line_at_which_they_begin(rows_of: Rows) -> None:
    assert [row.line for row in rows_of(b"a,b\n\n1,x\n\n2,y\n")] == [1, 3, 5]


def test_misplaced_quotes_spoil_their_row_only(rows_of: Rows) -> None:
    _, bad, good = rows_of(b'a,b\n1,"x"y\n2,y\n')
    assert bad.problem is not None
    assert bad.problem.code == "bad_csv"
    assert good.fields == ["2", "y"]


def test_a_quote_that_is_never_closed_ends_somewhere(rows_of: Rows) -> None:
    *_, bad = rows_of(b'a,b\n1,x\n2,"y\n3,z\n')
    assert bad.problem is not None
    assert (bad.problem.code, bad.place) == ("bad_csv", "lines 3 to 4, read as one row")


def test_an_endless_line_spoils_its_row_only(rows_of: Rows) -> None:
    _, bad, good = rows_of(b"a,b\n1," + b"x" * (3 * MAX_LINE) + b"\n2,y\n")
    assert bad.problem is not None
    assert (bad.problem.code, bad.line, good.line, good.fields) == ("row_too_long", 2, 3, ["2", "y"])


def test_bytes_that_are_no_utf_8_are_carried_along(rows_of: Rows) -> None:
    _, bad, good = rows_of("a,b\n1,é\n".encode("latin-1") + b"2,y\n")
    assert bad.fields == ["1", "\udce9"]
    assert good.fields == ["2", "y"]


@pytest.mark.parametrize(
    ("content", "part"),
    [
        pytest.param(b"PK\x03\x04 and so on", "Excel or zip", id="zip"),
        pytest.param("a,b\n".encode("utf-16"), "UTF-16", id="UTF-16"),
        pytest.param(b"%PDF-1.7", "a PDF", id="PDF"),
        pytest.param(gzip.compress(b"a,b\n1,x\n" * 5000)[:-30], "damaged gzip", id="cut off"),
        pytest.param(gzip.compress(b"a,b\n1,x\n") + b"not gzip", "damaged gzip", id="more behind it"),
        pytest.param(b"\x1f\x8b nonsense", "damaged gzip", id="nonsense"),
    ],
)
def test_what_is_no_csv_file_is_refused_as_a_whole(rows_of: Rows, content: bytes, part: str) -> None:
    with pytest.raises(Invalid, match=part):
        rows_of(content)


def test_a_file_that_changed_while_it_was_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(b"a,b\n1,x\n")
    seen: list[tuple[int, int]] = []
    before = fingerprint(path, lambda done, total: seen.append((done, total)))
    assert seen == [(8, 8)]
    with path.open("ab") as file:
        file.write(b"2,y\n")
    changed = CsvFile(path)
    list(changed.rows())
    with pytest.raises(FileChanged, match="changed while it was read"):
        changed.finish(before)
    changed.close()


def test_a_long_file_takes_no_more_memory_than_a_short_one(tmp_path: Path) -> None:
    path = tmp_path / "long.csv.gz"
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write("order_id,customer_id,placed_at,goods,note\n")
        for n in range(200_000):
            file.write(f"{n},customer-{n},2026-01-02T10:00:00Z,12.50,a note that is not short at all {n}\n")
    command = [sys.executable, "-c", PARSE_AND_TELL_THE_MEMORY, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[3])
    good, kilobytes = map(int, told.stdout.split())
    assert good == 200_000
    # The file's text alone has 16 MB.
    assert kilobytes < 10_000
