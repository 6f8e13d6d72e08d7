"""The owner: one detached process a home that has both servers as its children.

    python -m loyalty.embedded.owner HOME POSTGRES_BIN VALKEY_SERVER SECONDS fsync|no-fsync

It tells its starter through stdout ("ready", "busy", or what is wrong), then waits until no user
process is left (the kernel then grants it the lock `users`), a server dies by itself, or it is
told to end (SIGTERM, SIGINT, SIGHUP). In each case it ends both servers and then itself; the next
`acquire`, or `revive` of a user that goes on, starts anew. Under systemd, use KillMode=mixed: the
default tells the servers to stop while the service is still answering its last requests.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from loyalty.embedded import children, identity, postgres, valkey
from loyalty.embedded.binaries import Binaries
from loyalty.embedded.errors import ServersDidNotStart
from loyalty.embedded.home import Home, no_access
from loyalty.embedded.locks import POLL_SECONDS, Lock, wait_until

_TOLD_TO_END = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_NO_USER_LEFT = signal.SIGUSR1
# Blocked signals wait until we ask for them: nothing is missed, and nothing interrupts a half step.
_WAITED_FOR = _TOLD_TO_END | {_NO_USER_LEFT, signal.SIGCHLD}


@dataclass
class Owner:
    """Starts both servers, watches them and ends them; `deadline` is of `time.monotonic()`."""

    home: Home
    binaries: Binaries
    fsync: bool
    deadline: float
    inherited: int = -1
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def own(self) -> None:
        """Do all of it, from taking the locks to the end of the servers."""
        owner, alive = Lock(self.home.lock("owner")), Lock(self.home.lock("servers"))
        self.inherited = alive.for_children()
        if not owner.try_exclusive():
            _tell("busy")
            return
        users = Lock(self.home.lock("users"))  # now, since `nobody` could not open it any more
        try:
            identity.settle(self.home, [self.binaries.postgres / "postgres", self.binaries.valkey])
        except OSError as problem:
            raise no_access(problem) from problem
        self._end_leftovers(alive)
        children.adopt_orphans()
        try:
            self._make_folders()
            self._start()
            _tell("ready")
            self._wait_for_the_end(users)
        finally:
            children.stop(list(self.running.values()))
            shutil.rmtree(self.home.sockets, ignore_errors=True)

    def _end_leftovers(self, alive: Lock) -> None:
        """Wait until nothing of an earlier run lives, which on Linux ends by itself."""
        if alive.try_exclusive():
            return
        if postgres.answers(self.home.sockets):  # only then is the process id in its file its own
            command = postgres.end_leftover(self.binaries.postgres, self.home.postgres_data)
            children.start(command, inherited=self.inherited).wait()
        valkey.end_leftover(self.home.sockets)
        if not wait_until(alive.try_exclusive, self.deadline):
            message = f"servers of an earlier run do not end; `fuser {alive.path}` names them"
            raise ServersDidNotStart(message)

    def _make_folders(self) -> None:
        home = self.home
        # No server of this home lives, so its sockets and their lock files are dead, too.
        shutil.rmtree(home.sockets, ignore_errors=True)
        home.sockets.mkdir(mode=0o700, exist_ok=True)
        home.check_sockets()
        home.valkey_data.mkdir(mode=0o700, exist_ok=True)
        if not home.postgres_data.exists():
            # Aside, then renamed: an interrupted initdb must not look like a data folder.
            aside = home.data / "postgres.new"
            shutil.rmtree(aside, ignore_errors=True)
            self._run_initdb(aside)
            aside.rename(home.postgres_data)
            _sync(home.data)
        postgres.check_version(home.postgres_data)
        postgres.forget_stale_pid(home.postgres_data)

    def _run_initdb(self, folder: Path) -> None:
        command = postgres.initdb(self.binaries.postgres, folder, fsync=self.fsync)
        made = self.running["initdb"] = children.start(command, inherited=self.inherited)
        self._wait_while_alive(lambda: made.poll() == 0)
        del self.running["initdb"]

    def _start(self) -> None:
        home, binaries, fsync = self.home, self.binaries, self.fsync
        commands = {
            "postgres": postgres.server(binaries.postgres, home.postgres_data, home.sockets, fsync=fsync),
            "valkey": valkey.server(binaries.valkey, home.valkey_data, home.sockets, fsync=fsync),
        }
        for name, command in commands.items():
            self.running[name] = children.start(command, inherited=self.inherited)
        for answers in (valkey.answers, postgres.answers):
            self._wait_while_alive(partial(answers, home.sockets))

    def _wait_while_alive(self, ready: Callable[[], bool]) -> None:
        while not ready():
            for name, process in self.running.items():
                if process.poll() is not None and not ready():
                    message = f"{name} ended with code {process.returncode} before it was ready"
                    raise ServersDidNotStart(message)
            if signal.sigpending() & _TOLD_TO_END:
                message = "told to end while starting"
                raise ServersDidNotStart(message)
            if time.monotonic() > self.deadline:
                message = "the servers did not answer in time"
                raise ServersDidNotStart(message)
            time.sleep(POLL_SECONDS)

    def _wait_for_the_end(self, users: Lock) -> None:
        def wait_for_users() -> None:
            users.wait_exclusive()
            os.kill(os.getpid(), _NO_USER_LEFT)

        threading.Thread(target=wait_for_users, daemon=True).start()
        # SIGCHLD alone may be an orphan that we were given, or a child of before.
        while signal.sigwait(_WAITED_FOR) == signal.SIGCHLD:
            if any(process.poll() is not None for process in self.running.values()):
                return


def _tell(text: str) -> None:
    """Give the starter its answer; closing stdout is what ends its waiting."""
    with suppress(BrokenPipeError):
        os.write(1, text.encode())
    os.dup2(2, 1)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)


def _detach() -> None:
    # The starter waits for the process it started, which ends here: nobody is left a zombie. The
    # session of our own keeps a terminal's Ctrl-C away.
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)


def main() -> None:
    """Run the owner process; for `servers.py` only."""
    home, postgres_folder, valkey_file, seconds, fsync = sys.argv[1:]
    _detach()
    for number in _WAITED_FOR:
        # macOS drops a blocked signal that would be ignored; and "ignored" may have been inherited.
        signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITED_FOR)
    owner = Owner(
        home=Home.at(Path(home)),
        binaries=Binaries(postgres=Path(postgres_folder), valkey=Path(valkey_file)),
        fsync=fsync == "fsync",
        deadline=time.monotonic() + float(seconds),
    )
    try:
        owner.own()
    except ServersDidNotStart as problem:
        _tell(str(problem))


if __name__ == "__main__":
    main()
