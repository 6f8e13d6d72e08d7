"""What the evidence card says, made of ready texts: three levels that are never merged, and the checks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from admin.effects.checks import Check, checks_of
from admin.effects.forest import axis_of, row, ticks
from admin.effects.notes import already, cautious, how_many_times, made, under_way
from admin.effects.provable import make_provable
from admin.figures import Dot
from admin.format import Format
from admin.unit import Unit
from admin.units import unit_named
from kpi.impact.comparison import OUTCOMES, Compared
from kpi.impact.facts import Result
from kpi.impact.gates import Gates, gates_of, verdict
from kpi.impact.holdout import Measured
from kpi.impact.matching import Effect
from kpi.impact.measuring import Measurement
from kpi.impact.staff import Effects

# Money is what a manager asks about; the others stand in the table below it.
_SHOWN = "spend"
_UNITS = {"active": "ratio", "orders": "orders_per_month", "spend": "money"}
_DAYS = 90


@dataclass(frozen=True)
class Level:
    """One level. `state`: none, few, inconclusive, told, or wait; `hidden` is a value that stays behind a click."""

    level: str
    state: str
    head: str
    about: str
    picture: Markup
    hidden: str = ""


@dataclass(frozen=True)
class OutcomeRow:
    """One outcome: the gap, and the estimate or why there is none; `lift` is its share of what would have been."""

    name: str
    naive: str
    told: str
    interval: str = ""
    lift: str = ""
    with_day: str = ""


@dataclass(frozen=True)
class _Estimated:
    """What the second level is told from."""

    said: str
    compared: Compared
    gates: Gates | None
    seen: Effects


@dataclass(frozen=True)
class Evidence:
    """The card. `answer` is the highest level that says something: measured, estimated, or none."""

    answer: str
    told: str
    levels: Sequence[Level]
    ticks: Markup
    times: str
    checks: Sequence[Check]
    outcomes: Sequence[OutcomeRow]
    made: str
    cautious: str
    under_way: str
    estimate_id: str
    before: str
    provable: Sequence[tuple[str, str]]
    provable_about: str


def make_evidence(seen: Effects, timezone: str, f: Format) -> Evidence:
    """Put what is known of the effect into words."""
    unit = unit_named(_UNITS[_SHOWN])
    result = seen.estimate.result if seen.estimate else None
    compared = result.comparison.outcomes[_SHOWN] if result else Compared(None, None, None, None)
    gates = gates_of(_SHOWN, result.comparison, result.tested) if result else None
    measured = _measured(seen.measurement)
    shown = (compared.naive, compared.before, compared.effect, measured)
    dots = [dot for dot in map(_dot, shown) if dot]
    provable, provable_about = make_provable(seen, f)
    axis = axis_of(dots)
    said = verdict(compared, gates) if gates else "too_little_data"
    levels = [
        _observed(compared, unit, f, row(axis, "observed", _dot(compared.naive), before=_dot(compared.before))),
        _estimated(
            _Estimated(said, compared, gates, seen), unit, f,
            row(axis, "estimated", _dot(compared.effect), hatched=said == "inconclusive"),
        ),
        Level(*_told_measured(seen.measurement, measured, timezone, unit, f), row(axis, "measured", _dot(measured))),
    ]  # fmt: skip
    # What was measured is the answer, also where nothing was found.
    answer = "measured" if measured else "estimated" if said == "estimated" else ""
    return Evidence(
        answer=answer,
        told=_told(answer, measured, levels, f),
        levels=levels,
        ticks=ticks(axis, lambda tick, step: unit.tick(f, tick, step)) if dots else Markup(),
        times=how_many_times(compared, said, f),
        checks=checks_of(result, gates, compared, _SHOWN, f) if result and gates else [],
        outcomes=[_row(name, result, f) for name in OUTCOMES] if result else [],
        made=made(seen.estimate, timezone, f),
        cautious=cautious(compared, f),
        under_way=under_way(seen.under_way, f),
        estimate_id=str(seen.under_way.estimate_id) if seen.under_way else "",
        before=already(compared, unit, f),
        provable=provable,
        provable_about=provable_about,
    )


def _told(answer: str, measured: Measured | None, levels: Sequence[Level], f: Format) -> str:
    if measured and measured.holds_zero:
        return f.words.gettext("no effect was found")
    return {"measured": levels[2].head, "estimated": levels[1].head}.get(answer, "")


def _dot(effect: Effect | Measured | None) -> Dot | None:
    if effect is None:
        return None
    return Dot(effect.value, *(effect.ci95 or (effect.value, effect.value)))


def _measured(measurement: Measurement | None) -> Measured | None:
    """Give what was measured of spend, by CUPED where there is one, per 90 days as the estimate is."""
    if measurement is None or _SHOWN not in measurement.outcomes or measurement.lot.few:
        return None
    outcome = measurement.outcomes[_SHOWN]
    told = outcome.cuped.effect if outcome.cuped else outcome.plain
    if told is None:
        return None
    scale = timedelta(days=_DAYS) / (measurement.holdout.ends_at - measurement.holdout.started_at)
    ci95 = None if told.ci95 is None else (told.ci95[0] * scale, told.ci95[1] * scale)
    return Measured(told.value * scale, ci95, told.held_out * scale)


def _observed(compared: Compared, unit: Unit, f: Format, picture: Markup) -> Level:
    words = f.words
    if compared.naive is None:
        none = words.gettext("Nobody joined more than 90 days ago.")
        return Level("observed", "none", words.gettext("No figure"), none, picture)
    head = words.gettext("Difference %(difference)s", difference=unit.difference(f, compared.naive.value))
    interval = unit.interval(f, compared.naive.ci95)
    about = words.gettext("%(interval)s. Says nothing about the cause.", interval=interval)
    return Level("observed", "told", head, about, picture)


def _estimated(known: "_Estimated", unit: Unit, f: Format, picture: Markup) -> Level:
    words, effect = f.words, known.compared.effect
    if known.gates is None:
        none = (
            words.gettext("Being computed.") if known.seen.under_way else words.gettext("Needs a matched comparison.")
        )
        return Level("estimated", "none", words.gettext("Not available yet"), none, picture)
    if effect is None:
        few = words.gettext("No member who bought before could be compared with anybody alike.")
        return Level("estimated", "few", words.gettext("Too few data"), few, picture)
    value, interval = unit.difference(f, effect.value), unit.interval(f, effect.ci95)
    if known.said == "estimated":
        about = words.gettext("%(interval)s, estimated. All four checks pass.", interval=interval)
        head = words.gettext("%(value)s per member in 90 days", value=value)
        return Level("estimated", "told", head, about, picture)
    passed = 4 - len(known.gates.failed)
    about = words.ngettext("%(n)s of 4 checks passes.", "%(n)s of 4 checks pass.", passed, n=f.number(passed))
    if effect.holds_zero:
        zero = words.gettext("The interval contains zero.")
        about = f"{about} {zero}"
    hidden = words.gettext("%(value)s (%(interval)s)", value=value, interval=interval)
    return Level("estimated", "inconclusive", words.gettext("Inconclusive"), about, picture, hidden)


def _told_measured(
    measurement: Measurement | None, measured: Measured | None, timezone: str, unit: Unit, f: Format
) -> tuple[str, str, str, str]:
    words, none = f.words, f.words.gettext("Not available yet")
    if measurement is None or measurement.state == "stopped":
        return "measured", "none", none, words.gettext("Needs a holdout group.")
    if measurement.state == "alarm":
        about = words.gettext(
            "The groups have not the sizes that the lot gives: something else decides who is in them."
        )
        return "measured", "few", words.gettext("Alarm: the lot is broken"), about
    if measurement.state == "running":
        day = f.instant(measurement.holdout.ends_at, timezone)
        return "measured", "wait", none, words.gettext("Being measured. It is read once, on %(day)s.", day=day)
    if measured is None:
        few = words.gettext(
            "%(offered)s customers were offered the programme, %(held_out)s were held out; it takes 30 of each.",
            offered=f.number(measurement.lot.offered),
            held_out=f.number(measurement.lot.held_out),
        )
        return "measured", "few", words.gettext("Too few data"), few
    interval = unit.interval(f, measured.ci95)
    if measured.holds_zero:
        head = words.gettext("No effect found")
        about = words.gettext("%(interval)s per customer in 90 days, measured. It contains zero.", interval=interval)
    else:
        head = words.gettext("%(value)s per customer in 90 days", value=unit.difference(f, measured.value))
        about = words.gettext("%(interval)s, measured.", interval=interval)
    return "measured", "told", head, about


def _row(name: str, result: Result, f: Format) -> OutcomeRow:
    words, unit = f.words, unit_named(_UNITS[name])
    called = {
        "active": words.gettext("Bought at all"),
        "orders": words.gettext("Purchases"),
        "spend": words.gettext("Spent"),
    }[name]
    compared = result.comparison.outcomes[name]
    said = verdict(compared, gates_of(name, result.comparison, result.tested))
    naive = unit.difference(f, compared.naive.value) if compared.naive else f.number(None)
    if said != "estimated" or compared.effect is None:
        few = words.gettext("Too few data") if said == "too_little_data" else words.gettext("Inconclusive")
        return OutcomeRow(called, naive, few)
    effect, lift, with_day = compared.effect, compared.effect.lift, compared.with_day
    return OutcomeRow(
        called,
        naive,
        unit.difference(f, effect.value),
        unit.interval(f, effect.ci95),
        f.number(None) if lift is None else f.signed(f.percent(lift), lift),
        f.number(None) if with_day is None else unit.difference(f, with_day.value),
    )
