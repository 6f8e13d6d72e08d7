"""Child processes that end with us, and whatever they in turn leave behind.

What only Linux has (prctl) is skipped elsewhere: on macOS a `kill -9` of the owner leaves the
servers running until the next start, which ends them first.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

_LINUX = sys.platform == "linux"
_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LOG = 2  # the owner's stderr is servers.log
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_STOP_SECONDS = 60
_HURRY_SECONDS = 10


def adopt_orphans() -> None:
    """Become the parent of every process whose parent dies below us, so that we can end it."""
    if _LINUX:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def start(command: Sequence[str], *, inherited: int) -> subprocess.Popen[bytes]:
    """Run `command` as a child that is told to end (SIGINT) when we die.

    It inherits the file descriptor `inherited` and next to nothing of the environment, which may
    hold secrets, and where PGDATA, PGPORT and the like would change what it does. The caller must
    not have started a thread yet: code of ours runs between fork and exec.
    """
    parent = os.getpid()

    def before_exec() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        if _LINUX:
            # SIGINT is "fast" to PostgreSQL: disconnect everybody and stop in good order.
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != parent:
                os._exit(1)  # the parent died before the kernel knew that we want to be told

    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=_LOG,
        pass_fds=(inherited,),
        env={"LC_ALL": "C", "TZ": "UTC"} | {k: os.environ[k] for k in _KEPT if k in os.environ},
        preexec_fn=before_exec,  # noqa: PLW1509  (one thread only, see above)
    )


def stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    """End all of them, politely (SIGINT), then at once (SIGQUIT), then by force; and orphans."""
    for signal_number, patience in (
        (signal.SIGINT, _STOP_SECONDS),
        (signal.SIGQUIT, _HURRY_SECONDS),
        (signal.SIGKILL, _HURRY_SECONDS),
    ):
        alive = [child for child in children if child.poll() is None]
        for child in alive:
            child.send_signal(signal_number)
        deadline = time.monotonic() + patience
        with suppress(subprocess.TimeoutExpired):
            for child in alive:
                child.wait(timeout=max(0.0, deadline - time.monotonic()))
    _end_orphans()


def _end_orphans() -> None:
    # A backend of a killed PostgreSQL notices only when its query is done, which may take hours,
    # and the data folder cannot be used again before that.
    while orphans := _own_children():
        for orphan in orphans:
            with suppress(ProcessLookupError):
                os.kill(orphan, signal.SIGKILL)
        for orphan in orphans:
            with suppress(ChildProcessError):
                os.waitpid(orphan, 0)


def _own_children() -> list[int]:
    tasks = Path("/proc/self/task")
    with suppress(OSError):  # no such file on macOS, nor in a kernel without CONFIG_PROC_CHILDREN
        return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    return []
