"""How far customers got: from the first step to the last, each among those of the step before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.bars import shares
from admin.csv_file import Cell
from admin.format import Format
from admin.kpis.pictures.sides import MARKS, shown, titles
from kpi.pictures import Picture

Steps = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Reached:
    """How many of a segment got so far, and their share of all who began."""

    side: str
    n: str
    share: str


@dataclass(frozen=True)
class Step:
    """One step: its name, its bars, and who reached it."""

    name: str
    bar: Markup
    reached: Sequence[Reached]


@dataclass(frozen=True)
class Funnel:
    """The figure. `columns` are the segments by mark and name."""

    steps: Sequence[Step]
    columns: Sequence[tuple[str, str]]
    is_drawn: bool


def make_funnel(picture: Picture, f: Format) -> Funnel:
    """Put the steps into words and bars, members above non-members."""
    steps, names = picture.steps, titles(f)
    sides = list(dict.fromkeys([*shown(steps), "all"]))
    return Funnel(
        steps=[
            Step(
                name,
                shares([(MARKS[side], _share(steps[side], place)) for side in shown(steps)]),
                [_reached(side, steps[side], place, f) for side in sides],
            )
            for place, name in enumerate(_names(len(steps["all"]), f))
        ],
        columns=[(MARKS[side], names[side]) for side in sides],
        is_drawn=steps["all"][0] > 0,
    )


def funnel_table(picture: Picture, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the steps as a file."""
    steps, names = picture.steps, titles(f)
    sides = list(dict.fromkeys([*shown(steps), "all"]))
    header = [f.words.gettext("Purchases in the period"), *(names[side] for side in sides)]
    rows = enumerate(_names(len(steps["all"]), f))
    return header, [[name, *(steps[side][place] for side in sides)] for place, name in rows]


def _names(number: int, f: Format) -> list[str]:
    """Name the steps: at least so many purchases."""
    words = f.words
    return [
        words.ngettext("%(n)s purchase or more", "%(n)s purchases or more", place, n=place)
        for place in range(1, number + 1)
    ]


def _share(reached: Sequence[int], place: int) -> float:
    return reached[place] / reached[0] if reached[0] else 0.0


def _reached(side: str, steps: Sequence[int], place: int, f: Format) -> Reached:
    return Reached(side, f.number(steps[place]), f.percent(_share(steps, place) if steps[0] else None))
