"""Why these points, in words: the stored breakdown by line and rule, the one rounding, and what was moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from admin.format import Format
from admin.members.rule_names import named, reason_said, settings_of
from admin.members.telling import action_said, points_said
from admin.rules.sentences import Speaker
from loyalty.i18n import mark
from loyalty.members.why import LineShare, RuleShare, Why

MOST_LINES = 40


@dataclass(frozen=True)
class Cell:
    """What a rule gave for a line, or (`none`) why it gave nothing."""

    text: str
    none: bool = False


@dataclass(frozen=True)
class LineRow:
    """A line: what it is, how much of it counted, and what each rule gave."""

    name: str
    caption: str
    counted: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class WhyBox:
    """The reasons. `rules` by name and caption; `steps` go from the sum to what was moved: (name, text)."""

    title: str
    rules: Sequence[tuple[str, str]]
    lines: Sequence[LineRow]
    whole: LineRow
    steps: Sequence[tuple[str, str]]


def make_why(why: Why, speaker: Speaker) -> WhyBox:
    """Put a stored decision into words."""
    f = speaker.f
    exact = sum((Fraction(part.points) for part in why.breakdown), Fraction(0))
    net = sum(move.net for move in why.moves)
    # Of several rules those that did nothing need no column: they say why below.
    shown = [part for part in why.breakdown if Fraction(part.points) or len(why.breakdown) == 1]
    return WhyBox(
        title=f.words.gettext("Why %(points)s?", points=f.signed(f.number(net), net)),
        rules=[named(part, settings_of(part, why), speaker) for part in shown],
        lines=_lines(why, shown, f),
        whole=_whole(why, [Cell(_exact(part.points, f)) for part in shown], f),
        steps=[(name, text) for name, text in _steps(why, exact, speaker) if text],
    )


def make_tried(why: Why, speaker: Speaker) -> WhyBox:
    """Put a decision that was only tried into words: what each rule gives, or why not, and the one rounding."""
    f = speaker.f
    exact = sum((Fraction(part.points) for part in why.breakdown), Fraction(0))
    return WhyBox(
        title=points_said(why.target, f),
        rules=[named(part, settings_of(part, why), speaker) for part in why.breakdown],
        lines=_lines(why, why.breakdown, f),
        whole=_whole(why, [_given(part, f) for part in why.breakdown], f),
        steps=[(name, text) for name, text in [*_sums(exact, f), _refused(why, f)] if text],
    )


def _whole(why: Why, cells: list[Cell], f: Format) -> LineRow:
    if why.is_action:
        return LineRow(action_said(why.facts["action"], f), "", "", cells)
    return LineRow(f.words.gettext("Whole purchase"), "", _money(why.basis or "0", f), cells)


def _lines(why: Why, shown: list[RuleShare], f: Format) -> list[LineRow]:
    """Show the lines that the award tells of; beyond so many, what the others came to."""
    told: list[LineShare] = next((part.lines for part in shown if part.lines), [])
    lines = {line["line_id"]: line for line in why.lines}
    rows = [
        LineRow(
            *_line(lines.get(line.line_id, {}), line.line_id),
            _money(line.basis, f),
            [_cell(part, place, f) for part in shown],
        )
        for place, line in enumerate(told[:MOST_LINES])
    ]
    rest = told[MOST_LINES:]
    if rest:
        n = len(rest)
        name = f.words.ngettext("%(n)s more line", "%(n)s more lines", n, n=f.number(n))
        counted = sum((Fraction(line.basis) for line in rest), Fraction(0))
        sums = [sum((Fraction(x.points) for x in part.lines[MOST_LINES:]), Fraction(0)) for part in shown]
        rows.append(LineRow(name, "", _money(str(counted), f), [Cell(_exact(str(s), f)) for s in sums]))
    return rows


def _line(line: dict[str, Any], line_id: str) -> tuple[str, str]:
    return str(line.get("sku") or line_id), str(line.get("category") or "")


def _cell(part: RuleShare, place: int, f: Format) -> Cell:
    # What is given for the purchase as a whole is given for no line.
    line = part.lines[place] if part.lines else None
    if line is None:
        return Cell("", none=True)
    return _given(line, f)


def _given(part: RuleShare | LineShare, f: Format) -> Cell:
    """Say what a rule gave, or why nothing."""
    return Cell(_exact(part.points, f)) if part.reason is None else Cell(reason_said(part.reason, f), none=True)


def _sums(exact: Fraction, f: Format) -> list[tuple[str, str]]:
    """Say what it comes to, before and after the one rounding."""
    words, whole = f.words, exact.numerator // exact.denominator
    if whole == exact:
        return [(words.gettext("In all"), points_said(whole, f))]
    rounded = words.gettext("%(exact)s → %(points)s", exact=_exact(str(exact), f), points=points_said(whole, f))
    return [(words.gettext("Rounded once, at the end"), rounded)]


def _steps(why: Why, exact: Fraction, speaker: Speaker) -> list[tuple[str, str]]:
    f, words, facts = speaker.f, speaker.f.words, why.facts
    before = why.target - why.due
    kept, goods = facts.get("kept"), facts.get("goods")
    left = words.gettext("%(kept)s of %(goods)s", kept=f.money(kept), goods=f.money(goods)) if kept != goods else ""
    return [
        (words.gettext("Kept of the goods"), left),
        *_sums(exact, f),
        *_silent(why, speaker),
        (words.gettext("Known then"), _known(why, speaker)),
        _refused(why, f),
        (
            words.gettext("Guest"),
            words.gettext("Placed before joining; it earns, as the programme allows.") if facts.get("guest") else "",
        ),
        (
            words.gettext("Already decided"),
            words.gettext(
                "%(before)s, so the difference is %(due)s",
                before=points_said(before, f),
                due=f.signed(f.number(why.due), why.due),
            )
            if before
            else "",
        ),
        (words.gettext("Where they went"), _moved(why, f)),
        (words.gettext("Record"), _record(why, speaker)),
    ]


def _record(why: Why, speaker: Speaker) -> str:
    """Say where it is written down."""
    f, words = speaker.f, speaker.f.words
    decided = words.gettext(
        "rules v%(version)s · recorded on %(at)s · request %(request)s",
        version=why.rules_version or 0,
        at=f.instant(why.recorded_at, speaker.program.timezone),
        request=why.request_id,
    )
    order = words.gettext("Order %(order)s", order=why.order_id) if why.order_id is not None else ""
    told = ", ".join(part for part in (order, why.storefront) if part)
    return " · ".join(part for part in (told, decided) if part)


def _silent(why: Why, speaker: Speaker) -> list[tuple[str, str]]:
    """Say of each rule that gave nothing why."""
    return [
        (named(part, settings_of(part, why), speaker)[0], reason_said(part.reason, speaker.f))
        for part in why.breakdown
        if part.reason is not None
    ]


def _known(why: Why, speaker: Speaker) -> str:
    """Tell what was looked up once: tier, segments, first purchase, and what was left under caps."""
    seen, names, f, words = why.facts.get("seen") or {}, speaker.names, speaker.f, speaker.f.words
    said = []
    if seen.get("tier"):
        key = seen["tier"]["key"]
        said.append(words.gettext("tier %(tier)s", tier=names.tiers.get(key, key)))
    said += [
        words.gettext("segment %(segment)s", segment=names.segments.get(key, key)) for key in seen.get("segments") or ()
    ]
    if seen.get("first"):
        said.append(words.gettext("the first purchase"))
    for rule, cap in (seen.get("caps") or {}).items():
        part = next((part for part in why.breakdown if part.rule == rule), None)
        name = named(part, settings_of(part, why), speaker)[0] if part else rule
        said.append(words.gettext("%(points)s left under “%(rule)s”", points=points_said(cap["room"], f), rule=name))
    return ", ".join(said)


def _refused(why: Why, f: Format) -> tuple[str, str]:
    words, reason = f.words, why.facts.get("reason")
    said = {
        None: "",
        "not_member": words.gettext("Not a member then.")
        if why.is_action
        else words.gettext("Not a member when the order was placed."),
        "no_rule": words.gettext("No rule rewards it."),
        "anonymous": words.gettext("The shop named no customer."),
        "test": words.gettext("A test order: it never earns."),
    }
    return words.gettext("Not given"), said.get(reason, str(reason))


def _moved(why: Why, f: Format) -> str:
    """Tell each movement in words, and what was let go."""
    said = []
    for move in why.moves:
        text = _TAKEN.get(move.debit) if move.kind == "claw_back" else _MOVED.get((move.kind, move.credit))
        said.append((text or f"{move.kind} %(n)s", move.points))
    if clamped := why.facts.get("clamped"):
        said.append((mark("%(n)s not taken back: there were no more points"), clamped))
    return "; ".join(f.words.gettext(text, n=f.number(n)) for text, n in said)


_MOVED = {
    ("issue", "available"): mark("%(n)s given, available at once"),
    ("issue", "pending"): mark("%(n)s given, pending"),
    ("mature", "available"): mark("%(n)s became available"),
    ("expire", "expired"): mark("%(n)s over already, expired"),
    ("repay", "debt"): mark("%(n)s repaid what was owed"),
    ("reverse", "available"): mark("%(n)s spent on it came back"),
}
_TAKEN = {
    "pending": mark("%(n)s taken back of pending points"),
    "available": mark("%(n)s taken back of available points"),
    "debt": mark("%(n)s taken back as points owed"),
}


def _money(minor: str, f: Format) -> str:
    return f.money(float(Fraction(minor)))


def _exact(points: str, f: Format) -> str:
    """Write an exact number of points with two decimals, or none where it is whole."""
    value = Fraction(points)
    return f.number(float(value), 0 if value.denominator == 1 else 2)
