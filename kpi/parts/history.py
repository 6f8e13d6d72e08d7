"""How far back what is known of purchases goes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class History:
    """`a_year`: purchases are known from a year before the period or earlier; else many who look new are not."""

    a_year: bool
