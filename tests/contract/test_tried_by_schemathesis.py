"""Schemathesis, with all of its checks, on every operation of the running service and a shop in which much happened."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.contract.service import Service
from tests.contract.story import Said

pytestmark = pytest.mark.xdist_group("contract")
SETTINGS = Path(__file__).with_name("schemathesis.toml")
HOOKS = "tests.contract.schemathesis_hooks"
# What is there in the shop, by name of the parameter or field: most requests should be about something. A word that is
# an operation stands for what it answered in the story.
KNOWN = {
    "customer_id": ["ann", "ben", "cleo"],
    "order_id": ["1001", "1010", "2026/7"],
    "reward_id": ["offer_reward", "add_codes"],
    "redemption_id": ["redeem"],
    "draft_id": ["write_earning_draft"],
    "backtest_id": ["start_backtest"],
    "currency": ["EUR"],
}
# What no type can say: times that are not to come, days in their order, amounts with two decimals.
LIKELY = {
    "at": ["2026-03-02T10:00:00Z", "2026-03-09T18:30:00+01:00"],
    "first": ["2026-01-01", "2026-03-01"],
    "last": ["2026-04-01", "2026-05-01"],
    "amount": ["0", "7.50", "84.90"],
}
FIELDS = {
    "at": ["joined_at", "placed_at", "refunded_at", "cancelled_at", "performed_at", "created_at", "source_updated_at"],
    "first": ["start", "from_on"],
    "last": ["end", "to_on"],
    "amount": ["goods", "amount", "unit_cost", "basket"],
}
SEED = "20261122"


def configured(key: str, said: Mapping[str, Said], folder: Path) -> Path:
    """Write the settings, with what is known of the shop."""
    lines = [f'hooks = "{HOOKS}"', SETTINGS.read_text()]
    known = {
        name: [str((said[w].answer | said[w].parameters)[name]) if w in said else w for w in words]
        for name, words in KNOWN.items()
    }
    lines += [f"[dictionaries.{name}]\nvalues = {words}\n" for name, words in (known | LIKELY).items()]
    fields = {name: [name] for name in KNOWN} | FIELDS
    lines += ["[auth.openapi]", f'key = {{ bearer = "{key}" }}']
    lines.append("[parameters]")
    lines += [
        f'"{place}.{field}" = {{ dictionary = "{name}", probability = 0.7 }}'
        for name, named in fields.items()
        for field in named
        for place in ("path", "query", "body")
    ]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines))
    return path


def tried(service: Service, key: str, said: Mapping[str, Said], folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", configured(key, said, folder), "run"]
    command += [f"{service.url}/openapi.json", "--checks", "all"]
    command += ["--seed", SEED, "--no-color", "--continue-on-failure", *options]
    env = {**os.environ, "COLUMNS": "160", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=3_000, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "0 selected" not in done.stdout


def test_a_few_requests_to_every_operation_find_nothing(
    service: Service, told_key: str, said: dict[str, Said], tmp_path: Path
) -> None:
    tried(service, told_key, said, tmp_path, "--phases", "examples,fuzzing", "--max-examples", "2")


@pytest.mark.long
def test_many_requests_and_stories_to_every_operation_find_nothing(
    service: Service, told_key: str, said: dict[str, Said], tmp_path: Path
) -> None:
    tried(service, told_key, said, tmp_path, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "100")
