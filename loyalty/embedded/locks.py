"""Locks on files. The kernel lets go of them when their holder ends, however it ends.

Four of them, in `HOME/locks`, are all that the processes know of each other. No process ids: those
are reused, and mean nothing in another container.

=========  ==========================  =========================================================
file       held by                     says
=========  ==========================  =========================================================
users      each user process, shared   the servers are needed; the owner waits for it, exclusive
starting   one at a time, exclusive    somebody is attaching, starting or leaving: wait in line
owner      the owner, exclusive        somebody looks after the servers
servers    the owner, exclusive, and   some process of these servers is alive, be it only a
           whatever the servers fork   backend that has not yet noticed that its server died
=========  ==========================  =========================================================
"""

import fcntl
import os
import time
import weakref
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

POLL_SECONDS = 0.01


def wait_until(condition: Callable[[], bool], deadline: float) -> bool:
    """Ask until `condition` holds (True) or `time.monotonic()` is past `deadline` (False)."""
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


class Lock:
    """One `flock` of this process on `path`; inherited neither by fork nor by exec."""

    def __init__(self, path: Path) -> None:
        """Open the file, which `Home.prepare` has made; nothing is locked yet."""
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        _open_here.add(self)

    @property
    def closed(self) -> bool:
        """True after `close`, and always in a child that this process has forked."""
        return self._file < 0

    def for_children(self) -> int:
        """Give a file descriptor that shares this lock, and that children may be given on purpose.

        A copy, because what this object itself holds is closed in every child.
        """
        return os.dup(self._file)

    def try_shared(self) -> bool:
        """Take the lock together with others, unless somebody has it for himself."""
        return self._try(fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Take the lock alone, unless anybody has it."""
        return self._try(fcntl.LOCK_EX)

    def wait_exclusive(self) -> None:
        """Block until the lock is ours alone."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go of the lock; a second time does nothing."""
        if not self.closed:
            os.close(self._file)
            self._file = -1

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def is_taken(path: Path) -> bool:
    """Tell whether somebody holds the lock on `path` exclusively."""
    with closing(Lock(path)) as probe:
        return not probe.try_shared()


_open_here: weakref.WeakSet[Lock] = weakref.WeakSet()


def _forget_in_child() -> None:
    # A forked child shares its parent's locks: it would keep the servers alive after the parent,
    # and unlocking would unlock for both. Closing its copy leaves the parent's lock alone.
    for lock in list(_open_here):
        lock.close()


os.register_at_fork(after_in_child=_forget_in_child)
