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
import errno
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from loyalty.embedded.errors import ServersDidNotStart
from loyalty.embedded.home import Home

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER = 0x10000000


def settle(home: Home, programs: list[Path]) -> None:
    """Become who the servers shall be, and see that its data folder and `programs` are in reach.

    Raises ServersDidNotStart when no way is open. To be called once, before any thread.
    """
    needed = [home.folder, *programs]
    if os.geteuid() == 0:
        owner = (home.data if home.data.exists() else home.folder).stat()
        if owner.st_uid != 0:
            _become(owner.st_uid, owner.st_gid)
    user = os.geteuid()
    if user == 0 or not _name(user):
        if _works_in_child(_enter_namespace):
            _enter_namespace()
        elif user == 0:
            _become_nobody(home.data, needed)
        else:
            message = (
                f"user id {user} has no entry in /etc/passwd, without which PostgreSQL does not "
                "start, and user namespaces are forbidden here: add one, or run as another user"
            )
            raise ServersDidNotStart(message)
    _check_reach(needed)
    home.data.mkdir(mode=0o700, exist_ok=True)


def _become_nobody(data: Path, needed: list[Path]) -> None:
    nobody = pwd.getpwnam("nobody")

    def become() -> None:
        _become(nobody.pw_uid, nobody.pw_gid)

    def become_and_check() -> None:
        become()
        _check_reach(needed)

    # Data given to a user who cannot reach it would be out of reach for the other ways, too.
    if _works_in_child(become_and_check):
        data.mkdir(mode=0o700, exist_ok=True)
        _give(data, nobody.pw_uid, nobody.pw_gid)
    become()


def _check_reach(needed: list[Path]) -> None:
    for path in needed:
        for step in (*reversed(path.parents), path):
            if not os.access(step, os.X_OK):
                message = (
                    f"the servers run as user {_name(os.geteuid())!r}, who cannot get through "
                    f"{step} to {path}: open it (chmod o+x), or set LOYALTY_HOME to a folder "
                    "within reach, such as /var/lib/loyalty"
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


def _works_in_child(attempt: Callable[[], None]) -> bool:
    """Try it in a child first, since none of it can be taken back."""
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            attempt()
            failed = 0
        finally:  # whatever happened, this child must not go on as a second owner
            os._exit(failed)
    return os.waitpid(child, 0)[1] == 0


def _enter_namespace() -> None:
    if sys.platform != "linux" or os.environ.get("LOYALTY_NO_USERNS"):
        raise OSError(errno.ENOSYS, "no user namespaces")
    user, group, nobody = os.geteuid(), os.getegid(), pwd.getpwnam("nobody")
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")  # without this, gid_map may not be written
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {group} 1")
