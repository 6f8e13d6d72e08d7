"""Showing how far something is: a bar on a terminal, a line every few seconds elsewhere; always on stderr."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

_LINE_EVERY_SECONDS = 5.0


class Bar:
    """One bar; a new text starts it anew."""

    def __init__(self) -> None:
        """Look where stderr leads; nothing is drawn yet."""
        console = Console(stderr=True)
        self._terminal = console.is_terminal
        self._console = console
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        self._drawn = Progress(*columns, console=console, transient=True, disable=not self._terminal)
        self._task: TaskID | None = None
        self._text = ""
        self._told_at = time.monotonic()

    def __enter__(self) -> Self:
        """Begin."""
        self._drawn.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away: what was done is told by the command."""
        self._drawn.stop()

    def show(self, text: str, done: int, total: int) -> None:
        """Tell that `done` of `total` are done; with a total of 0, only the text."""
        if not self._terminal:
            self._line(text, done, total)
            return
        if text != self._text or self._task is None:
            if self._task is not None:
                self._drawn.remove_task(self._task)
            self._task, self._text = self._drawn.add_task(text, total=total or None), text
        self._drawn.update(self._task, completed=done)

    def _line(self, text: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= _LINE_EVERY_SECONDS:
            self._told_at = now
            self._console.print(f"{text}: {done:,} of {total:,}" if total else text, highlight=False)
