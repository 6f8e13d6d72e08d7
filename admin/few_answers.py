"""What is shown of a score that few gave: below 10 answers no number, below 30 that it is but an indication."""

from collections.abc import Mapping
from dataclasses import replace

from admin.format import Format
from admin.series import SIDES
from kpi.answers import Figures, Overview
from kpi.measure import NO_DIFFERENCE, Ratio
from surveys.results.scores import ENOUGH, FEWEST

SCORE = "nps"


def with_enough_answers(overview: Overview) -> Overview:
    """Take back the scores of too few answers, of every period; how many there were stays."""
    return replace(
        overview,
        answers={
            key: replace(
                told, figures=_shown(told.figures), compare=_shown(told.compare) if told.compare else told.compare
            )
            if told.unit == SCORE
            else told
            for key, told in overview.answers.items()
        },
        series={
            key: replace(told, periods=[_shown(figures) for figures in told.periods]) if told.unit == SCORE else told
            for key, told in overview.series.items()
        },
    )


def indicative(ratio: Ratio, f: Format) -> str:
    """Say that a score is but an indication, or that there is none; nothing where it stands on enough answers."""
    if not ratio.base or ratio.base >= ENOUGH:
        return ""
    return f.words.gettext("Too few answers") if ratio.base < FEWEST else f.words.gettext("Indicative")


def _shown(figures: Figures) -> Figures:
    segments: Mapping[str, Ratio] = {
        name: replace(ratio, value=None, ci95=None) if ratio.base < FEWEST else ratio
        for name, ratio in figures.segments.items()
    }
    # From 30 on a difference is shown of every measure; a page says so of what has one.
    told = all(segments[side].value is not None for side in SIDES if side in segments)
    difference = figures.difference if told else NO_DIFFERENCE
    return replace(figures, segments=dict(segments), difference=difference)
