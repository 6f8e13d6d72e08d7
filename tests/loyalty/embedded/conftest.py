"""A household: one home, its user processes, and everything that runs for it, seen from outside.

What runs is read from /proc by the open files, not from what our own code believes.
"""

import asyncio
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from loyalty.embedded import acquire
from loyalty.embedded.home import Home

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
PATIENCE_SECONDS = 60.0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Fail when `condition` does not come true in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)


def query(url: str, *statements: str) -> Any:  # noqa: ANN401  (whatever the database gives)
    """Run the statements, give the value of the last one."""

    async def run() -> Any:  # noqa: ANN401
        connection = await asyncpg.connect(url)
        try:
            for statement in statements:
                value = await connection.fetchval(statement)
            return value
        finally:
            await connection.close()

    return asyncio.run(run())


def _parent(pid: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    return 0


@dataclass
class User:
    """A user process, as started by `Household.start`."""

    process: subprocess.Popen[str]
    _said: dict[str, Any] | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Its line of JSON; waits for it."""
        if self._said is None:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, "the user process ended without a word"
            self._said = json.loads(line)
        return self._said

    @property
    def database_url(self) -> str:
        """The address it got; fails with its error when it got none."""
        assert "error" not in self.said, self.said
        return str(self.said["database_url"])

    @property
    def redis_url(self) -> str:
        """The address it got."""
        return str(self.said["redis_url"])

    def query(self, *statements: str) -> Any:  # noqa: ANN401
        """Run the statements on its PostgreSQL, give the value of the last one."""
        return query(self.database_url, *statements)

    def write(self, number: int) -> None:
        """Commit one row with the number."""
        self.query("drop table if exists kept", f"create table kept as select {number} as number")

    def read(self) -> int:
        """Give the number that was written last; fails when there is none."""
        return int(self.query("select number from kept"))

    def pids(self) -> set[int]:
        """Give its process id, and those of the children that it said it has."""
        return {self.process.pid, *(self._said or {}).get("children", ())}

    def end(self) -> None:
        """Let it release and end, in good order."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_SECONDS) == 0


@dataclass
class Household:
    """Everything that belongs to `home`."""

    home: Path
    users: list[User] = field(default_factory=list)

    @property
    def place(self) -> Home:
        """Where things lie in the home, and its sockets elsewhere if pytest's path is long."""
        return Home.at(self.home)

    def start(self, *arguments: str, fsync: bool = False, seconds: float = 30, uid: int = 0, **env: str) -> User:
        """Start a user process, without waiting for it; with `uid`, as that ordinary user."""
        program = [sys.executable, str(HERE / "user_process.py"), str(self.home)]
        become = [sys.executable, str(HERE / "ordinary_user.py"), str(uid)] if uid else []
        process = subprocess.Popen(
            [*become, *program, "fsync" if fsync else "no-fsync", str(seconds), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd="/",
            env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONWARNINGS": "error", **env},
        )
        self.users.append(User(process))
        return self.users[-1]

    def running(self) -> dict[int, str]:
        """Give the processes that have a file of this home open, or its name in their command."""
        ours = {os.getpid(), *(pid for user in self.users for pid in user.pids())}
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit() or int(folder.name) in ours:
                continue
            with suppress(OSError):  # it ended while we looked
                files = [str(file.readlink()) for file in (folder / "fd").iterdir()]
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                home = str(self.home)
                if home in command or any(file.startswith(home + "/") for file in files):
                    found[int(folder.name)] = command
        return found

    def pid_of(self, who: str) -> int:
        """Give the process id of the "owner", of "postgres" (the postmaster) or of "valkey"."""
        sign = {
            "owner": r"\S*python\S* .*owner",
            "postgres": r"\S*/postgres -D ",
            "valkey": r"\S*valkey-server ",
        }
        running = self.running()
        pids = {pid for pid, command in running.items() if re.match(sign[who], command)}
        # Between fork and exec, or before it takes a name of its own, a child looks like its parent.
        parents = [pid for pid in pids if _parent(pid) not in pids]
        assert len(parents) == 1, (who, running)
        return parents[0]

    def pids(self) -> set[int]:
        """Give the process ids of the three; fails when one of them is not there exactly once."""
        return {self.pid_of(who) for who in ("owner", "postgres", "valkey")}

    def wait_until_gone(self) -> None:
        """Fail when something of this home still runs after a while."""
        wait_for(lambda: not self.running(), f"the end of {self.running()}")

    def close(self) -> None:
        """End what a failed test left, and fail if that was necessary after a passed one."""
        for user in self.users:
            user.process.kill()
            with user.process:  # closes its pipes and waits
                pass
        try:
            self.wait_until_gone()
        finally:
            for pid in self.running():
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.place.sockets, ignore_errors=True)  # a killed owner leaves them for the next


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home in which initdb is done already; it takes longer than most tests."""
    home = tmp_path_factory.mktemp("made") / "home"
    acquire(home, fsync=False).release()
    return home


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Household]:
    """Give a household whose home does not exist yet."""
    household = Household(tmp_path / "home")
    yield household
    household.close()


@pytest.fixture
def household(tmp_path: Path, made_home: Path) -> Iterator[Household]:
    """Give a household with a home that other tests have used, and will use after this one."""
    household = Household(made_home.rename(tmp_path / "home"))
    yield household
    household.close()
    household.home.rename(made_home)


@pytest.fixture
def copied(tmp_path: Path, made_home: Path) -> Household:
    """Give a copy of that home, to be spoiled."""
    shutil.copytree(made_home, tmp_path / "home")
    return Household(tmp_path / "home")


@pytest.fixture
def reachable() -> Iterator[Household]:
    """Give an empty household below a folder which any user can enter; pytest's own are 0700."""
    folder = Path(tempfile.mkdtemp(prefix="loyalty-test-", dir="/tmp"))
    folder.chmod(0o755)
    household = Household(folder / "home")
    yield household
    household.close()
    shutil.rmtree(folder)


@pytest.fixture
def number() -> int:
    """Give a number that no other test has written to the shared home."""
    return secrets.randbelow(2**31)


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Give `query`: run statements on an address, get the value of the last one."""
    return query


@pytest.fixture
def as_root() -> None:
    """Skip what only root can try."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user takes root; everything else here ran as an ordinary one")
