"""The process that answers requests; a child of `loyalty serve`, and never longer there than its parent."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import wait

from litestar import Litestar

from loyalty import asgi

_PR_SET_PDEATHSIG = 1


def create_app() -> Litestar:
    """Make the application in a worker process."""
    end_with_parent()
    return asgi.create_app()


def end_with_parent() -> None:
    """Die with the parent, whatever ends it: without it the embedded servers go, and nobody could stop this process."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent.pid:
            os._exit(1)  # it died before the kernel knew that we want to be told
    else:
        sentinel = parent.sentinel

        def watch() -> None:
            wait([sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
