"""The children of `loyalty serve`: those that answer requests, and the worker. None outlives its parent."""

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.connection import wait
from typing import Any

from loyalty.cli.refusals import note

_PR_SET_PDEATHSIG = 1
_OF_THE_TERMINAL = (signal.SIGINT, signal.SIGHUP)
_STOP_SECONDS = 11
# About what a batch of 1,000 purchases makes.
_OBJECTS_BEFORE_COLLECTING = 50_000
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0
# One that lived so long was well; the next pause is short again.
_WELL_AFTER_SECONDS = 60.0


def load(factory: str) -> Callable[..., Any]:
    """Make the application `module:function` in a worker process."""
    end_with_parent()
    module, _, name = factory.partition(":")
    made: Callable[..., Any] = getattr(import_module(module), name)()
    _spare_the_collector()
    return made


def _spare_the_collector() -> None:
    """Have the garbage collector look at requests only, and less often: it took a third of the Python of a batch.

    What was imported is for ever, and rules, accounts and awards make no cycles: they go with their last reference.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTING, 20, 50)


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


def _work() -> None:
    """Be the worker. Signals of the terminal go to the parent, too, which ends us by SIGTERM."""
    end_with_parent()
    # Before the imports, which take a second.
    for signum in _OF_THE_TERMINAL:
        signal.signal(signum, signal.SIG_IGN)
    from loyalty.worker import main

    main(ignored=_OF_THE_TERMINAL)


@contextmanager
def worker_beside() -> Iterator[None]:
    """Keep a worker running as long as the block runs; one that dies is followed by another."""
    stopping = threading.Event()
    # The kernel counts the thread that starts a child as its parent: this one lives as long as the block.
    keeper = threading.Thread(target=_keep_worker, args=(stopping,), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep_worker(stopping: threading.Event) -> None:
    processes = multiprocessing.get_context("spawn")
    pause = _FIRST_PAUSE_SECONDS
    while not stopping.is_set():
        process, began = processes.Process(target=_work, name="loyalty worker", daemon=True), time.monotonic()
        process.start()
        while process.is_alive() and not stopping.wait(_FIRST_PAUSE_SECONDS):
            pass
        if stopping.is_set():
            process.terminate()
            process.join(_STOP_SECONDS)
            process.kill()
        process.join()
        if not stopping.is_set():
            pause = _FIRST_PAUSE_SECONDS if time.monotonic() - began > _WELL_AFTER_SECONDS else pause
            note(f"The worker ended by itself (exit code {process.exitcode}); starting another in {pause:g} s.")
            stopping.wait(pause)
            pause = min(_LONGEST_PAUSE_SECONDS, 2 * pause)
