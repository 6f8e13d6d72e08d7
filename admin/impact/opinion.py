"""What customers say: the score of members and of non-members, what it is made of, and how many were asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.bars import parts_of_a_whole
from admin.few_answers import indicative
from admin.impact.sources import said
from admin.impact.tiles import Tile, make_tile
from admin.period_names import PeriodNames
from admin.series import SIDES
from kpi.answers import Answer, Figures, Series
from kpi.measures.nps import CLASSES

KEY = "nps"
# Neutral, for colour means member or non-member: the more ink, the better the opinion.
_STYLES = ("s1", "s3", "s0")


@dataclass(frozen=True)
class SaidBy:
    """How the answers of a side are made up. `note`: that they are few; `asked`: how many of those asked replied."""

    side: str
    bar: Markup | None
    classes: str
    asked: str
    note: str


@dataclass(frozen=True)
class Opinion:
    """The card. `missing` says why there is no score at all; `tile` is the score as every tile shows its own."""

    tile: Tile
    sides: Sequence[SaidBy]
    missing: str


def make_opinion(answer: Answer, series: Series, names: PeriodNames) -> Opinion:
    """Put what customers say into words and bars."""
    reason = answer.figures.reason
    return Opinion(
        tile=make_tile(answer, series, names),
        sides=[] if reason else [_said_by(answer.figures, side, names) for side in SIDES],
        missing=said(reason.text, names.f) if reason else "",
    )


def _said_by(figures: Figures, side: str, names: PeriodNames) -> SaidBy:
    f, words, ratio = names.f, names.f.words, figures.segments[side]
    numbers = [figures.counts.get(f"{side}_{name}", 0) for name in CLASSES]
    asked, replied = (figures.counts.get(f"{side}_surveys_{name}", 0) for name in ("sent", "answered"))
    written = dict(zip(CLASSES, map(f.number, numbers), strict=True))
    return SaidBy(
        side=side,
        bar=parts_of_a_whole(list(zip(_STYLES, numbers, strict=True))) if sum(numbers) else None,
        classes=words.gettext("%(promoters)s promoters, %(passives)s passives, %(detractors)s detractors", **written),
        asked=words.gettext(
            "Asked: %(asked)s, of whom %(share)s answered",
            asked=f.number(asked),
            share=f.percent(replied / asked, 0),
        )
        if asked
        else words.gettext("Nobody was asked."),
        note=indicative(ratio, f),
    )
