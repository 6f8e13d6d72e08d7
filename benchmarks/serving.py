"""`loyalty serve` as it is run, on a database of the benchmark; without its worker, whose work is not measured here."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_SECONDS = 15
# Where to, and the body.
Request = tuple[str, object]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service, and the key of a storefront."""

    port: int
    key: str

    def send(self, connections: Sequence[Sequence[Request]]) -> tuple[float, dict[str, int]]:
        """Send requests over as many connections at once, from another process; tells the seconds and the statuses."""
        job = {"host": "127.0.0.1", "port": self.port, "key": self.key, "connections": connections}
        command = [sys.executable, "-m", "benchmarks.client"]
        done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        return told["seconds"], told["statuses"]


@contextmanager
def served(database_url: str, redis_url: str, key: str) -> Iterator[Service]:
    """Run the service as long as the block runs."""
    port = _free_port()
    command = [sys.executable, "-m", "loyalty.cli", "serve", "--no-worker", "--port", str(port)]
    addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOYALTY_RATE_LIMIT_PER_MINUTE": "0"}
    # A limit that nobody reaches, so that counting is measured too.
    environment = {**os.environ, **addresses, "LOYALTY_RATE_LIMIT_PER_MINUTE": "1000000000"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None or not process.stdout.readline().startswith("ready"):
                msg = "`loyalty serve` did not start; its own lines say why."
                raise RuntimeError(msg)
            yield Service(port, key)
        finally:
            process.terminate()
            process.wait(15)


@contextmanager
def bare(answers: Path) -> Iterator[Service]:
    """Run the framework with nothing in it, which answers what the file has, as long as the block runs."""
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.bare", str(port)]
    with subprocess.Popen(command, env={**os.environ, "BENCH_ANSWERS": str(answers)}) as process:
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    msg = "The bare framework did not start; its own lines say why."
                    raise RuntimeError(msg)
                time.sleep(0.1)
            yield Service(port, "none")
        finally:
            process.terminate()
            process.wait(_PATIENCE_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
