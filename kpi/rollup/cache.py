"""What a process keeps of the day sets it has read, up to a number of bytes; the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any


class Cache:
    """Values by keys that hold a version: what has changed is never asked for again, and goes by itself."""

    def __init__(self, most_bytes: int) -> None:
        """Begin empty."""
        self.held_bytes = 0
        self._most = most_bytes
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()

    def find(self, key: Hashable) -> Any | None:  # noqa: ANN401 - whatever was kept
        """Give what was kept, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: Any, size: int) -> None:  # noqa: ANN401 - whatever is to be kept
        """Keep a value that takes about so many bytes."""
        self.held_bytes += size - self._kept.pop(key, (None, 0))[1]
        self._kept[key] = (value, size)
        while self.held_bytes > self._most:
            _, (_, freed) = self._kept.popitem(last=False)
            self.held_bytes -= freed
