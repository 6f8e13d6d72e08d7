"""Who was active at the two ends of a period: bought in so many days before."""

from dataclasses import dataclass

from kpi.facts import Customers


@dataclass(frozen=True, slots=True)
class Activity:
    """A_W(s) and A_W(e): who bought in the `days` before the start, and before the end.

    `enough`: purchases are known from the window's first day or before; else nobody can tell who was active.
    """

    days: int
    at_start: Customers
    at_end: Customers
    enough: bool
