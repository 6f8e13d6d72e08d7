"""The flow of customers: who bought before, who of them came back, who is new, and who bought now.

`start = retained + lost` and `end = retained + new + reactivated`: each bar begins where the one above it ended.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from admin.bars import step
from admin.csv_file import Cell
from admin.format import MINUS, Format
from admin.impact.sources import said
from admin.period_names import PeriodNames
from admin.series import SIDES
from kpi.answers import Answer, Figures

KEY = "base_flow"
STEPS = ("start", "lost", "retained", "new", "reactivated", "end")
_STYLE = {"start": "tot", "lost": "minus", "retained": "sub", "new": "plus", "reactivated": "plus", "end": "tot"}
_SIGN = {"lost": MINUS, "new": "+", "reactivated": "+"}

Steps = Mapping[str, int]


@dataclass(frozen=True)
class FlowRow:
    """One step: its words, its bar, and the number with its sign."""

    style: str
    name: str
    caption: str
    n: str
    bar: Markup


@dataclass(frozen=True)
class Flow:
    """The figure. `missing` says why there is none: no such measure, no figure, or nobody to count."""

    title: str
    rows: Sequence[FlowRow]
    sums: str
    missing: str


def steps_of(figures: Figures, side: str = "all") -> Steps | None:
    """Give the counts of the steps in a segment; None when the figure does not tell them."""
    names = {step: step if side == "all" else f"{side}_{step}" for step in STEPS}
    if any(name not in figures.counts for name in names.values()):
        return None
    return {step: figures.counts[name] for step, name in names.items()}


def make_flow(answer: Answer | None, names: PeriodNames) -> Flow:
    """Put the flow into words and bars."""
    words, steps = names.f.words, steps_of(answer.figures) if answer else None
    before, now = names.brief(names.chosen.shift(-1)), names.brief(names.chosen)
    title = words.gettext("Customers, %(before)s to %(now)s", before=before, now=now)
    if answer is None or steps is None:
        reason = answer.figures.reason if answer else None
        return Flow(title, [], "", said(reason.text, names.f) if reason else _unmeasured(names.f))
    if not steps["start"] and not steps["end"]:
        return Flow(title, [], "", words.gettext("Nobody bought in either period."))
    return Flow(title, _rows(answer.figures, steps, names), _sums(steps, names.f), "")


def flow_table(answer: Answer | None, names: PeriodNames) -> tuple[list[str], list[list[Cell]]]:
    """Give the steps as a file: for all, for members and for non-members."""
    words = names.f.words
    header = [words.gettext("Step"), words.gettext("All"), words.gettext("Members"), words.gettext("Non-members")]
    if answer is None:
        return header, []
    told = [steps_of(answer.figures, side) for side in ("all", *SIDES)]
    said_as = _names(names)
    return header, [[said_as[key], *(steps[key] if steps else None for steps in told)] for key in STEPS if told[0]]


def _unmeasured(f: Format) -> str:
    return f.words.gettext("The flow of customers is not measured in this installation yet.")


def _names(names: PeriodNames) -> dict[str, str]:
    words = names.f.words
    before, now = names.within(names.chosen.shift(-1)), names.within(names.chosen)
    return {
        "start": words.gettext("Bought %(before)s", before=before),
        "lost": words.gettext("Did not come back"),
        "retained": words.gettext("Came back"),
        "new": words.gettext("New"),
        "reactivated": words.gettext("Reactivated"),
        "end": words.gettext("Bought %(now)s", now=now),
    }


def _captions(figures: Figures, names: PeriodNames) -> dict[str, str]:
    """Say what a step means, or who is in it: members and others by their status at the start."""
    words, f = names.f.words, names.f
    members, others = (steps_of(figures, side) for side in SIDES)
    captions = {
        "new": words.gettext("first purchase"),
        "reactivated": words.gettext("bought earlier, not %(before)s", before=names.within(names.chosen.shift(-1))),
    }
    if members and others:
        captions |= {
            key: words.gettext("%(m)s members, %(n)s others", m=f.number(members[key]), n=f.number(others[key]))
            for key in ("start", "lost", "retained", "end")
        }
    return captions


def _rows(figures: Figures, steps: Steps, names: PeriodNames) -> list[FlowRow]:
    called, captions = _names(names), _captions(figures, names)
    kept, grown = steps["retained"], steps["retained"] + steps["new"]
    top = max(steps["start"], steps["end"])
    ends = {
        "start": (0, steps["start"], None, steps["start"]),
        "lost": (kept, steps["start"], steps["start"], kept),
        "retained": (0, kept, kept, kept),
        "new": (kept, grown, kept, grown),
        "reactivated": (grown, steps["end"], grown, steps["end"]),
        "end": (0, steps["end"], steps["end"], None),
    }
    rows = []
    for key in STEPS:
        low, high, before, after = ends[key]
        n = names.f.number(steps[key])
        rows.append(
            FlowRow(
                style=_STYLE[key],
                name=called[key],
                caption=captions.get(key, ""),
                n=f"{_SIGN.get(key, '')}{n}" if steps[key] else n,
                bar=step(_STYLE[key], low, high, top, before=before, after=after),
            )
        )
    return rows


def _sums(steps: Steps, f: Format) -> str:
    n = {key: f.number(count) for key, count in steps.items()}
    return (
        f"{n['start']} = {n['retained']} + {n['lost']} · {n['end']} = {n['retained']} + {n['new']} + {n['reactivated']}"
    )
