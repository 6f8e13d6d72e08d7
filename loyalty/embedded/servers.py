"""Attach to the servers of a home, start them when nobody has, and leave them again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from loyalty.embedded import postgres, valkey
from loyalty.embedded.binaries import Binaries
from loyalty.embedded.errors import ServersDidNotStart
from loyalty.embedded.home import Home, no_access
from loyalty.embedded.locks import POLL_SECONDS, Lock, is_taken, wait_until

__all__ = ["Servers", "ServersDidNotStart", "acquire"]

_IN_LINE = "another process is still starting or stopping them"
_OWNER_DIED = "their owner process failed"
_LATE = "they did not answer in time"
_LEAVE_SECONDS = 5
_STOP_SECONDS = 90


@dataclass(frozen=True)
class Servers:
    """Both servers, which run at least until `release` (or the end of this process).

    A child that this process forks may use the addresses while this process lives; to keep the
    servers alive by itself, it calls `acquire`, too.
    """

    home: Path
    database_url: str
    redis_url: str
    _place: Home = field(repr=False)
    _users: Lock = field(repr=False, compare=False)

    def revive(self, *, fsync: bool = True, timeout_seconds: float = 60) -> None:
        """Start them again if they have ended: when one of them dies, the other ends, too."""
        if is_taken(self._place.lock("owner")):
            return
        deadline = time.monotonic() + timeout_seconds
        with closing(Lock(self._place.lock("starting"))) as starting:
            _wait(starting.try_exclusive, deadline, self._place)
            if not self._users.closed:
                _ensure_running(self._place, deadline, fsync=fsync)

    def release(self) -> None:
        """Need them no more. The last user waits until they have stopped; twice does nothing."""
        if self._users.closed:
            return
        try:
            self._leave()
        except FileNotFoundError:
            pass  # somebody has removed the home; the owner waits on the files as they were
        finally:
            self._users.close()

    def _leave(self) -> None:
        # While we hold "starting", nobody attaches, and "am I the last one?" has an answer.
        with closing(Lock(self._place.lock("starting"))) as starting:
            looking = wait_until(starting.try_exclusive, time.monotonic() + _LEAVE_SECONDS)
            self._users.close()
            if looking and not self._has_other_users():
                wait_until(self._have_stopped, time.monotonic() + _STOP_SECONDS)

    def _has_other_users(self) -> bool:
        with closing(Lock(self._place.lock("users"))) as users:
            # When the owner has it already, exclusive, then neither succeeds.
            return not users.try_exclusive() and users.try_shared()

    def _have_stopped(self) -> bool:
        return not any(is_taken(self._place.lock(name)) for name in ("owner", "servers"))

    def __enter__(self) -> Self:
        """Give itself; the end of the block releases."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Release, whatever happened."""
        self.release()


def acquire(home: Path, *, fsync: bool = True, timeout_seconds: float = 60) -> Servers:
    """Attach this process to the servers that keep their data in `home`; start them if need be.

    Blocks, for at most about `timeout_seconds`. `fsync=False` gives up durability for speed, for
    tests; it is the starter's word, and those who attach get what runs. Raises ServersDidNotStart.
    """
    deadline = time.monotonic() + timeout_seconds
    place = Home.at(home)
    place.prepare()
    users = Lock(place.lock("users"))
    try:
        with closing(Lock(place.lock("starting"))) as starting:
            for take in (starting.try_exclusive, users.try_shared):
                _wait(take, deadline, place)
            _ensure_running(place, deadline, fsync=fsync)
            place.check_sockets()
    except OSError as problem:
        users.close()
        raise no_access(problem) from problem
    except BaseException:
        users.close()
        raise
    return Servers(
        home=place.folder,
        database_url=place.database_url,
        redis_url=place.redis_url,
        _place=place,
        _users=users,
    )


def _wait(take: Callable[[], bool], deadline: float, place: Home) -> None:
    if not wait_until(take, deadline):
        raise _did_not_start(_IN_LINE, place)


def _ensure_running(place: Home, deadline: float, *, fsync: bool) -> None:
    while time.monotonic() < deadline:
        if not is_taken(place.lock("owner")):
            answer = _start(place, deadline, fsync=fsync)
            if answer == "ready":
                return
            # "busy": the owner that a killed starter left behind was faster; attach to that one.
            if answer != "busy":
                raise _did_not_start(answer or _OWNER_DIED, place)
        elif valkey.answers(place.sockets) and postgres.answers(place.sockets):
            return
        time.sleep(POLL_SECONDS)
    raise _did_not_start(_LATE, place)


def _start(place: Home, deadline: float, *, fsync: bool) -> str:
    """Start an owner and return what it has to say, nothing if it just died."""
    binaries = Binaries.find()
    postgres.check_version(place.postgres_data)
    seconds = deadline - time.monotonic()
    command = (
        # -P: what lies in the current folder shall not be mistaken for our packages.
        *(sys.executable, "-P", "-m", "loyalty.embedded.owner", str(place.folder)),
        *(str(binaries.postgres), str(binaries.valkey), str(seconds)),
        "fsync" if fsync else "no-fsync",
    )
    here = str(Path(__file__).parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    with (
        open(place.open_log(), "ab") as log,  # noqa: PTH123  (a descriptor has no path)
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        ) as owner,
    ):
        try:
            return owner.communicate(timeout=seconds + 1)[0].decode()
        except subprocess.TimeoutExpired:
            return _LATE


def _did_not_start(why: str, place: Home) -> ServersDidNotStart:
    return ServersDidNotStart(f"the embedded servers did not start: {why}. See {place.log}")
