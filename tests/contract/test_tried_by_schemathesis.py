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
# What is there in the shop: most requests should be about something. By name of the parameter or field.
KNOWN = {
    "customer_id": ["ann", "ben", "cleo"],
    "order_id": ["1001", "1010", "2026/7"],
    "reward_id": ["offer_reward", "add_codes"],
    "redemption_id": ["redeem"],
    "draft_id": ["write_earning_draft"],
    "backtest_id": ["start_backtest"],
}
SEED = "20261122"


def configured(said: Mapping[str, Said], folder: Path) -> Path:
    """Write the settings, with what is known of the shop."""
    lines = [SETTINGS.read_text()]
    for name, words in KNOWN.items():
        found = [str((said[w].answer | said[w].parameters)[name]) if w in said else w for w in words]
        lines.append(f"[dictionaries.{name}]\nvalues = {found}\n")
    lines.append("[parameters]")
    lines += [
        f'"{place}.{name}" = {{ dictionary = "{name}", probability = 0.7 }}'
        for name in KNOWN
        for place in ("path", "query")
    ]
    path = folder / "schemathesis.toml"
    path.write_text("\n".join(lines))
    return path


def tried(service: Service, key: str, said: Mapping[str, Said], folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", configured(said, folder), "run"]
    command += [f"{service.url}/openapi.json", "--header", f"Authorization: Bearer {key}", "--checks", "all"]
    command += ["--seed", SEED, "--no-color", "--continue-on-failure", *options]
    env = {**os.environ, "COLUMNS": "160"}
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
