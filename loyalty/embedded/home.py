"""Where everything lies: `HOME/{locks, servers.log, data/{postgres, valkey, sockets}}`."""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
            with _opened(self.folder) as folder:
                _make(folder, "servers.log")
                with suppress(FileExistsError):
                    os.mkdir("locks", 0o700, dir_fd=folder)
                    _give_to_owner_of(folder, "locks")
                with _opened("locks", inside=folder) as locks:
                    for name in LOCKS:
                        _make(locks, name)
        except OSError as problem:
            problem.filename = problem.filename or str(self.folder)
            raise no_access(problem, inside=self.folder) from problem

    def open_log(self) -> int:
        """Give a file descriptor that appends; a log that has become long begins anew.

        One old log is kept. For the starter only: two would rename at the same time.
        """
        if self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.folder / "servers.log.1")
            self.prepare()
        return os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)

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


def no_access(problem: OSError, inside: Path = Path()) -> ServersDidNotStart:
    """Say which path we could not use, as whom, and which setting moves it elsewhere."""
    path = inside / str(problem.filename)
    return ServersDidNotStart(
        f"cannot use {path} as user id {os.geteuid()} ({problem.strerror}): "
        "allow it, or set LOYALTY_HOME to another folder"
    )


# Root may look into the home of somebody else (`sudo loyalty doctor`, a volume of a container), who
# shall find no file there afterwards that only root can open, and who shall not lead root to other
# places by symbolic links. Hence from open folder to open folder, and never through a link.


@contextmanager
def _opened(folder: Path | str, inside: int | None = None) -> Iterator[int]:
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    opened = os.open(folder, flags, dir_fd=inside)
    try:
        yield opened
    finally:
        os.close(opened)


def _make(folder: int, name: str) -> None:
    """Make an empty file, for its owner only, unless there is one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with suppress(FileExistsError):
        os.close(os.open(name, flags, 0o600, dir_fd=folder))
        _give_to_owner_of(folder, name)


def _give_to_owner_of(folder: int, name: str) -> None:
    owner = os.fstat(folder)
    if owner.st_uid != os.geteuid():
        os.chown(name, owner.st_uid, owner.st_gid, dir_fd=folder, follow_symlinks=False)
