"""The house keeps its structure: the contracts hold, and each of them fails when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("loyalty", "kpi", "surveys", "admin", "migrations")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": "."})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the house that a test may break."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("static", "data", "__pycache__")
        )
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("loyalty/points/rules.py", "import admin", "staircase"),
        ("kpi/actions.py", "import admin.app", "staircase"),
        ("loyalty/customers/facts.py", "import loyalty.purchases.rules", "Every room"),
        ("loyalty/members/actions.py", "import loyalty.asgi", "Nobody imports a door"),
        ("loyalty/earning/rules.py", "import asyncpg", "Rules are pure"),
        ("kpi/queries.py", "import loyalty.purchases.actions", "kpi only reads"),
        ("loyalty/auth/tasks.py", "import arq", "Nobody but the doorbell"),
        ("loyalty/attic.py", "'''A room without a place.'''", "Every room"),
    ],
)
def test_a_contract_fails_when_it_is_broken(copy: Path, file: str, line: str, broken: str) -> None:
    with (copy / file).open("a") as source:
        source.write(f"\n{line}\n")

    answer = lint(copy)

    assert answer.returncode != 0
    assert any(broken in told and "BROKEN" in told for told in answer.stdout.splitlines()), answer.stdout


def test_the_house_as_it_stands_keeps_every_contract() -> None:
    answer = lint(ROOT)

    assert answer.returncode == 0, answer.stdout


def test_no_file_is_longer_than_can_be_read_in_one_sitting() -> None:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts]
    long = {str(path.relative_to(ROOT)): n for path in sources if (n := len(path.read_text().splitlines())) > 260}

    assert len(sources) > 100
    assert not long
