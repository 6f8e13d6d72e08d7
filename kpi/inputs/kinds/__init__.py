"""Files of what is entered, as kinds of import; `loyalty/imports/kind.py` says what a kind is."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Have every kind here registered; the doors do it, since imports do not know of this room."""
    for module in iter_modules(__path__, f"{__name__}."):
        import_module(module.name)
