"""Every process may be killed at any moment: nothing stays, nothing committed is lost."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from loyalty.embedded import ServersDidNotStart, acquire, postgres
from loyalty.embedded.binaries import Binaries
from loyalty.embedded.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.loyalty.embedded.conftest import Household

_WHO = ["owner", "postgres", "valkey"]


@pytest.mark.parametrize("who", _WHO)
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_stays_when_one_process_is_killed(household: Household, who: str, how: signal.Signals) -> None:
    user = household.start()
    assert user.database_url
    assert len(household.pids()) == 3
    os.kill(household.pid_of(who), how)
    household.wait_until_gone()
    assert user.process.poll() is None


@pytest.mark.parametrize("who", _WHO)
def test_the_next_user_after_a_kill_starts_anew_and_misses_no_committed_row(
    household: Household, number: int, who: str
) -> None:
    first = household.start(fsync=True)
    first.write(number)
    before = household.pids()
    os.kill(household.pid_of(who), signal.SIGKILL)
    second = household.start(fsync=True)  # at once: the rest may still be on its way out
    assert second.read() == number
    assert not before & household.pids()
    second.end()
    first.end()
    assert household.running() == {}


def test_servers_are_revived_for_who_still_needs_them_and_for_nobody_else(household: Household) -> None:
    with acquire(household.home) as servers:
        before = household.pids()
        servers.revive()
        assert household.pids() == before
        os.kill(household.pid_of("postgres"), signal.SIGKILL)
        household.wait_until_gone()
        servers.revive()
        assert not before & household.pids()
    servers.revive()
    assert household.running() == {}


def test_a_long_query_does_not_outlive_a_killed_postgresql(household: Household) -> None:
    user = household.start()
    url = user.database_url
    code = (
        "import asyncio, asyncpg, sys\n"
        "async def run():\n"
        "    connection = await asyncpg.connect(sys.argv[1])\n"
        "    print(await connection.fetchval('select pg_backend_pid()'), flush=True)\n"
        "    endless = 'select generate_series(1, 100000000000)'\n"
        "    await connection.fetchval(f'select count(*) from ({endless}) as x')\n"
        "asyncio.run(run())\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as client:
        try:
            assert client.stdout is not None
            backend = Path(f"/proc/{client.stdout.readline().strip()}")
            time.sleep(0.2)
            assert (backend / "stat").read_text().split(") ")[1][0] == "R"  # and does not look up
            os.kill(household.pid_of("postgres"), signal.SIGKILL)
            household.wait_until_gone()
            assert not backend.exists()
        finally:
            client.kill()


def test_a_power_cut_does_not_block_the_next_start(household: Household, number: int) -> None:
    user = household.start(fsync=True)
    user.write(number)
    everything = [user.process.pid, *household.running()]
    assert len(everything) > 6
    for how in (signal.SIGSTOP, signal.SIGKILL):  # so that nobody sees the others go
        for pid in everything:
            os.kill(pid, how)
    household.wait_until_gone()
    sockets = household.place.sockets
    assert {file.name for file in sockets.iterdir()} == {
        ".s.PGSQL.5432",
        ".s.PGSQL.5432.lock",
        "valkey.sock",
    }
    # And after the restart, the old process ids belong to others: here, to this test.
    for file in (household.home / "data/postgres/postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        old = file.read_text()
        file.write_text(old.replace(old.partition("\n")[0], str(os.getpid()), 1))
    again = household.start(fsync=True)
    assert again.read() == number


def test_an_interrupted_initdb_is_done_again(empty: Household) -> None:
    user = empty.start()
    aside = empty.home / "data" / "postgres.new"
    deadline = time.monotonic() + 10
    while not (aside / "PG_VERSION").exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)
    os.kill(empty.pid_of("owner"), signal.SIGKILL)
    assert "owner process failed" in user.said["error"]
    assert not (empty.home / "data" / "postgres").exists()
    again = empty.start()
    assert again.query("select 1") == 1


def test_servers_that_survive_their_owner_are_ended_by_the_next_one(
    household: Household, ask: Callable[..., Any]
) -> None:
    binaries = Binaries.find()
    with closing(Lock(household.home / "locks" / "users")) as users:
        assert users.try_shared()
        said = subprocess.run(
            [
                *(sys.executable, str(Path(__file__).with_name("owner_without_help.py"))),
                *(household.home, binaries.postgres, binaries.valkey, "30", "fsync"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            check=True,
        ).stdout
        assert said == b"ready"
        before = household.pids()
        owner, old = household.pid_of("owner"), household.pid_of("postgres")
        url = household.place.database_url
        ask(url, "select 1")
        os.kill(owner, signal.SIGKILL)
        time.sleep(0.3)
        assert ask(url, "select 1") == 1  # nobody told them
        assert household.pid_of("postgres") == old
    user = household.start(fsync=True)
    assert user.query("select 1") == 1
    assert not before & household.pids()


def test_a_server_that_ends_at_once_is_an_error_that_names_the_log(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOYALTY_VALKEY_BIN", "/bin/false")
    with pytest.raises(ServersDidNotStart, match=r"valkey ended with code 1 .*servers\.log"):
        acquire(household.home)
    household.wait_until_gone()


def test_a_server_that_never_answers_is_an_error_in_time(
    household: Household, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deaf = tmp_path / "deaf"
    deaf.write_text("#!/bin/sh\nexec sleep 60\n")
    deaf.chmod(0o755)
    monkeypatch.setenv("LOYALTY_VALKEY_BIN", str(deaf))
    started = time.monotonic()
    with pytest.raises(ServersDidNotStart, match=r"not answer in time.*servers\.log"):
        acquire(household.home, timeout_seconds=1)
    assert 1 <= time.monotonic() - started < 5
    household.wait_until_gone()


def test_who_attaches_waits_in_line_and_not_for_ever(household: Household) -> None:
    acquire(household.home, fsync=False).release()
    with closing(Lock(household.home / "locks" / "starting")) as starting:
        assert starting.try_exclusive()
        with pytest.raises(ServersDidNotStart, match="another process is still starting"):
            acquire(household.home, timeout_seconds=0.1)
        assert household.running() == {}


@pytest.mark.parametrize(("code", "expected"), [("53300", True), ("57P03", False)])
def test_a_full_postgresql_is_not_a_missing_one(tmp_path: Path, code: str, *, expected: bool) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / ".s.PGSQL.5432"))
        listening.listen()

        def refuse() -> None:
            with listening.accept()[0] as connection:
                connection.recv(100)
                text = f"SFATAL\0VFATAL\0C{code}\0Mno\0\0".encode()
                connection.sendall(b"E" + (len(text) + 4).to_bytes(4, "big") + text)

        thread = threading.Thread(target=refuse)
        thread.start()
        assert postgres.answers(tmp_path) is expected
        thread.join()


async def test_connections_are_cut_and_not_waited_for_when_the_servers_end(
    household: Household,
) -> None:
    servers = acquire(household.home, fsync=False)
    connection = await asyncpg.connect(servers.database_url)
    started = time.monotonic()
    servers.release()
    assert time.monotonic() - started < 5
    assert household.running() == {}
    connection.terminate()
