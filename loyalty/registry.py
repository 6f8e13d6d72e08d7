"""Things that come in kinds, each under a name that is for ever: stored rows and links refer to it."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Kinds by name, filled by a decorator: one kind is one class in one file of a package, its home."""

    def __init__(self, noun: str, home: str) -> None:
        """Name what is registered ("earning rule") and the package whose modules hold the kinds."""
        self._noun = noun
        self._homes = [home]
        self._kinds: dict[str, T] = {}
        self._looked_at: dict[str, tuple[str, ...]] = {}

    def add_home(self, home: str) -> None:
        """Look for kinds in a package of a room above, too. The doors name it; twice does nothing."""
        if home not in self._homes:
            self._homes.append(home)

    def register(self, name: str) -> Callable[[T], T]:
        """Register the decorated kind as `name`; a name taken twice is a mistake of the programmer."""

        def keep(kind: T) -> T:
            if name in self._kinds:
                msg = f"{self._noun} {name!r} is registered twice"
                raise ValueError(msg)
            self._kinds[name] = kind
            return kind

        return keep

    def find(self, name: str) -> T | None:
        """Give the kind of that name, or None."""
        return self.all().get(name)

    def all(self) -> dict[str, T]:
        """Give every kind by name, in the order of the homes and of the names of their files."""
        for name in self._homes:
            home = import_module(name)
            # Looking at a folder and asking for each of its modules takes milliseconds; a page of measures asks
            # hundreds of times.
            path = tuple(home.__path__)
            if self._looked_at.get(name) == path:
                continue
            for module in iter_modules(path, f"{name}."):
                import_module(module.name)
            self._looked_at[name] = path
        return self._kinds

    def __iter__(self) -> Iterator[T]:
        """Go through every kind."""
        return iter(self.all().values())
