"""What holds today beside what would hold, said before it is published."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Compared:
    """Lines of both; `figures` (label, number) and `note` say whom it is about."""

    today: Sequence[str]
    then: Sequence[str]
    note: str = ""
    figures: Sequence[tuple[str, str]] = ()
