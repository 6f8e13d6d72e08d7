"""The holdout page in words: what runs or was measured, and when one would be able to tell."""

from collections.abc import Sequence
from dataclasses import dataclass

from admin.format import Format
from admin.units import unit_named
from kpi.impact.holdout import Measured
from kpi.impact.horizon import WEEKS
from kpi.impact.measuring import Measurement
from kpi.impact.staff import Effects, Planned

_UNITS = {"active": "ratio", "orders": "orders_per_month", "spend": "money"}
_LEAST_SHARE, _MOST_SHARE, _HUNDRED = 0.1, 99.0, 100
SHARE, HOPED = 10.0, 5.0


@dataclass(frozen=True)
class HoldoutPage:
    """The page. `running`: the id of the one that runs, or empty; `best` the weeks to choose first."""

    head: str
    about: str
    lines: Sequence[str]
    rows: Sequence[tuple[str, str, str, str]]
    running: str
    may: bool
    answer: str
    share: str
    hoped: str
    lengths: Sequence[tuple[str, str, str]]
    weeks: Sequence[int]
    best: int
    refused: str = ""
    alarm: bool = False


def read_percent(text: str) -> float | None:
    """Read a share in percent, from 0.1 to 99; None where it is none."""
    try:
        told = float(text.strip().removesuffix("%").strip().replace(",", "."))
    except ValueError:
        return None
    return told if _LEAST_SHARE <= told <= _MOST_SHARE else None


def make_holdout(
    seen: Effects,
    planned: Planned,
    asked: tuple[float, float],
    timezone: str,
    f: Format,
    *,
    may: bool,
    refused: str = "",
) -> HoldoutPage:
    """Put what is known of the newest holdout, and the plan of the next, into words."""
    share, hoped = asked
    measured, running = seen.measurement, seen.running
    head, about, lines = _told(running or measured, timezone, f)
    if running and measured and measured.outcomes:
        day = f.instant(measured.holdout.ends_at, timezone)
        lines.append(f.words.gettext("The one before was measured; it ran until %(day)s.", day=day))
    lengths = [
        (
            f.words.ngettext("%(n)s week", "%(n)s weeks", one.weeks, n=f.number(one.weeks)),
            f.percent(one.plain),
            f.percent(one.cuped),
        )
        for one in planned.outlook.findable
    ]
    return HoldoutPage(
        head=head,
        about=about,
        lines=lines,
        rows=_rows(measured, f),
        running=str(running.holdout.holdout_id) if running else "",
        may=may,
        answer=_answer(planned, share, hoped, f),
        share=f"{share:g}",
        hoped=f"{hoped:g}",
        lengths=lengths,
        weeks=WEEKS,
        best=planned.outlook.weeks or 13,
        refused=refused,
        alarm=any(one is not None and one.state == "alarm" for one in (measured, running)),
    )


def _told(measurement: Measurement | None, timezone: str, f: Format) -> tuple[str, str, list[str]]:
    words = f.words
    if measurement is None:
        return (
            words.gettext("None runs."),
            words.gettext(
                "A holdout keeps the programme from a share of your customers, by lot. After some weeks the difference"
                " between both groups is what the programme does: measured, not estimated."
            ),
            [],
        )
    holdout, lot = measurement.holdout, measurement.lot
    day = f.instant(holdout.ends_at, timezone)
    arms = words.gettext(
        "%(offered)s customers are offered the programme, %(held_out)s are held out.",
        offered=f.number(lot.offered),
        held_out=f.number(lot.held_out),
    )
    if holdout.drawn_at is None and holdout.state == "running":
        arms = words.gettext("The lot is being drawn; that takes a minute.")
    lines = [arms]
    if holdout.overrides:
        lines.append(
            words.ngettext(
                "%(n)s joined though held out, for a reason; that one still counts where the lot put them.",
                "%(n)s joined though held out, for a reason; they still count where the lot put them.",
                holdout.overrides,
                n=f.number(holdout.overrides),
            )
        )
    if measurement.state == "alarm":
        about = words.gettext(
            "The groups have not the sizes that the lot gives: something else decides who is in them."
        )
        return words.gettext("Alarm: the lot is broken"), about, lines
    if measurement.state == "running":
        about = words.gettext("It is read once, on %(day)s, and not before.", day=day)
        return words.gettext("A holdout is running."), about, lines
    if measurement.state == "stopped":
        return words.gettext("The last holdout was stopped."), words.gettext("It measured nothing."), lines
    return words.gettext("Measured"), words.gettext("It ran until %(day)s.", day=day), lines


def _rows(measurement: Measurement | None, f: Format) -> list[tuple[str, str, str, str]]:
    if measurement is None:
        return []
    words, told = f.words, []
    called = {
        "active": words.gettext("Bought at all"),
        "orders": words.gettext("Purchases"),
        "spend": words.gettext("Spent"),
    }
    for name, outcome in measurement.outcomes.items():
        plain = outcome.plain
        if plain is not None and name == "active" and measurement.lot.few:
            # Of so few no difference of rates is told.
            told.append((called[name], f.number(None), f.number(None), ""))
            continue
        told.append(_row(called[name], name, plain, f))
        if outcome.cuped:
            title = words.gettext("%(name)s, with each customer’s past", name=called[name])
            told.append(_row(title, name, outcome.cuped.effect, f))
    return told


def _row(title: str, name: str, measured: Measured | None, f: Format) -> tuple[str, str, str, str]:
    unit = unit_named(_UNITS[name])
    if measured is None:
        return title, f.number(None), f.number(None), ""
    return title, unit.value(f, measured.held_out), unit.difference(f, measured.value), unit.interval(f, measured.ci95)


def _answer(planned: Planned, share: float, hoped: float, f: Format) -> str:
    words = f.words
    if planned.until is None:
        return words.gettext("This is worked out with the first estimate, tonight or when you ask for one.")
    if not planned.outlook.findable:
        return words.gettext("Your shop needs four weeks of purchases by customers who have not joined to tell.")
    said = {"share": f.percent(share / _HUNDRED, 0), "effect": f.percent(hoped / _HUNDRED, 1)}
    n = f.number(planned.customers)
    if planned.outlook.weeks is None:
        return words.gettext(
            "With %(n)s customers and %(share)s held out, no length up to a year would find an effect of %(effect)s.",
            n=n,
            **said,
        )
    return words.gettext(
        "With %(n)s customers and %(share)s held out, an effect of %(effect)s would be found after %(weeks)s weeks,"
        " four times out of five.",
        n=n,
        weeks=f.number(planned.outlook.weeks),
        **said,
    )
