"""Where each number comes from: the measure's own words, and what was divided by what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from admin.format import Format
from admin.period_names import capital
from admin.series import SIDES
from admin.units import unit_of
from kpi.answers import Answer
from kpi.measure import Measure, Text, measure_named
from loyalty.i18n import with_french_spaces


@dataclass(frozen=True)
class SourceRow:
    """One segment: numerator, denominator, the value and the interval around it."""

    segment: str
    num: str
    den: str
    value: str
    spread: str


@dataclass(frozen=True)
class Source:
    """One measure, explained. `request` asks the API for the same figures."""

    key: str
    title: str
    definition: str
    formula: str
    rows: Sequence[SourceRow]
    request: str


def make_sources(answers: Iterable[Answer], f: Format) -> list[Source]:
    """Explain each measure on the page with its own figures."""
    return [make_source(answer, f) for answer in answers]


def make_source(answer: Answer, f: Format) -> Source:
    """Explain a measure with its own figures."""
    return _source(answer, measure_named(answer.key), f)


def _source(answer: Answer, measure: Measure, f: Format) -> Source:
    period = answer.figures.period
    query = urlencode({"start": period.start.isoformat(), "end": period.end.isoformat()})
    return Source(
        key=answer.key,
        title=said(measure.title, f),
        definition=said(measure.definition, f),
        formula=formula_said(measure, f),
        rows=[_row(answer, side, f) for side in (*SIDES, "all") if side in answer.figures.segments],
        request=f"GET /v1/kpis/{answer.key}?{query}",
    )


def _row(answer: Answer, segment: str, f: Format) -> SourceRow:
    ratio, unit = answer.figures.segments[segment], unit_of(answer.key)
    return SourceRow(
        segment=segment,
        num=unit.amount(f, ratio.num),
        den=f.number(ratio.den),
        value=unit.value(f, ratio.value),
        spread=unit.spread(f, ratio.ci95),
    )


def formula_said(measure: Measure | type[Measure], f: Format) -> str:
    """Say how a measure is counted, as a sentence begins."""
    return capital(said(measure.formula, f)).replace(" / ", " \N{DIVISION SIGN} ")


def said(text: Text, f: Format) -> str:
    """Say a text in the reader's language."""
    return with_french_spaces(text.fr) if f.language == "fr" else text.en
