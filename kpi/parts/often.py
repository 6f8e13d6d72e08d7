"""How often each customer bought in the period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST = 4


@dataclass(frozen=True, slots=True)
class Often:
    """By segment: how many customers made 1, 2, 3 and `MOST` purchases or more under that status."""

    at_least: Mapping[str, Sequence[int]]
