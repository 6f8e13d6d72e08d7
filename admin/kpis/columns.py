"""One segment of a measure's figure in words: members, non-members, or everybody."""

from dataclasses import dataclass

from admin.few_answers import SCORE, indicative
from admin.format import Format
from admin.kpis.behind import people_address
from admin.period_names import PeriodNames
from admin.periods import CalendarPeriod
from admin.units import unit_named
from kpi.answers import Answer
from kpi.measure import Ratio, measure_named


@dataclass(frozen=True)
class Column:
    """One segment of the figure. `did` and `did_not` lead to the customers, where there are some to list.

    `note`: that it stands on few answers.
    """

    side: str
    value: str
    counted_from: str
    spread: str
    compared: str
    example: str
    counted: bool
    did: str
    did_not: str
    note: str


def make_column(answer: Answer, side: str, names: PeriodNames, path: str) -> Column:
    """Put one segment into words; `path` is that of the measure's page for who may see people, empty for others."""
    f, unit, ratio = names.f, unit_named(answer.unit), answer.figures.segments[side]
    compared = ""
    if answer.compare is not None and side in answer.compare.segments:
        other = CalendarPeriod(answer.compare.period.start, names.chosen.grain)
        compared = f"{names.listed(other)} {unit.value(f, answer.compare.segments[side].value)}"
    listed = answer.figures.lists and bool(path)
    # Of a score the two are promoters and the others: its numerator does not say how many they are.
    scored = answer.unit == SCORE and ratio.base > 0
    value = unit.value(f, ratio.value)
    return Column(
        side=side,
        value=value,
        counted_from=_counted_from(answer, ratio, f),
        spread=unit.spread(f, ratio.ci95) if ratio.ci95 else "",
        compared=compared,
        example=f"{unit.worked(f, ratio.num, ratio.den)} = {value}"
        if ratio.den and ratio.value is not None and not measure_named(answer.key).is_median
        else "",
        counted=ratio.den is None,
        did=people_address(path, names.chosen, side, "numerator") if listed and (scored or ratio.num) else "",
        did_not=people_address(path, names.chosen, side, "denominator_only")
        if listed and (scored or ratio.base > ratio.num)
        else "",
        note=indicative(ratio, f) if answer.unit == SCORE else "",
    )


def _counted_from(answer: Answer, ratio: Ratio, f: Format) -> str:
    if not ratio.den:
        return ""
    if answer.unit == SCORE:
        return unit_named(answer.unit).counted(f, ratio.num, ratio.den)
    if (answer.unit == "ratio" and answer.figures.lists) or measure_named(answer.key).is_median:
        return f.words.gettext("%(num)s of %(den)s", num=f.number(ratio.num), den=f.number(ratio.den))
    return unit_named(answer.unit).worked(f, ratio.num, ratio.den)
