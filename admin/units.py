"""How each kind of figure is written: rates in percent, money by its currency, means per customer with two digits."""

from math import copysign, floor

from markupsafe import Markup

from admin.format import MISSING, Format
from admin.unit import Unit
from kpi.measure import Interval, measure_named
from loyalty.i18n import mark

_SECONDS_A_DAY = 86_400
_MUCH = 10_000


class Rate(Unit):
    """A fraction of 1, written in percent; a difference of two is in percentage points."""

    most = 1.0

    def value(self, f: Format, value: float | None) -> str:
        """Write `97.5%`."""
        return f.percent(value)

    def tick(self, f: Format, value: float, step: float) -> str:
        """Write `88%`."""
        return f.percent(value, _digits(step * 100))

    def difference(self, f: Format, value: float | None) -> Markup:
        """Write `+8.0 pp`."""
        return f.points(value)

    def name(self, f: Format) -> str:  # noqa: ARG002 - the same in every language
        """Say percent."""
        return "%"

    def difference_name(self, f: Format) -> str:
        """Say percentage points."""
        return f.words.gettext("pp")

    def bare(self, f: Format, value: float) -> str:
        """Write `97.5`."""
        return f.number(value * 100, 1)

    def exact(self, f: Format, value: float) -> float:  # noqa: ARG002 - the same for every currency
        """Give percent."""
        return round(value * 100, 6)

    def plotted(self, f: Format, value: float) -> float:  # noqa: ARG002 - the same for every currency
        """Give the fraction: the chart writes it in percent."""
        return value

    def interval(self, f: Format, interval: Interval | None) -> str:
        """Write `+5.9 to +10.0`: the unit stands beside the difference."""
        if interval is None:
            return ""
        return f.between(*(f.signed(self.bare(f, limit), limit) for limit in interval))


class Money(Unit):
    """An amount in minor units."""

    def value(self, f: Format, value: float | None) -> str:
        """Write `$30.06`."""
        return f.money(value)

    def tick(self, f: Format, value: float, step: float) -> str:
        """Write `$27`."""
        return f.money(value, 0 if f.is_whole(step) else None)

    def difference(self, f: Format, value: float | None) -> str:
        """Write `+$1.89`."""
        return MISSING if value is None else f.signed(f.money(value), value)

    def name(self, f: Format) -> str:
        """Say the currency's code."""
        return f.currency

    def bare(self, f: Format, value: float) -> str:
        """Write `30.06`."""
        return f.major(value)

    def exact(self, f: Format, value: float) -> float:
        """Give major units."""
        return round(f.in_major(value), 6)

    def brief(self, f: Format, value: float | None) -> str:
        """Write `$275,292`: of a large sum nobody reads the cents."""
        return f.money(value, 0 if value is not None and f.in_major(value) >= _MUCH else None)

    def amount(self, f: Format, value: int | None) -> str:
        """Write `$275,291.50`."""
        return f.money(value)


class Mean(Unit):
    """A number of things, or of things per customer, to `digits` places; `noun` says which things."""

    def __init__(self, noun: str, digits: int) -> None:
        """Hold how it is written."""
        self._noun = noun
        self._decimals = digits

    def value(self, f: Format, value: float | None) -> str:
        """Write `7.77`."""
        return f.number(value, self._decimals)

    def tick(self, f: Format, value: float, step: float) -> str:
        """Write `6`."""
        return f.number(value, _digits(step))

    def difference(self, f: Format, value: float | None) -> str:
        """Write `+4.23`."""
        return MISSING if value is None else f.signed(self.value(f, value), value)

    def name(self, f: Format) -> str:
        """Say what is counted."""
        return f.words.gettext(self._noun)

    def bare(self, f: Format, value: float) -> str:
        """Write `7.77`."""
        return self.value(f, value)

    def exact(self, f: Format, value: float) -> float:  # noqa: ARG002 - the same for every currency
        """Give the number itself."""
        return round(value, 6)


class Days(Mean):
    """A time in days; what was summed for it is in seconds."""

    def value(self, f: Format, value: float | None) -> str:
        """Write `3.7 days`."""
        return f.days(value, 1)

    def bare(self, f: Format, value: float) -> str:
        """Write `3.7`."""
        return super().value(f, value)

    def amount(self, f: Format, value: int | None) -> str:
        """Write `12,345.6 days`."""
        return self.value(f, None if value is None else value / _SECONDS_A_DAY)


class MedianDays(Days):
    """A median of times: what stands beside it counts how many they were."""

    def amount(self, f: Format, value: int | None) -> str:
        """Write `12,345`."""
        return f.number(value)


class Score(Mean):
    """A Net Promoter Score: a whole number, rounded half away from zero; of so many answers."""

    least = -100.0
    most = 100.0

    def value(self, f: Format, value: float | None) -> str:
        """Write `51`."""
        return MISSING if value is None else f.number(copysign(floor(abs(value) + 0.5), value) or 0)

    def worked(self, f: Format, num: int, den: int) -> str:
        """Write `100 × 19 ÷ 51`."""
        return f"100 \N{MULTIPLICATION SIGN} {super().worked(f, num, den)}"

    def counted(self, f: Format, num: int, den: int) -> str:  # noqa: ARG002 - nothing is told of few answers but that
        """Write `51 answers`."""
        return f.words.ngettext("%(n)s answer", "%(n)s answers", den, n=f.number(den))


def _digits(step: float) -> int:
    """Count the decimals that keep two neighbouring ticks apart."""
    return next(digits for digits in range(4) if abs(round(step, digits) - step) < 1e-9 or digits == 3)  # noqa: PLR2004


UNITS: dict[str, Unit] = {
    "ratio": Rate(),
    "money": Money(),
    "orders": Mean(mark("purchases"), 2),
    "orders_per_month": Mean(mark("purchases a month"), 2),
    "customers": Mean(mark("customers"), 0),
    "purchases": Mean(mark("purchases"), 0),
    "points": Mean(mark("points"), 0),
    "days": Days(mark("days"), 1),
    "nps": Score("NPS", 0),
}
_MEDIAN = MedianDays("days", 1)


def unit_named(name: str) -> Unit:
    """Give the way of writing a unit; one that nobody told the panel of is written as a plain number."""
    return UNITS.get(name) or Mean(name, 2)


def unit_of(key: str) -> Unit:
    """Give the way of writing a measure's values, and what they were counted from."""
    measure = measure_named(key)
    return _MEDIAN if measure.is_median else unit_named(measure.unit)
