"""A member's points in words: what there is, what comes, what ends when."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from loyalty.format import Format
from loyalty.members.person import LotShown, PersonFacts, Purse
from loyalty.programs.facts import ProgramFacts

_MOMENT = timedelta(microseconds=1)
_WHOLE = 100


@dataclass(frozen=True)
class Line:
    """A sentence with its icon; `strong`: something to act upon."""

    icon: str
    text: str
    strong: bool = False


@dataclass(frozen=True)
class Share:
    """Points that share an end, or a beginning; `width`: of its bar, in percent. `waits`: not there yet."""

    name: str
    points: str
    width: str
    waits: bool = False


@dataclass(frozen=True)
class Balance:
    """The first card of the page."""

    hello: str
    points: str
    unit: str
    lines: Sequence[Line]
    shares: Sequence[Share]


def points_said(n: int, f: Format) -> str:
    """Write `12 points`."""
    return f.words.ngettext("%(n)s point", "%(n)s points", n, n=f.number(n))


def long_day(day: date, f: Format) -> str:
    """Write `28 February 2018`."""
    return f.date(day, "d MMMM y")


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """Tell the last day on which points can be used: they end at the midnight after it."""
    return (ends_at - _MOMENT).astimezone(zone).date()


def make_balance(program: ProgramFacts, person: PersonFacts, purse: Purse, f: Format) -> Balance:
    """Put what a member has into words."""
    name = (person.name or "").split(" ")[0]
    unit = f.words.ngettext("point to spend", "points to spend", purse.available)
    return Balance(
        hello=f.words.gettext("Hello %(name)s", name=name) if name else f.words.gettext("Hello"),
        points=f.number(purse.available),
        unit=unit,
        lines=list(_lines(program, purse, f)),
        shares=_shares(purse, program.zone, f),
    )


def _lines(program: ProgramFacts, purse: Purse, f: Format) -> Iterator[Line]:
    words, zone = f.words, program.zone
    dated = [(lot.ends_at, lot.left) for lot in purse.lots if lot.ends_at is not None and not lot.pending]
    first = min((ends_at for ends_at, _ in dated), default=None)
    if first is not None and first <= purse.now + timedelta(days=program.policies.expiry_warning_days):
        ending = sum(left for ends_at, left in dated if ends_at == first)
        text = words.gettext(
            "Use %(points)s by %(day)s, or they are lost.",
            points=points_said(ending, f),
            day=long_day(last_day(first, zone), f),
        )
        yield Line("hourglass", text, strong=True)
    if purse.debt:
        text = words.gettext(
            "Your next points first make up for %(points)s: something was sent back after its points were spent.",
            points=points_said(purse.debt, f),
        )
        yield Line("info-circle", text)
    if not (purse.available or purse.pending or purse.held or purse.debt):
        yield Line("info-circle", words.gettext("Your next purchase brings the first ones."))


def _shares(purse: Purse, zone: ZoneInfo, f: Format) -> list[Share]:
    """List what ends when, the soonest first; then what is on its way, and what is reserved."""
    words = f.words
    ready = sorted((lot for lot in purse.lots if not lot.pending), key=lambda lot: _ends(lot, zone) or date.max)
    coming = sorted((lot for lot in purse.lots if lot.pending), key=lambda lot: _begins(lot, zone) or date.max)
    told: list[tuple[str, int, bool]] = []
    for day, group in groupby(ready, lambda lot: _ends(lot, zone)):
        lots = list(group)
        name = words.gettext("until %(day)s", day=f.date(day)) if day else _endless(lots, f)
        told.append((name, sum(lot.left for lot in lots), False))
    for day, group in groupby(coming, lambda lot: _begins(lot, zone)):
        name = words.gettext("from %(day)s", day=f.date(day)) if day else words.gettext("once it is delivered")
        told.append((name, sum(lot.left for lot in group), True))
    if purse.held:
        told.append((words.gettext("reserved for a reward"), purse.held, True))
    most = max((points for _, points, _ in told), default=1)
    return [
        Share(name, f.number(points), f"{max(2, _WHOLE * points / most):.2f}%", waits) for name, points, waits in told
    ]


def _endless(lots: Sequence[LotShown], f: Format) -> str:
    if any(lot.slides for lot in lots):
        return f.words.gettext("as long as you stay active")
    return f.words.gettext("without an end")


def _ends(lot: LotShown, zone: ZoneInfo) -> date | None:
    return None if lot.ends_at is None else last_day(lot.ends_at, zone)


def _begins(lot: LotShown, zone: ZoneInfo) -> date | None:
    return None if lot.matures_at is None else lot.matures_at.astimezone(zone).date()
