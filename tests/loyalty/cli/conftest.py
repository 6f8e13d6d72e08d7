"""Commands run in this process, on the database of the test."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loyalty.cli import main
from tests.loyalty.cli.commands import Run


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
