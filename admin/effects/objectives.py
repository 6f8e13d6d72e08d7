"""Objectives in words: what is to be reached, by when, and how far it has come."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from admin.format import Format
from admin.impact.sources import said
from admin.units import unit_named
from kpi.impact.staff import Aim
from kpi.measure import MEASURES, measure_named
from kpi.objectives.rules import TARGET_PATTERN, Progress, Side

_BAR = (
    '<svg class="done" width="96" height="8" aria-hidden="true"><rect class="done-of" width="96" height="8" rx="4"/>'
    '<rect class="done-is" width="{}" height="8" rx="4"/></svg>'
)
_WIDE = 96


@dataclass(frozen=True)
class ObjectiveRow:
    """One objective, ready to be shown."""

    objective_id: str
    title: str
    side: str
    before: str
    now: str
    target: str
    due: str
    state: str
    said: str
    bar: Markup


def objective_rows(objectives: Sequence[Progress], f: Format) -> list[ObjectiveRow]:
    """Put objectives into words."""
    return [_row(one, f) for one in objectives]


def sides(f: Format) -> list[tuple[Side, str]]:
    """Name whom an objective can be about."""
    words = f.words
    return [
        ("all", words.gettext("All customers")),
        ("member", words.gettext("Members")),
        ("non_member", words.gettext("Non-members")),
    ]


def measures(f: Format) -> list[tuple[str, str]]:
    """List what an objective can be about, by title."""
    return sorted(((key, said(one.title, f)) for key, one in MEASURES.all().items()), key=lambda pair: pair[1])


def read_aim(sent: Mapping[str, str], digits: int) -> Aim | None:
    """Read a form; None where a field says nothing that can be meant."""
    key, side = sent.get("kpi", ""), sent.get("side", "all")
    if MEASURES.find(key) is None or side not in {"all", "member", "non_member"}:
        return None
    written = sent.get("target", "").strip().removesuffix("%").replace("\N{NO-BREAK SPACE}", "").strip()
    try:
        due_on = date.fromisoformat(sent.get("due_on", ""))
    except ValueError:
        return None
    # As the API reads it: what Python takes for a number may be more than the database does.
    if not re.search(TARGET_PATTERN, written.replace(",", ".")):
        return None
    target = Decimal(written.replace(",", "."))
    shift = {"ratio": -2, "money": digits}.get(measure_named(key).unit, 0)
    return Aim(key, side, target.scaleb(shift), due_on)  # type: ignore[arg-type]


def _row(one: Progress, f: Format) -> ObjectiveRow:
    words, facts = f.words, one.objective
    measure = measure_named(facts.kpi_key)
    unit = unit_named(measure.unit)
    told = {
        "reached": words.gettext("reached"),
        "on_the_way": words.gettext("on the way"),
        "missed": words.gettext("missed"),
        "no_figure": words.gettext("no figure"),
    }[one.state]
    done = 1.0 if one.state == "reached" else min(1.0, max(0.0, one.done or 0.0))
    if one.state == "on_the_way" and one.done is not None:
        told = f"{told}, {f.percent(one.done, 0)}"
    return ObjectiveRow(
        objective_id=str(facts.objective_id),
        title=said(measure.title, f),
        side=dict(sides(f))[facts.side],
        before=unit.value(f, one.before),
        now=unit.value(f, one.now),
        target=unit.value(f, float(facts.target)),
        due=f.date(facts.due_on),
        state=one.state,
        said=told,
        bar=Markup(_BAR).format(round(_WIDE * done)),  # noqa: S704 - a constant of this file
    )
