"""The period picker: a form of links and selects, all of it in the address, complete without a script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from admin.period_names import PeriodNames
from admin.periods import Against, Calendar, CalendarPeriod, Grain


@dataclass(frozen=True)
class Option:
    """One line of a select."""

    value: str
    text: str
    chosen: bool
    disabled: bool = False


@dataclass(frozen=True)
class Picker:
    """What the form shows. `before` and `after` are addresses, empty at the ends of the data; `kept` goes along."""

    action: str
    before: str
    after: str
    before_name: str
    after_name: str
    periods: Sequence[Option]
    grains: Sequence[Option]
    againsts: Sequence[Option]
    kept: Mapping[str, str]


def address(path: str, period: CalendarPeriod, against: Against, **more: str) -> str:
    """Write the one address of a page about a period: what is the default is not said, nor what is empty."""
    query = {"period": period.key} | ({} if against is Against.PREVIOUS else {"against": against.value})
    return f"{path}?{urlencode(query | {name: value for name, value in more.items() if value})}"


def make_picker(path: str, calendar: Calendar, names: PeriodNames, against: Against, **kept: str) -> Picker:
    """Offer the periods of the chosen grain, the grains, and what to hold against; `kept` stays in the address."""
    chosen = names.chosen
    before, after = chosen.shift(-1), chosen.shift(1)
    words = names.f.words
    step_names = {
        Grain.MONTH: (words.gettext("Previous month"), words.gettext("Next month")),
        Grain.QUARTER: (words.gettext("Previous quarter"), words.gettext("Next quarter")),
        Grain.YEAR: (words.gettext("Previous year"), words.gettext("Next year")),
    }[chosen.grain]
    return Picker(
        action=path,
        before=address(path, before, against, **kept) if calendar.holds(before) else "",
        after=address(path, after, against, **kept) if calendar.holds(after) else "",
        before_name=step_names[0],
        after_name=step_names[1],
        periods=[
            Option(period.key, names.listed(period), period == chosen) for period in calendar.periods(chosen.grain)
        ],
        grains=[Option(grain.value, names.grain(grain), grain is chosen.grain) for grain in Grain],
        againsts=_againsts(calendar, names, against),
        kept={name: value for name, value in kept.items() if value},
    )


def _againsts(calendar: Calendar, names: PeriodNames, against: Against) -> list[Option]:
    """Offer the year before only where it is another period than the previous one, and disabled without data."""
    options = [
        Option(
            Against.PREVIOUS.value,
            names.against(Against.PREVIOUS, names.chosen.grain),
            against is Against.PREVIOUS,
        )
    ]
    if names.chosen.grain is Grain.YEAR:
        return options
    text = names.against(Against.LAST_YEAR, names.chosen.grain)
    empty = not calendar.holds(names.chosen.compared(Against.LAST_YEAR))
    if empty:
        text = names.f.words.gettext("%(period)s (no data)", period=text)
    asked = against is Against.LAST_YEAR
    return [*options, Option(Against.LAST_YEAR.value, text, asked, disabled=empty and not asked)]
