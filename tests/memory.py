"""A folder in memory for the servers of a run: each test copies a database of 450 files, and disks make that slow.

The servers are the same; only what fsync would have kept is not asked for, and it was not before either. The tests that
kill servers have homes of their own on the disk.
"""

import os
import shutil
import time
from pathlib import Path
from uuid import uuid4

from loyalty.embedded.home import Home
from loyalty.embedded.locks import Lock, wait_until

MEMORY = Path("/dev/shm")  # noqa: S108 - in a folder of our own
_NEEDED_BYTES = 8 * 2**30
_STARTING_SECONDS = 60
_ENDING_SECONDS = 30
_OURS = f"loyalty-tests-{os.getuid()}-"


def take() -> Path | None:
    """Make a folder for this run, and remove those of runs that were killed; None where memory is short."""
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < _NEEDED_BYTES:
        return None
    for left in MEMORY.glob(f"{_OURS}*"):
        if time.time() - left.stat().st_mtime > _STARTING_SECONDS and _is_over(left):
            shutil.rmtree(left, ignore_errors=True)
    folder = MEMORY / f"{_OURS}{uuid4().hex[:8]}"
    folder.mkdir(mode=0o700)
    return folder


def give_back(folder: Path) -> None:
    """Remove a run's folder when its servers have ended."""
    wait_until(lambda: _is_over(folder), time.monotonic() + _ENDING_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _is_over(folder: Path) -> bool:
    try:
        lock = Lock(Home.at(folder).lock("servers"))
    except FileNotFoundError:
        return True
    try:
        return lock.try_exclusive()
    finally:
        lock.close()
