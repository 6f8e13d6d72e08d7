"""What holds today beside what would hold, said before it is published."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """Lines of both; `note` says whom it is about."""

    today: Sequence[str]
    then: Sequence[str]
    note: str = ""
