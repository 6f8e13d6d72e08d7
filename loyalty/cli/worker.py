"""The process that answers requests; a child of `loyalty serve`, and never longer there than its parent."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any

_PR_SET_PDEATHSIG = 1


def load(factory: str) -> Callable[..., Any]:
    """Make the application `module:function` in a worker process."""
    end_with_parent()
    module, _, name = factory.partition(":")
    made: Callable[..., Any] = getattr(import_module(module), name)()
    return made


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
