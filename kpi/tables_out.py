"""Answers and series as tables: one row for each period and segment, the same in CSV and XLSX.

Money is in minor units, rates are fractions of 1, as in the API. `difference` is members less non-members and stands on
the row of the members, `reason` says in English why there is no figure.
"""

from collections.abc import Iterator

from kpi.answers import Answer, Figures, Series
from loyalty.spreadsheets import Cell

HEADER = (
    "measure",
    "unit",
    "period_start",
    "period_end",
    "timezone",
    "partial",
    "segment",
    "num",
    "den",
    "value",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
    "reason",
    "as_of",
    "data_as_of",
)
_NOTHING = (None, None)


def rows_of(told: Answer | Series) -> Iterator[tuple[Cell, ...]]:
    """Give the rows of an answer (and of the period compared), or of a series, oldest first."""
    several = told.periods if isinstance(told, Series) else [told.figures, *([told.compare] if told.compare else [])]
    for figures in sorted(several, key=lambda figures: figures.period.start):
        for segment in figures.segments:
            yield (
                told.key,
                told.unit,
                *_of_the_period(figures),
                *_of_the_segment(figures, segment),
                told.as_of.isoformat(),
                told.data_as_of.isoformat(),
            )


def _of_the_period(figures: Figures) -> tuple[Cell, ...]:
    period = figures.period
    days = period.start.isoformat(), period.end.isoformat()
    return (*days, period.timezone, "yes" if figures.partial else "no")


def _of_the_segment(figures: Figures, segment: str) -> tuple[Cell, ...]:
    ratio, gap = figures.segments[segment], figures.difference
    difference = (gap.value, *(gap.ci95 or _NOTHING)) if segment == "member" else (None, *_NOTHING)
    reason = figures.reason.text.en if figures.reason else None
    return (segment, ratio.num, ratio.den, ratio.value, *(ratio.ci95 or _NOTHING), *difference, reason)
