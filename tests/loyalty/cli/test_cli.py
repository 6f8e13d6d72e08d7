"""The commands as a person or a script meets them: what they print, where, and how they end."""

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

import migrations
from tests.conftest import execute
from tests.loyalty.cli.commands import PERIOD, PURCHASES, Run, asked


def test_a_programme_is_created_once(shop: Run) -> None:
    again = shop("program", "create", "Shop", "--timezone", "Europe/Paris", "--currency", "EUR")
    assert (again.exit_code, again.stdout) == (1, "")
    assert again.stderr == "Error: There is a programme named 'Shop' already.\n"


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--timezone", "Paris", "--currency", "EUR"], "not an IANA time zone"),
        (["--timezone", "Europe/Paris", "--currency", "euro"], "not an ISO 4217 currency"),
        (["--timezone", "Europe/Paris", "--currency", "EUR", "--points-per-unit", "0"], "whole number from 1"),
    ],
)
def test_a_programme_that_cannot_be_is_refused(run: Run, options: list[str], part: str) -> None:
    refused = run("program", "create", "Shop", *options)
    assert refused.exit_code == 1
    assert part in refused.stderr


def test_points_per_unit_are_what_a_purchase_earns(run: Run, tmp_path: Path) -> None:
    options = ["--timezone", "Europe/Paris", "--currency", "EUR", "--points-per-unit", "3"]
    assert run("program", "create", "Triple", *options).exit_code == 0
    (tmp_path / "m.csv").write_text("customer_id,joined_at\na,2026-01-01T00:00:00Z\n")
    (tmp_path / "p.csv").write_text(PURCHASES)
    assert run("import", "members", str(tmp_path / "m.csv"), "--program", "Triple").exit_code == 0
    to = ["--program", "Triple", "--storefront", "web"]
    assert run("import", "purchases", str(tmp_path / "p.csv"), *to).exit_code == 0
    verified = run("verify", "--program", "Triple")
    assert (verified.exit_code, verified.stdout.splitlines()[-1]) == (0, "0 faults.")


async def test_a_key_stands_alone_on_the_last_line_and_opens_the_api(shop: Run, app: Litestar) -> None:
    command = ("keys", "create", "--program", "Shop", "--storefront", "web")
    first = await asyncio.to_thread(shop, *command)
    assert first.exit_code == 0
    key = first.stdout.splitlines()[-1]
    assert key.startswith("lk_live_")
    assert "Created the storefront 'web'." in first.stderr
    second = await asyncio.to_thread(shop, *command)
    assert second.stdout.splitlines()[-1] != key
    assert "Created" not in second.stderr
    assert (await asked(app, key, "/v1/members/nobody")).status_code == httpx.codes.NOT_FOUND
    assert (await asked(app, key[:-1], "/v1/members/nobody")).status_code == httpx.codes.UNAUTHORIZED


