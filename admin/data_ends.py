"""What lies before the first purchase or after the last is not known to be zero: nobody was there to record it."""

from dataclasses import replace

from admin.periods import Calendar
from kpi.answers import Answer, Figures, Overview, Series
from kpi.measure import Difference, Ratio


def within_the_data(overview: Overview, calendar: Calendar) -> Overview:
    """Take back what an overview says of periods beyond the data: a shop that has just begun did not lose everybody."""

    def known(figures: Figures) -> Figures:
        period = figures.period
        if period.start <= calendar.last_day and calendar.first_day < period.end:
            return figures
        unknown = {segment: _unknown(ratio) for segment, ratio in figures.segments.items()}
        return replace(figures, segments=unknown, difference=Difference(None, None))

    def answer(told: Answer) -> Answer:
        return replace(told, compare=known(told.compare) if told.compare else None)

    def series(told: Series) -> Series:
        return replace(told, periods=[known(figures) for figures in told.periods])

    return replace(
        overview,
        answers={key: answer(told) for key, told in overview.answers.items()},
        series={key: series(told) for key, told in overview.series.items()},
    )


def _unknown(ratio: Ratio) -> Ratio:
    return Ratio(0, None if ratio.den is None else 0, None, None)
