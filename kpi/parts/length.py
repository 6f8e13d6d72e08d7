"""How long a period is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Length:
    """`months`: calendar months where the period consists of whole ones, else days by their mean length."""

    months: float
