"""Where everything lies: `HOME/{locks, servers.log, data/{postgres, valkey, sockets}}`."""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from loyalty.embedded.errors import ServersDidNotStart

LOCKS = ("users", "starting", "owner", "servers")  # see locks.py
_LOG_BYTES = 10 * 1024 * 1024
# A socket's whole path may have 103 bytes on macOS and 107 on Linux; "/.s.PGSQL.5432" takes 14.
_SOCKETS_BYTES = 85
# arq takes the path of its URL as it is, redis-py and asyncpg unquote it, PostgreSQL and asyncpg
# split at commas: with these characters nobody quotes, and all agree.
_PLAIN = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Home:
    """The paths of one home, absolute and without symbolic links. Nothing is touched by asking."""

    folder: Path
    sockets: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """Give the paths below `folder`, which need not exist."""
        folder = folder.resolve()
        sockets = folder / "data" / "sockets"
        if len(os.fsencode(sockets)) > _SOCKETS_BYTES or not _PLAIN.fullmatch(str(sockets)):
            # Not tempfile.gettempdir(): TMPDIR may differ between the processes that meet here.
            name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
            sockets = Path("/tmp") / f"loyalty-{name}"  # noqa: S108  (0700, and checked to be ours)
        return cls(folder=folder, sockets=sockets)

    @property
    def data(self) -> Path:
        """The folder (0700) of whoever the servers run as; the rest is the users'."""
        return self.folder / "data"

    @property
    def postgres_data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.data / "postgres"

    @property
    def valkey_data(self) -> Path:
        """The folder of Valkey's append-only file."""
        return self.data / "valkey"

    @property
    def log(self) -> Path:
        """What the owner and both servers say."""
        return self.folder / "servers.log"

    def lock(self, name: str) -> Path:
        """Give the file of one of the locks that `locks.py` lists."""
        return self.folder / "locks" / name

    @property
    def database_url(self) -> str:
        """The address for asyncpg; the port is named because PGPORT would win otherwise."""
        return f"postgresql://postgres@/postgres?host={self.sockets}&port=5432"

    @property
    def redis_url(self) -> str:
        """The address for redis-py and arq."""
        return f"unix://{self.sockets}/valkey.sock"

    def prepare(self) -> None:
        """Make what user processes need; raises ServersDidNotStart where we may not write."""
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True)
                # Passable for all, so that servers which may not run as root reach their data.
                self.folder.chmod(0o711)
            locks = self.folder / "locks"
            locks.mkdir(mode=0o700, exist_ok=True)
            self._give_to_owner(locks)
            for file in (self.log, *map(self.lock, LOCKS)):
                os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
                self._give_to_owner(file)
        except OSError as problem:
            raise no_access(problem) from problem

    def shorten_log(self) -> None:
        """Begin a new log when it has become long; one old one is kept."""
        if self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.folder / "servers.log.1")
            self.prepare()

    def _give_to_owner(self, path: Path) -> None:
        # Root may look into the home of somebody else ("sudo loyalty doctor"), who shall not find
        # files there afterwards that only root can open.
        if os.geteuid() == 0:
            owner = self.folder.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def check_sockets(self) -> None:
        """Refuse a socket folder that is not private to the owner of the data.

        Only a matter below /tmp, where anybody may have made a folder of that name before us.
        """
        found = self.sockets.lstat()
        ours = found.st_uid == self.data.stat().st_uid
        if not stat.S_ISDIR(found.st_mode) or not ours or stat.S_IMODE(found.st_mode) & 0o077:
            message = (
                f"{self.sockets} belongs to somebody else or is open to others: remove it, "
                "or set LOYALTY_HOME to a folder with a shorter path"
            )
            raise ServersDidNotStart(message)


def no_access(problem: OSError) -> ServersDidNotStart:
    """Say which path we could not use, as whom, and which setting moves it elsewhere."""
    return ServersDidNotStart(
        f"cannot use {problem.filename} as user id {os.geteuid()} ({problem.strerror}): "
        "allow it, or set LOYALTY_HOME to another folder"
    )
