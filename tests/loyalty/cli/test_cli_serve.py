"""`loyalty serve` and its end: whatever ends it, nothing stays behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import migrations
from tests.conftest import execute
from tests.loyalty.embedded.conftest import Household

REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 60.0
Serve = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def port() -> int:
    """Find a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


@pytest.fixture
def serve(port: int) -> Iterator[Serve]:
    """Start the server as a process of its own; what a failed test leaves is ended."""
    started = []

    def start(*options: str, **env: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "loyalty.cli", "serve", "--port", str(port), *options]
        unset = {"DATABASE_URL", "REDIS_URL", "LOYALTY_PUBLIC_URL"}
        inherited = {name: value for name, value in os.environ.items() if name not in unset}
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, cwd=REPOSITORY, env={**inherited, **env}, text=True, **streams))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until_ready(process: "subprocess.Popen[str]", port: int) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == f"ready http://127.0.0.1:{port}\n"


def get(port: int, path: str) -> dict[str, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        found: dict[str, str] = json.load(answer)
        return found


def wait_until_well(port: int) -> None:
    """Wait for the worker, without which the service answers already."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (answer := get(port, "/readyz"))["status"] != "ok":
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)


def children(pid: int) -> set[int]:
    """Give the children of every thread; a thread may end while we look."""
    found = ""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            found += (thread / "children").read_text()
    return {int(child) for child in found.split()}


def spawned(pid: int) -> set[int]:
    """Give the children that run our code: those that answer requests, and the worker."""
    return {child for child in children(pid) if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()}


def pid_of_worker(process: "subprocess.Popen[str]") -> int:
    """Read on until a worker has said that it started, and which process it is."""
    assert process.stderr is not None
    for line in process.stderr:
        if '"worker started"' in line:
            return int(json.loads(line)["worker"].split(":")[1])
    raise AssertionError


def wait_until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, pids
        time.sleep(0.02)


def test_it_serves_on_the_servers_it_was_given_and_ends_cleanly(
    serve: Serve, port: int, database_url: str, redis_url: str
) -> None:
    process = serve(DATABASE_URL=database_url, REDIS_URL=redis_url)
    wait_until_ready(process, port)
    assert process.stdout is not None
    *_, link = process.stdout.readline().split()
    with urllib.request.urlopen(link, timeout=10) as door:  # noqa: S310 - as it was printed
        assert door.status == 200
        assert "<form" in door.read().decode()
    wait_until_well(port)
    assert get(port, "/readyz") == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "redis": "ok",
        "worker": "ok",
    }
    workers = children(process.pid)
    second = serve(DATABASE_URL=database_url, REDIS_URL=redis_url)
    _, refusal = second.communicate(timeout=PATIENCE_SECONDS)
    assert second.returncode == 1
    assert refusal.startswith(f"Error: Cannot listen at 127.0.0.1 port {port}: Address already in use.")
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "Traceback" not in said
    wait_until_gone(workers)


def test_its_children_die_with_it(serve: Serve, port: int, database_url: str, redis_url: str) -> None:
    process = serve(DATABASE_URL=database_url, REDIS_URL=redis_url)
    wait_until_ready(process, port)
    started = children(process.pid)
    assert pid_of_worker(process) in started
    process.kill()
    wait_until_gone(started)


def test_a_worker_that_dies_is_followed_by_another(serve: Serve, port: int, database_url: str, redis_url: str) -> None:
    process = serve(DATABASE_URL=database_url, REDIS_URL=redis_url)
    wait_until_ready(process, port)
    first = pid_of_worker(process)
    os.kill(first, signal.SIGKILL)
    second = pid_of_worker(process)
    assert second != first
    assert {first, second} & spawned(process.pid) == {second}
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    wait_until_gone({second})


def test_it_runs_no_worker_when_told_so(serve: Serve, port: int, database_url: str, redis_url: str) -> None:
    process = serve("--no-worker", DATABASE_URL=database_url, REDIS_URL=redis_url)
    wait_until_ready(process, port)
    assert len(spawned(process.pid)) == 1
    answer = get(port, "/readyz")
    assert (answer["status"], answer["worker"]) == ("degraded", "away")


def test_a_given_database_is_not_migrated_silently(serve: Serve, empty_database_url: str, redis_url: str) -> None:
    process = serve(DATABASE_URL=empty_database_url, REDIS_URL=redis_url)
    said, refusal = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said) == (1, "")
    assert refusal == "Error: The database has not been set up yet: run `loyalty migrate`.\n"
    assert execute(empty_database_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0


def test_embedded_servers_that_die_are_started_again(serve: Serve, port: int, tmp_path: Path) -> None:
    process = serve(LOYALTY_HOME=str(tmp_path / "home"))
    wait_until_ready(process, port)
    household = Household(tmp_path / "home")
    for who in ("postgres", "valkey"):
        before = household.pid_of(who)
        os.kill(before, signal.SIGKILL)
        wait_until_gone({before})
        deadline = time.monotonic() + 30
        while status(port) != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert household.pid_of(who) != before
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert "cannot be started again" not in said
    household.wait_until_gone()


def status(port: int) -> str:
    """Tell how the service says that it is; also when it is not."""
    try:
        return get(port, "/readyz")["status"]
    except urllib.error.HTTPError as refused:
        refused.close()
        return "unavailable"


def test_embedded_servers_are_started_migrated_and_taken_along(serve: Serve, port: int, tmp_path: Path) -> None:
    process = serve(LOYALTY_HOME=str(tmp_path / "home"))
    wait_until_ready(process, port)
    wait_until_well(port)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert said.startswith(f"Migrated the database from nothing to revision {migrations.head()}.\n")
    assert "Traceback" not in said
    assert not (tmp_path / "home" / "data" / "postgres" / "postmaster.pid").exists()
