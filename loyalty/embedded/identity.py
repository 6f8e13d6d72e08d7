"""As whom the servers run. PostgreSQL refuses to be root, and so the owner stops being it.

- An ordinary user stays what it is.
- Root becomes the user to whom the data, or else the home, belongs already, if that is not root.
- Else root enters a user namespace in which it is called `nobody`. To the rest of the machine the
  process stays root without its privileges: the files stay root's, and a 0700 folder of root's can
  be passed. A user id without an entry in /etc/passwd is helped in the same way.
- Where namespaces are forbidden, or with LOYALTY_NO_USERNS set, root becomes `nobody`, who gets the
  data folder and must be able to reach it. (Then any other process of `nobody` may connect, too.)
"""

import ctypes
import os
import pwd
import sys
from pathlib import Path

from loyalty.embedded.errors import ServersDidNotStart
from loyalty.embedded.home import Home

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000


def settle(home: Home, programs: list[Path]) -> None:
    """Become who the servers shall be, and see that its data folder and `programs` are in reach.

    Raises ServersDidNotStart when no way is open. To be called once, before any thread.
    """
    _choose(home)
    for path in (home.folder, *programs):
        if closed := _first_closed(path):
            message = (
                f"the servers run as user {_name(os.geteuid())!r}, who cannot get through {closed} "
                f"to {path}: open it (chmod o+x), or set LOYALTY_HOME to a folder within reach, "
                "such as /var/lib/loyalty"
            )
            raise ServersDidNotStart(message)
    home.data.mkdir(mode=0o700, exist_ok=True)


def _choose(home: Home) -> None:
    if os.geteuid() == 0:
        owner = (home.data if home.data.exists() else home.folder).stat()
        if owner.st_uid != 0:
            _become(owner.st_uid, owner.st_gid)
    user = os.geteuid()
    if user != 0 and _name(user):
        return
    if _namespaces_work():
        _enter_namespace()
    elif user == 0:
        nobody = pwd.getpwnam("nobody")
        home.data.mkdir(mode=0o700, exist_ok=True)
        _give(home.data, nobody.pw_uid, nobody.pw_gid)
        _become(nobody.pw_uid, nobody.pw_gid)
    else:
        message = (
            f"user id {user} has no entry in /etc/passwd, without which PostgreSQL does not start, "
            "and user namespaces are forbidden here: add an entry, or run as another user"
        )
        raise ServersDidNotStart(message)


def _name(user: int) -> str | None:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return None


def _become(user: int, group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)


def _give(folder: Path, user: int, group: int) -> None:
    # From the leaves up: after an interruption the top is still unchanged, and it is done again.
    for path, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(path, name), user, group, follow_symlinks=False)
    os.chown(folder, user, group, follow_symlinks=False)


def _namespaces_work() -> bool:
    """Try it in a child first: one that came half the way into a namespace cannot turn back."""
    if sys.platform != "linux" or os.environ.get("LOYALTY_NO_USERNS"):
        return False
    child = os.fork()
    if child == 0:
        try:
            _enter_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _enter_namespace() -> None:
    user, group, nobody = os.geteuid(), os.getegid(), pwd.getpwnam("nobody")
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")  # without this, gid_map may not be written
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {group} 1")


def _first_closed(path: Path) -> Path | None:
    return next((p for p in (*reversed(path.parents), path) if not os.access(p, os.X_OK)), None)
