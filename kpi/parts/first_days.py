"""What those who joined did in their first days."""

from dataclasses import dataclass

from kpi.facts import Customers


@dataclass(frozen=True, slots=True)
class FirstDays:
    """Who joined in the period: `joined` at least 30 days ago, `bought` in those days; `immature`: not so long ago.

    Who joined twice counts from the first time.
    """

    joined: Customers
    bought: Customers
    immature: Customers
