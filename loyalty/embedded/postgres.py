"""PostgreSQL: how its data folder is made, how it is run, and whether it answers."""

import os
import socket
from pathlib import Path

from loyalty.embedded.errors import ServersDidNotStart

MAJOR = 18
_ASK_SECONDS = 5

_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",  # PGPORT would win otherwise
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    # A broken constraint is an everyday matter here, and both its details ("Key (email)=(…)") and
    # the statement carry personal data, which no log of ours may hold.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
_WITHOUT_DURABILITY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def initdb(binaries: Path, folder: Path, *, fsync: bool) -> list[str]:
    """Give the command that makes a data folder: superuser `postgres`, UTF-8, code point order.

    The built-in locale, because the wheel has no ICU, and the order of the machine's C library
    changes with its updates, under the feet of the indexes.
    """
    return [
        *(str(binaries / "initdb"), "--pgdata", str(folder), "--username", "postgres"),
        *("--auth", "trust", "--encoding", "UTF8", "--no-instructions"),
        *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        *(() if fsync else ("--no-sync",)),
    ]


def server(binaries: Path, folder: Path, sockets: Path, *, fsync: bool) -> list[str]:
    """Give the command that runs the server in the foreground, on a unix socket only."""
    settings = {**_SETTINGS, "unix_socket_directories": str(sockets)}
    if _has_statement_statistics(binaries):
        settings["shared_preload_libraries"] = "pg_stat_statements"
    if not fsync:
        settings |= _WITHOUT_DURABILITY
    options = (part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return [str(binaries / "postgres"), "-D", str(folder), *options]


def end_leftover(binaries: Path, folder: Path) -> list[str]:
    """Give the command that asks a server which lost its owner to end."""
    return [str(binaries / "pg_ctl"), "stop", "-D", str(folder), "-m", "fast", "--no-wait"]


def check_version(folder: Path) -> None:
    """Refuse a data folder of another major version; one that does not exist yet is fine."""
    try:
        made_by = (folder / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    if made_by != str(MAJOR):
        message = (
            f"{folder} was made by PostgreSQL {made_by}, and this is {MAJOR}: bring it over with "
            "pg_upgrade or dump and restore, or set LOYALTY_HOME to another folder"
        )
        raise ServersDidNotStart(message)


def forget_stale_pid(folder: Path) -> None:
    """Remove the `postmaster.pid` that a power cut left behind.

    PostgreSQL would refuse to start if its old process id now belongs to any other process of this
    user, which in a container is the rule. The caller holds the lock that every process of our
    servers inherits, so the only one it could still belong to is a server started by hand: that one
    works inside the data folder. (PostgreSQL also checks its shared memory, by the folder's inode.)
    """
    file = folder / "postmaster.pid"
    try:
        pid = int(file.read_text().partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return
    if not Path("/proc/self").exists():
        return  # macOS: let PostgreSQL judge by itself
    try:
        by_hand = Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        by_hand = False
    if not by_hand:
        file.unlink()


def answers(sockets: Path) -> bool:
    """Log in, as a client would, and hear whether the server is ready for a query.

    The "ready" line of `postmaster.pid` can be stale, and a socket accepts long before that.
    """
    greeting = b"\0\3\0\0user\0postgres\0database\0postgres\0\0"
    heard = b""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ASK_SECONDS)
            connection.connect(os.fspath(sockets / ".s.PGSQL.5432"))
            connection.sendall((len(greeting) + 4).to_bytes(4, "big") + greeting)
            while not heard.endswith(b"Z\0\0\0\5I"):
                if not (more := connection.recv(4096)):
                    # Full is not away: only 57P03, "cannot connect now", means wait.
                    return heard.startswith(b"E") and b"C53300\0" in heard
                heard += more
            connection.sendall(b"X\0\0\0\4")
    except OSError:
        return False
    return True


def _has_statement_statistics(binaries: Path) -> bool:
    installed = binaries.resolve().parent
    folders = (installed / "lib", installed / "lib" / "postgresql")
    return any(True for folder in folders for _ in folder.glob("pg_stat_statements.*"))
