"""`loyalty export`: a file of what is recorded, or one refusal that says what to do."""

import json
from pathlib import Path

import pytest

from tests.loyalty.cli.commands import PURCHASES, Run

HERE = ["--program", "Shop", "--storefront", "web"]


@pytest.fixture
def bought(shop: Run, tmp_path: Path) -> Run:
    """Give a shop with one purchase."""
    file = tmp_path / "told.csv"
    file.write_text(PURCHASES)
    assert shop("import", "purchases", str(file), *HERE).exit_code == 0
    return shop


def test_what_was_imported_comes_out_and_goes_in_again_unchanged(bought: Run, tmp_path: Path) -> None:
    file = tmp_path / "out.ndjson"
    done = bought("export", "purchases", str(file), *HERE, "--ndjson")
    assert (done.exit_code, done.stderr) == (0, f"Wrote 1 rows to {file}.\n")
    [row] = map(json.loads, file.read_text().splitlines())
    assert (row["order_id"], row["customer_id"], row["goods"]) == ("1", "a", "12.50")
    again = bought("import", "purchases", str(file), *HERE)
    assert again.stdout == "recorded 0, unchanged 1, errors 0\n"


def test_a_table_for_spreadsheets_goes_to_the_standard_output(bought: Run) -> None:
    done = bought("export", "purchases", "-", *HERE)
    assert done.exit_code == 0
    head, row = done.stdout.splitlines()
    assert head.startswith("\ufefforder_id,")
    assert row.startswith("1,")
    assert bought("export", "purchases", "-", *HERE, "--from", "2026-02-01").stdout.splitlines() == [head]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--program", "None", "--storefront", "web"], "None"),
        (["--program", "Shop", "--storefront", "none"], "none"),
        ([*HERE, "--segment", "vip"], "vip"),
        ([*HERE, "--from", "2026-02-02", "--to", "2026-02-01"], "--to"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_leaves_no_file(
    bought: Run, tmp_path: Path, options: list[str], says: str
) -> None:
    file = tmp_path / "out.csv"
    file.write_text("before")
    refused = bought("export", "purchases", str(file), *options)
    assert refused.exit_code != 0
    assert says in refused.stderr
    assert file.read_text() == "before"
    assert list(tmp_path.glob("*.part")) == []