def test_a_link_leads_to_the_panel_under_its_public_address(shop: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOYALTY_PUBLIC_URL", "https://points.example")
    link = shop("users", "link", "--email", "Ana@shop.example")
    assert link.exit_code == 0
    assert link.stdout.startswith("https://points.example/admin/sign-in/")
    assert len(link.stdout.splitlines()) == 1


def test_an_import_tells_what_it_did_and_fails_when_rows_were_refused(shop: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.csv"
    file.write_text(PURCHASES + "2,a,2026-01-02T10:00:00,1\n")
    command = ["import", "purchases", str(file), "--program", "Shop", "--storefront", "web"]
    first = shop(*command)
    assert (first.exit_code, first.stdout) == (1, "recorded 1, unchanged 0, errors 1\n")
    assert "Created the storefront 'web'." in first.stderr
    assert f"The refused rows and the reasons are in {file}.errors.csv." in first.stderr
    file.write_text(PURCHASES)
    second = shop(*command)
    assert (second.exit_code, second.stdout, second.stderr) == (0, "recorded 0, unchanged 1, errors 0\n", "")
    assert [path.name for path in tmp_path.glob("p.csv*")] == ["p.csv"]


def test_after_many_rows_the_planner_is_told(
    shop: Run, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'purchase' AND last_analyze IS NOT NULL"
    for rows, expected in (("10000", 0), ("1", 1)):
        monkeypatch.setattr("loyalty.cli.imports.MANY_ROWS", int(rows))
        (tmp_path / "p.csv").write_text(PURCHASES.replace("1,a", f"{rows},a"))
        command = ["import", "purchases", str(tmp_path / "p.csv"), "--program", "Shop", "--storefront", "web"]
        assert shop(*command).exit_code == 0
        assert execute(database_url, asked) == expected


def test_ignored_columns_are_named(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("customer_id,joined_at,tier\na,2026-01-01T00:00:00Z,gold\n")
    assert "Ignored columns: tier." in shop("import", "members", str(tmp_path / "m.csv"), "--program", "Shop").stderr


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (["import", "members", "{file}", "--program", "Nobody"], 1, "There are: 'Shop'"),
        (["import", "purchases", "{file}", "--program", "Shop"], 2, "Missing option '--storefront'"),
        (["import", "members", "{file}", "--program", "Shop"], 1, "Missing columns: customer_id, joined_at"),
        (["import", "members", "nowhere.csv", "--program", "Shop"], 2, "does not exist"),
        (["import", "coupons", "{file}", "--program", "Shop"], 2, "No such command 'coupons'"),
        (["keys", "create", "--program", "Nobody", "--storefront", "web"], 1, "There are: 'Shop'"),
        (["kpi", "smiles", "--program", "Shop", *PERIOD, "--json"], 1, "there are: active_customers, aov"),
        (["kpi", "aov", "--program", "Shop", "--start", "2026-1-1", "--end", "2026-02-01"], 2, "YYYY-MM-DD"),
        (["kpi", "aov", "--program", "Shop", *PERIOD, "--as-of", "2026-01-01T00:00:00"], 2, "with its offset"),
        (["verify", "--program", "Nobody"], 1, "There are: 'Shop'"),
    ],
)
def test_what_cannot_be_done_is_told_on_stderr(
    shop: Run, tmp_path: Path, arguments: list[str], code: int, part: str
) -> None:
    file = tmp_path / "file.csv"
    file.write_text("order_id\n1\n")
    result = shop(*(argument.format(file=file) for argument in arguments))
    assert (result.exit_code, result.stdout) == (code, "")
    assert part in result.stderr
    assert "Traceback" not in result.stderr


async def test_a_kpi_as_json_is_the_answer_of_the_api(shop: Run, tmp_path: Path, app: Litestar) -> None:
    (tmp_path / "p.csv").write_text(PURCHASES)
    to = ("--program", "Shop", "--storefront", "web")
    await asyncio.to_thread(shop, "import", "purchases", str(tmp_path / "p.csv"), *to)
    key = (await asyncio.to_thread(shop, "keys", "create", *to)).stdout.splitlines()[-1]
    answered = (await asked(app, key, "/v1/kpis/aov?start=2026-01-01&end=2026-02-01")).json()
    told = await asyncio.to_thread(shop, "kpi", "aov", "--program", "Shop", *PERIOD, "--json")
    assert (told.exit_code, told.stderr, len(told.stdout.splitlines())) == (0, "", 1)
    mine = json.loads(told.stdout)
    assert mine["segments"]["all"] == {"num": 1250, "den": 1, "value": 1250.0, "ci95": None}
    moving = {"as_of", "data_as_of"}
    assert list(mine) == list(answered)
    assert {k: v for k, v in mine.items() if k not in moving} == {k: v for k, v in answered.items() if k not in moving}


def test_a_kpi_is_answered_as_it_was_known_then_and_as_a_table(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(PURCHASES)
    shop("import", "purchases", str(tmp_path / "p.csv"), "--program", "Shop", "--storefront", "web")
    early = shop("kpi", "aov", "--program", "Shop", *PERIOD, "--as-of", "2026-01-01T00:00:00Z", "--json")
    assert json.loads(early.stdout)["segments"]["all"]["den"] == 0
    table = shop("kpi", "aov", "--program", "Shop", *PERIOD)
    assert "1,250.0000" in table.stdout
    assert "non_member" in table.stdout
    leaving = shop("kpi", "member_leave_rate", "--program", "Shop", *PERIOD)
    assert "all" in leaving.stdout
    assert "member" not in leaving.stdout.replace("member_leave_rate", "")
    stock = shop("kpi", "crr_stock", "--program", "Shop", *PERIOD)
    assert "activity_window_days" in stock.stderr


def test_a_fault_in_the_ledger_is_named_and_fails(shop: Run, tmp_path: Path, database_url: str) -> None:
    (tmp_path / "m.csv").write_text("customer_id,joined_at\na,2026-01-01T00:00:00Z\n")
    (tmp_path / "p.csv").write_text(PURCHASES)
    shop("import", "members", str(tmp_path / "m.csv"), "--program", "Shop")
    shop("import", "purchases", str(tmp_path / "p.csv"), "--program", "Shop", "--storefront", "web")
    execute(database_url, "UPDATE account SET available = available + 1")
    verified = shop("verify")
    assert verified.exit_code == 1
    assert "The first: " in verified.stdout.splitlines()[-1]


def test_commands_on_a_database_that_is_not_set_up_say_what_to_run(
    monkeypatch: pytest.MonkeyPatch, empty_database_url: str, run: Run
) -> None:
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    refused = run("verify")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "Error: The database has not been set up yet: run `loyalty migrate`.\n"
    assert run("migrate").stdout == f"The database is at revision {migrations.head()}.\n"
    assert run("migrate").stdout == f"The database is at revision {migrations.head()}, as before.\n"
    assert run("verify").exit_code == 0
    execute(empty_database_url, "UPDATE alembic_version SET version_num = '9999'")
    assert "at revision 9999" in run("verify").stderr


@pytest.mark.parametrize(
    ("variable", "value", "part"),
    [
        (
            "DATABASE_URL",
            "postgresql://loyalty:pass-word@127.0.0.1:1/shop",
            "Cannot reach the database shop at 127.0.0.1:1",
        ),
        ("DATABASE_URL", "mysql://localhost/shop", 'scheme is expected to be either "postgresql"'),
        ("DATABASE_URL", "postgresql://localhost:port/shop", "DATABASE_URL says where it is"),
        ("LOYALTY_POOL_SIZE", "many", "The setting LOYALTY_POOL_SIZE is wrong"),
    ],
)
def test_a_wrong_setting_is_named_without_its_secrets(
    monkeypatch: pytest.MonkeyPatch, run: Run, variable: str, value: str, part: str
) -> None:
    monkeypatch.setenv(variable, value)
    refused = run("verify")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert part in refused.stderr
    assert variable in refused.stderr
    assert "pass-word" not in refused.stderr


def test_seals_are_written_to_a_file_and_compared_with_it(shop: Run, tmp_path: Path, database_url: str) -> None:
    (tmp_path / "m.csv").write_text("customer_id,joined_at\na,2026-01-01T00:00:00Z\n")
    shop("import", "members", str(tmp_path / "m.csv"), "--program", "Shop")
    execute(database_url, "UPDATE program SET mode = 'test', clock_offset = '11 seconds'")
    file = str(tmp_path / "seals")
    written = shop("verify", "--seals-to", file)
    assert (written.exit_code, written.stdout.splitlines()[-1]) == (0, "0 faults.")
    for options in (["--against", file], ["--against", file, "--sample", "5"], ["--against", file, "--jobs", "2"]):
        assert shop("verify", *options).exit_code == 0
    execute(database_url, "UPDATE award SET facts = '{}'", "DELETE FROM seal")
    found = shop("verify", "--against", file)
    assert found.exit_code == 1
    assert "seals_are_those_of_the_file, program 1, seal 1" in found.stdout
    refused = shop("verify", "--seals-to", file)
    assert refused.exit_code == 0, "who does not compare, seals what is there"
    assert shop("verify", "--sample", "1", "--seals-to", file).exit_code == 2


def test_a_file_that_is_no_file_of_seals_is_refused(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "seals").write_text("{}\n")
    refused = shop("verify", "--against", str(tmp_path / "seals"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "is not a file of seals" in refused.stderr
