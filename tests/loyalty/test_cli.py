"""The commands as a person or a script meets them: what they print, where, and how they end."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result
from litestar import Litestar

import migrations
from loyalty.cli import main
from tests.conftest import execute

PURCHASES = "order_id,customer_id,placed_at,goods\n1,a,2026-01-02T10:00:00Z,12.50\n"
PERIOD = ["--start", "2026-01-01", "--end", "2026-02-01"]

Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Run:
    """Run a command in this process, on the database of the test."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("LOYALTY_HOME", str(tmp_path / "home"))

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def shop(run: Run) -> Run:
    """Give a programme named Shop, and the way to run more commands."""
    created = run("program", "create", "Shop", "--timezone", "Europe/Paris", "--currency", "EUR")
    assert (created.exit_code, created.stdout) == (0, "Created the programme 'Shop'.\n")
    return run


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


async def asked(app: Litestar, key: str, path: str) -> httpx.Response:
    """Ask the API with a key."""
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        return await client.get(path)


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
        (["kpi", "nps", "--program", "Shop", *PERIOD, "--json"], 1, "there are: active_customers, aov"),
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


def test_rules_are_shown_published_and_listed(shop: Run, tmp_path: Path) -> None:
    shown = shop("rules", "show", "--program", "Shop")
    told = json.loads(shown.stdout)
    assert told["rules"] == [
        {"kind": "points_per_amount", "step": "1.00", "whole_steps": True, "points_per_step": 1},
    ]  # fmt: skip
    file = tmp_path / "rules.json"
    file.write_text(
        json.dumps(told | {"rules": [*told["rules"], {"kind": "multiplier", "factor": "2", "weekdays": [5]}]})
    )
    published = shop("rules", "publish", str(file), "--program", "Shop")
    assert (published.exit_code, published.stdout) == (0, "Published version 2 of the earning rules of 'Shop'.\n")
    listed = [line.split("\t")[:2] for line in shop("rules", "list", "--program", "Shop").stdout.splitlines()]
    assert listed == [["2", "in_force"], ["1", "retired"]]
    assert json.loads(shop("rules", "show", "--program", "Shop", "--version", "1").stdout)["rules"] == told["rules"]


@pytest.mark.parametrize(
    ("text", "options", "part"),
    [
        ("not json", [], "is not a draft of rules"),
        ('{"name": "x", "rules": []}', [], "Say `allow_empty`"),
        ('{"name": "x", "rules": [{"kind": "smiles"}]}', [], "no earning rule of kind 'smiles'"),
        ('{"name": "x", "rules": []}', ["--allow-empty", "--from", "tomorrow"], "is no instant with an offset"),
        ('{"name": "x", "rules": []}', ["--allow-empty", "--from", "2026-01-01T00:00:00Z"], "cannot begin in the past"),
    ],
)
def test_rules_that_cannot_be_are_refused(shop: Run, tmp_path: Path, text: str, options: list[str], part: str) -> None:
    file = tmp_path / "rules.json"
    file.write_text(text)
    refused = shop("rules", "publish", str(file), "--program", "Shop", *options)
    assert refused.exit_code == 1
    assert part in refused.stderr
    assert len(shop("rules", "list", "--program", "Shop").stdout.splitlines()) == 1


def test_rules_are_tried_on_past_purchases(shop: Run, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("customer_id,joined_at\na,2026-01-01T00:00:00Z\n")
    (tmp_path / "p.csv").write_text(PURCHASES)
    assert shop("import", "members", str(tmp_path / "m.csv"), "--program", "Shop").exit_code == 0
    to = ["--program", "Shop", "--storefront", "web"]
    assert shop("import", "purchases", str(tmp_path / "p.csv"), *to).exit_code == 0
    file = tmp_path / "rules.json"
    file.write_text('{"name": "x", "rules": [{"kind": "points_per_amount", "points_per_step": 3, "step": "1.00"}]}')
    command = ["rules", "backtest", str(file), "--program", "Shop", "--from", "2026-01-01", "--to", "2026-01-31"]
    tried = shop(*command, "--point-cost", "0.02")
    line = "1 purchases, 36 points instead of 12, difference +24"
    assert (tried.exit_code, tried.stdout.splitlines()) == (
        0,
        [
            f"total\t{line}",
            "cost\t0.72 instead of 0.24, difference 0.48",
            "customers\t1: 1 gain, 0 lose, 0 get the same",
            f"2026-01\t{line}",
            f"tier none\t{line}",
        ],
    )
    whole = json.loads(shop(*command, "--json").stdout)
    assert (whole["total"]["points"], whole["cost"]) == (36, None)
    for options, part in (
        (["--to", "2025-12-31"], "The first day is not after the last one."),
        (["--point-cost", "cheap"], "is not what a point costs"),
    ):
        refused = shop(*command, *options)
        assert (refused.exit_code, part in refused.stderr) == (1, True)
    file.write_text("[]")
    assert "is not a draft of rules" in shop(*command).stderr


@pytest.mark.parametrize(
    ("options", "kind", "settings"),
    [
        (["--price", "500", "--amount", "5.00"], "fixed_discount", {"amount": "5.00"}),
        (["--price", "9", "--kind", "gift", "--set", 'worth="9.90"'], "gift", {"worth": "9.90"}),
        (["--price", "9", "--kind", "free_product", "--set", 'sku="mug"'], "free_product", {"sku": "mug"}),
        (["--price", "9", "--kind", "voucher_code", "--set", "length=12"], "voucher_code", {"length": 12}),
        (
            ["--price", "9", "--kind", "percentage_discount", "--set", 'percent="5"'],
            "percentage_discount",
            {"percent": "5"},
        ),
        (
            ["--kind", "points_payment", "--set", "points_per_step=10", "--set", 'step="1.00"'],
            "points_payment",
            {"points_per_step": 10, "step": "1.00"},
        ),
    ],
)
async def test_a_reward_of_any_kind_is_offered_on_its_terms(
    shop: Run, app: Litestar, options: list[str], kind: str, settings: dict[str, object]
) -> None:
    terms = ["--term", "stock=7", "--term", 'starts_on="2026-03-01"']
    made = await asyncio.to_thread(shop, "rewards", "create", "It", "--program", "Shop", *options, *terms)
    assert made.exit_code == 0, made.stderr
    created = await asyncio.to_thread(shop, "keys", "create", "--program", "Shop", "--storefront", "web")
    key = created.stdout.splitlines()[-1]
    told = (await asked(app, key, f"/v1/rewards/{made.stdout.strip()}")).json()
    assert (told["kind"], told["name"], told["stock"], told["starts_on"]) == (kind, "It", 7, "2026-03-01")
    assert settings.items() <= told["settings"].items()


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--price", "9", "--amount", "five"], "amount"),
        (["--price", "9", "--kind", "cake"], "There is no reward of kind 'cake'"),
        (["--price", "9", "--kind", "gift", "--set", "colour=1"], "has no setting 'colour'; it has: worth"),
        (["--price", "9", "--kind", "gift", "--set", "worth"], "'worth' is not NAME=JSON"),
        (["--price", "9", "--kind", "gift", "--term", "shelf=1"], "unknown field `shelf`"),
        (["--kind", "gift"], "needs a price in points"),
    ],
)
def test_a_reward_that_cannot_be_is_refused(shop: Run, options: list[str], part: str) -> None:
    refused = shop("rewards", "create", "It", "--program", "Shop", *options)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert part in refused.stderr
