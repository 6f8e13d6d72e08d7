"""What a way of writing a measure's values can do; each kind of figure has its own in `units.py`."""

from abc import ABC, abstractmethod

from admin.format import MISSING, Format
from kpi.measure import Interval


class Unit(ABC):
    """One way of writing a measure's values, differences and intervals."""

    # The ends of the range, the upper one if it has one.
    least: float = 0.0
    most: float | None = None

    @abstractmethod
    def value(self, f: Format, value: float | None) -> str:
        """Write a value."""

    @abstractmethod
    def tick(self, f: Format, value: float, step: float) -> str:
        """Write an axis label: no more digits than the step between two needs."""

    @abstractmethod
    def difference(self, f: Format, value: float | None) -> str:
        """Write members less non-members, always signed."""

    @abstractmethod
    def name(self, f: Format) -> str:
        """Name the unit, where a column holds bare numbers."""

    def difference_name(self, f: Format) -> str:
        """Name the unit of a difference."""
        return self.name(f)

    @abstractmethod
    def bare(self, f: Format, value: float) -> str:
        """Write a value without its unit, where the unit is said once for two."""

    @abstractmethod
    def exact(self, f: Format, value: float) -> float:
        """Give the number as a spreadsheet should hold it, in the unit the page shows."""

    def plotted(self, f: Format, value: float) -> float:
        """Give the number as a chart's axis holds it."""
        return self.exact(f, value)

    def brief(self, f: Format, value: float | None) -> str:
        """Write a value where there is little room for it."""
        return self.value(f, value)

    def amount(self, f: Format, value: int | None) -> str:
        """Write what was summed or counted before anything was divided."""
        return f.number(value)

    def worked(self, f: Format, num: int, den: int) -> str:
        """Write what is divided by what."""
        return f"{self.amount(f, num)} \N{DIVISION SIGN} {f.number(den)}"

    def counted(self, f: Format, num: int, den: int) -> str:
        """Write what a value was counted from, where there is little room."""
        return f"{self.amount(f, num)} / {f.number(den)}"

    def spread(self, f: Format, interval: Interval | None) -> str:
        """Write the interval around a value."""
        if interval is None:
            return MISSING
        low, high = interval
        written = self.bare(f, low) if f.says_units_once else self.value(f, low)
        return f.between(written, self.value(f, high))

    def interval(self, f: Format, interval: Interval | None) -> str:
        """Write the interval around a difference: both limits signed."""
        if interval is None:
            return ""
        low, high = interval
        written = self.bare(f, low) if f.says_units_once else self.value(f, low)
        return f.between(f.signed(written, low), f.signed(self.value(f, high), high))
