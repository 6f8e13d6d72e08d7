"""`loyalty serve` and `loyalty worker` as processes that can be killed and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_PATIENCE_SECONDS = 60


def free_port() -> int:
    """Find a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def descendants(pid: int) -> set[int]:
    """Give the children of a process, theirs, and so on."""
    found: set[int] = set()
    with suppress(OSError):  # a thread, or the process, may end while we look
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children = {int(child) for child in (thread / "children").read_text().split()}
            found |= children.union(*(descendants(child) for child in children))
    return found


def answering(pid: int) -> int:
    """Give the process below `loyalty serve --no-worker` that answers requests."""
    [found] = (below for below in descendants(pid) if b"spawn_main" in Path(f"/proc/{below}/cmdline").read_bytes())
    return found


@dataclass
class Service:
    """A command of ours. What it says goes to a file: nobody reads a pipe while it is under load."""

    said: Path
    command: tuple[str, ...]
    env: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, without waiting for it."""
        inherited = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "LOYALTY_HOME"}}
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "loyalty.cli", *self.command],
                cwd=REPOSITORY,
                env={**inherited, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        """Kill it, and wait until nothing of it is left."""
        assert self.process is not None
        below = descendants(self.pid)
        self.process.kill()
        self.process.wait(_PATIENCE_SECONDS)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in below):
            assert time.monotonic() < deadline, below
            time.sleep(0.02)

    def end(self) -> None:
        """End it in good order, or else by force."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
