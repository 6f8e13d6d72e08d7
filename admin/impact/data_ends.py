"""What lies before the first purchase or after the last is not known to be zero: nobody was there to record it."""

from dataclasses import replace

from admin.periods import Calendar, CalendarPeriod, Grain
from kpi.answers import Answer, Figures, Overview, Series
from kpi.measure import Difference, Ratio

_UNKNOWN = Ratio(0, 0, None, None)


def within_the_data(overview: Overview, calendar: Calendar, grain: Grain) -> Overview:
    """Take back what an overview says of periods beyond the data: a shop that has just begun did not lose everybody."""

    def known(figures: Figures) -> Figures:
        if calendar.holds(CalendarPeriod(figures.period.start, grain)):
            return figures
        return replace(figures, segments=dict.fromkeys(figures.segments, _UNKNOWN), difference=Difference(None, None))

    def answer(told: Answer) -> Answer:
        return replace(told, compare=known(told.compare) if told.compare else None)

    def series(told: Series) -> Series:
        return replace(told, periods=[known(figures) for figures in told.periods])

    return replace(
        overview,
        answers={key: answer(told) for key, told in overview.answers.items()},
        series={key: series(told) for key, told in overview.series.items()},
    )
