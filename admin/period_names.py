"""What periods are called: in a heading, in a sentence, below a line, in a list."""

from dataclasses import dataclass

from admin.format import Format
from admin.periods import Against, CalendarPeriod, Grain

_LETTERS_IN_A_COLUMN = 7
_SHORT = {Grain.MONTH: "LLL", Grain.QUARTER: "QQQ", Grain.YEAR: "y"}
_SHORT_WITH_YEAR = {Grain.MONTH: "LLL y", Grain.QUARTER: "QQQ y", Grain.YEAR: "y"}


def capital(text: str) -> str:
    """Begin with a capital letter: French months do not bring one."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True)
class PeriodNames:
    """Names of periods on a page about the `chosen` one: near it, the year goes without saying."""

    f: Format
    chosen: CalendarPeriod

    def full(self, period: CalendarPeriod) -> str:
        """Say `May 2017`, `Q2 2017`, `2017`."""
        return self.f.date(period.start, "LLLL y" if period.grain is Grain.MONTH else _SHORT_WITH_YEAR[period.grain])

    def listed(self, period: CalendarPeriod) -> str:
        """Say it at the beginning of a line: `Mai 2017`."""
        return capital(self.full(period))

    def column(self, period: CalendarPeriod) -> str:
        """Say it before a figure, in little room: `April`, `Sep`, or `Dec 2016` when the year is another."""
        return capital(self.brief(period))

    def brief(self, period: CalendarPeriod) -> str:
        """Say it within a line, in little room: `avril`, `sept.`, or `déc. 2016` when the year is another."""
        if period.start.year != self.chosen.start.year:
            return self.short_with_year(period)
        whole = self.f.date(period.start, "LLLL")
        fits = period.grain is Grain.MONTH and len(whole) <= _LETTERS_IN_A_COLUMN
        return whole if fits else self.short(period)

    def within(self, period: CalendarPeriod) -> str:
        """Say it in a sentence: `in May`, `in the 2nd quarter`, `in 2017`."""
        words = self.f.words
        if period.grain is Grain.MONTH:
            name = self.f.date(period.start, self._with_year(period, "LLLL"))
            return words.pgettext("month", "in %(name)s", name=name)
        if period.grain is Grain.QUARTER:
            name = self.f.date(period.start, self._with_year(period, "QQQQ"))
            return words.pgettext("quarter", "in the %(name)s", name=name)
        return words.pgettext("year", "in %(name)s", name=self.f.date(period.start, "y"))

    def short(self, period: CalendarPeriod) -> str:
        """Say it below a line: `May`, `Q2`, `2017`."""
        return self.f.date(period.start, _SHORT[period.grain])

    def short_with_year(self, period: CalendarPeriod) -> str:
        """Say it at the end of a line: `Dec 2016`."""
        return self.f.date(period.start, _SHORT_WITH_YEAR[period.grain])

    def days(self, period: CalendarPeriod) -> str:
        """Say `1 to 31 May` or `1 Apr to 30 Jun`."""
        same_month = period.grain is Grain.MONTH
        first = "1er" if self.f.language == "fr" else "1"
        low = first if same_month else self.f.date(period.start, "d MMM")
        high = self.f.date(period.last_day, "d LLLL" if same_month else "d MMM")
        return self.f.words.pgettext("days", "%(first)s to %(last)s", first=low, last=high)

    def first_day(self, period: CalendarPeriod) -> str:
        """Say `1 May`."""
        return self.f.date(period.start, "d MMMM")

    def grain(self, grain: Grain) -> str:
        """Say how long the periods are."""
        words = self.f.words
        return {
            Grain.MONTH: words.gettext("By month"),
            Grain.QUARTER: words.gettext("By quarter"),
            Grain.YEAR: words.gettext("By year"),
        }[grain]

    def against(self, against: Against, grain: Grain) -> str:
        """Say which period is held against, after "against"."""
        words = self.f.words
        if against is Against.PREVIOUS:
            return {
                Grain.MONTH: words.gettext("previous month"),
                Grain.QUARTER: words.gettext("previous quarter"),
                Grain.YEAR: words.gettext("previous year"),
            }[grain]
        return {
            Grain.MONTH: words.gettext("same month last year"),
            Grain.QUARTER: words.gettext("same quarter last year"),
            Grain.YEAR: words.gettext("last year"),
        }[grain]

    def _with_year(self, period: CalendarPeriod, pattern: str) -> str:
        if "y" in pattern or period.start.year == self.chosen.start.year:
            return pattern
        return f"{pattern} y"
