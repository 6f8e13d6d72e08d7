"""Things that come in kinds, each under a name that is for ever: stored rows and links refer to it."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Kinds by name, filled by a decorator: one kind is one class in one file of the package `home`."""

    def __init__(self, noun: str, home: str) -> None:
        """Name what is registered ("earning rule") and the package whose modules hold the kinds."""
        self._noun = noun
        self._home = home
        self._kinds: dict[str, T] = {}
        self._looked = False

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
        """Give every kind by name, in the order of the names of their files."""
        # Looking at a folder and asking for each of its modules takes milliseconds; a page of measures asks hundreds of
        # times.
        if not self._looked:
            home = import_module(self._home)
            for module in iter_modules(home.__path__, f"{self._home}."):
                import_module(module.name)
            self._looked = True
        return self._kinds

    def __iter__(self) -> Iterator[T]:
        """Go through every kind."""
        return iter(self.all().values())
