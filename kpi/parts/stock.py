"""The members at a period's end."""

from dataclasses import dataclass

from kpi.facts import Customers


@dataclass(frozen=True, slots=True)
class Stock:
    """M(e): joined before the end, and not left before it."""

    members: Customers
