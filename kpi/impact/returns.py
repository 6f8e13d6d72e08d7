"""The return on the programme: only from an effect that was estimated or measured, never from a gap. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from kpi.periods import Days
from loyalty.intervals import Interval

# Of the estimate: after joining, and so the days whose costs are held against it.
AFTER = timedelta(days=90)
Level = Literal["estimated", "measured"]


@dataclass(frozen=True, slots=True)
class Gain:
    """An effect on spend that may be told, in minor units a customer over `days`; of how many, where a lot said so."""

    level: Level
    value: float
    ci95: Interval
    days: Days
    customers: int | None = None


@dataclass(frozen=True, slots=True)
class Sales:
    """What members' purchases came to in minor units: paid (`net`), paid with rewards, left after the goods' cost."""

    net: int
    rewards: int
    profit: int

    @property
    def margin(self) -> float | None:
        """The share that is left of goods before rewards, which are a cost of their own; None without goods."""
        goods = self.net + self.rewards
        return (self.profit + self.rewards) / goods if goods > 0 else None


@dataclass(frozen=True, slots=True)
class Costs:
    """What the programme cost in the same days, in minor units; `liability` is by how much it grew, or shrank.

    `enrolment` is 0 where none was entered.
    """

    rewards: int
    liability: int
    running: int
    enrolment: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.rewards + self.liability + self.running + self.enrolment


@dataclass(frozen=True, slots=True)
class Return:
    """What the programme brought, in minor units, and what it cost."""

    gain: Gain
    customers: int
    sales: Sales
    costs: Costs

    def won(self, per_customer: float) -> float:
        """Give the margin on what customers spent more. What they paid with rewards is in no spend, and was won too."""
        return (per_customer * self.customers + self.sales.rewards) * (self.sales.margin or 0.0)

    @property
    def value(self) -> float | None:
        """(Margin won - cost) / cost; None where nothing was spent."""
        return self._of(self.gain.value)

    @property
    def ci95(self) -> Interval | None:
        """The same at both ends of the effect's interval: all else is counted."""
        low, high = (self._of(end) for end in self.gain.ci95)
        return None if low is None or high is None else (low, high)

    def _of(self, per_customer: float) -> float | None:
        cost = self.costs.total
        return (self.won(per_customer) - cost) / cost if cost > 0 else None
