"""Run a program as an ordinary user, also where the interpreter lies in root's own home.

    python ordinary_user.py UID PROGRAM ARGUMENT…

To be run as root. In a mount namespace of its own, each closed folder on the way to what Python
needs is covered by an open one that holds nothing else; for everybody else nothing changes.
"""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

_CLONE_NEWNS = 0x00020000
_REPOSITORY = Path(__file__).resolve().parents[3]


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True)


def _closed(path: Path) -> Path | None:
    return next((p for p in [*reversed(path.parents), path] if not p.stat().st_mode & 0o001), None)


def _open_the_way(needed: list[Path]) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "none", "/mnt")
    held = {path: Path("/mnt", str(number)) for number, path in enumerate(needed)}
    for path, place in held.items():
        place.mkdir()
        _mount("--bind", str(path), str(place))
    for path, place in held.items():
        if closed := _closed(path):
            _mount("-t", "tmpfs", "-o", "mode=755", "none", str(closed))
        path.mkdir(parents=True, exist_ok=True)
        _mount("--bind", str(place), str(path))


def main() -> None:
    """Become the user and the program."""
    user, *command = sys.argv[1:]
    needed = sorted({Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve(), _REPOSITORY})
    if any(map(_closed, needed)):
        _open_the_way(needed)
    os.setgroups([])
    os.setgid(int(user))
    os.setuid(int(user))
    os.execv(command[0], command)  # noqa: S606  (no shell is wanted)


if __name__ == "__main__":
    main()
