"""The commands about earning rules: shown, published, listed, tried on past purchases."""

import json
from pathlib import Path

import pytest

from tests.loyalty.cli.commands import PURCHASES, Run


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
