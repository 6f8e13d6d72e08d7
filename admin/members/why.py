"""Why these points, in words: the stored breakdown by line and rule, the one rounding, and what was moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from admin.format import Format
from admin.members.timeline import points_said
from admin.rules.sentences import Speaker
from loyalty.i18n import mark
from loyalty.members.why import RuleShare, Why
from loyalty.programs.facts import ProgramFacts

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


def make_why(why: Why, program: ProgramFacts, f: Format) -> WhyBox:
    """Put a stored decision into words."""
    exact = sum((Fraction(part.points) for part in why.breakdown), Fraction(0))
    net = sum(move.net for move in why.moves)
    return WhyBox(
        title=f.words.gettext("Why %(points)s?", points=f.signed(f.number(net), net)),
        **_table(why, Speaker(f, program)),
        steps=[(name, text) for name, text in _steps(why, exact, program, f) if text],
    )


def make_tried(why: Why, speaker: Speaker) -> WhyBox:
    """Put a decision that was only tried into words: what each rule gives, and the one rounding."""
    f = speaker.f
    exact = sum((Fraction(part.points) for part in why.breakdown), Fraction(0))
    return WhyBox(
        title=points_said(why.target, f),
        **_table(why, speaker),
        steps=[(name, text) for name, text in _sums(why, exact, f) if text],
    )


def _table(why: Why, speaker: Speaker) -> dict[str, Any]:
    f = speaker.f
    return {
        "rules": [_rule(place, part, why, speaker) for place, part in enumerate(why.breakdown)],
        "lines": _lines(why, f),
        "whole": LineRow(
            f.words.gettext("Whole purchase"), "", _money(why.basis or "0", f), [_given(p, f) for p in why.breakdown]
        ),
    }


def _rule(place: int, part: RuleShare, why: Why, speaker: Speaker) -> tuple[str, str]:
    """Name a rule, with its sentence below it where it has a name of its own."""
    words, rules = speaker.f.words, why.rules or []
    if part.kind == "tier":
        times = speaker.sentence({"kind": "multiplier", "factor": part.factor or "1"})
        return times, words.gettext("tier %(tier)s", tier=speaker.names.tiers.get(part.tier or "", part.tier))
    by_place = [rules[place]] if place < len(rules) else []
    settings = next((one for one in rules if part.rule and one.get("id") == part.rule), None)
    if settings is None and part.rule and part.rule.startswith("rule-") and part.rule[5:].isdecimal():
        by_place = rules[int(part.rule[5:]) - 1 :][:1]
    settings = settings or next(iter(by_place), {})
    if settings.get("kind") != part.kind:
        return part.kind.replace("_", " "), ""
    name = speaker.title(settings)
    if settings.get("name"):
        return name, speaker.sentence(settings)
    steps = part.kind == "points_per_amount" and settings.get("whole_steps", True)
    return name, words.gettext("full steps only") if steps else ""


def _lines(why: Why, f: Format) -> list[LineRow]:
    """Show the lines that the award tells of; beyond so many, what the others came to."""
    if not why.breakdown:
        return []
    named = {line["line_id"]: line for line in why.lines}
    told = next((part.lines for part in why.breakdown if part.lines), [])
    rows = [
        LineRow(
            *_line(named.get(line.line_id, {}), line.line_id),
            _money(line.basis, f),
            [_cell(part, place, f) for part in why.breakdown],
        )
        for place, line in enumerate(told[:MOST_LINES])
    ]
    rest = told[MOST_LINES:]
    if rest:
        n = len(rest)
        name = f.words.ngettext("%(n)s more line", "%(n)s more lines", n, n=f.number(n))
        counted = sum((Fraction(line.basis) for line in rest), Fraction(0))
        sums = [sum((Fraction(x.points) for x in part.lines[MOST_LINES:]), Fraction(0)) for part in why.breakdown]
        rows.append(LineRow(name, "", _money(str(counted), f), [Cell(_exact(str(s), f)) for s in sums]))
    return rows


def _line(line: dict[str, Any], line_id: str) -> tuple[str, str]:
    return str(line.get("sku") or line_id), str(line.get("category") or "")


def _cell(part: RuleShare, place: int, f: Format) -> Cell:
    if place >= len(part.lines):
        return Cell("", none=True)
    line = part.lines[place]
    if line.reason is None:
        return Cell(_exact(line.points, f))
    reason = _REASONS.get(line.reason)
    return Cell(f.words.gettext(reason) if reason else line.reason.replace("_", " "), none=True)


def _given(part: RuleShare, f: Format) -> Cell:
    """Say what a rule gave in all, or why nothing."""
    if part.reason is None:
        return Cell(_exact(part.points, f))
    reason = _REASONS.get(part.reason)
    return Cell(f.words.gettext(reason) if reason else part.reason.replace("_", " "), none=True)


_REASONS = {
    "gift_card": mark("gift card"),
    "shipping": mark("shipping"),
    "other_product": mark("another product"),
    "not_started": mark("not begun yet"),
    "ended": mark("over"),
    "weekday": mark("another day of the week"),
    "time_of_day": mark("another time of day"),
    "tier": mark("another tier"),
    "segment": mark("not in the segment"),
    "no_lines": mark("no products told"),
    "no_matching_line": mark("none of its products"),
    "below_minimum": mark("below the minimum"),
    "not_first_purchase": mark("not the first purchase"),
    "silenced": mark("another rule speaks alone"),
    "nothing_to_multiply": mark("nothing to multiply"),
    "no_basis": mark("nothing counts"),
    "done_already": mark("given already"),
}


def _sums(why: Why, exact: Fraction, f: Format) -> list[tuple[str, str]]:
    words, whole = f.words, exact.numerator // exact.denominator
    return [
        (words.gettext("In all"), points_said(whole, f) if whole == exact else ""),
        (
            words.gettext("Rounded once, at the end"),
            words.gettext("%(exact)s → %(points)s", exact=_exact(str(exact), f), points=points_said(whole, f))
            if whole != exact
            else "",
        ),
        (words.gettext("Not given"), _reason(why.facts.get("reason"), f)),
    ]


def _steps(why: Why, exact: Fraction, program: ProgramFacts, f: Format) -> list[tuple[str, str]]:
    words, facts = f.words, why.facts
    before = why.target - why.due
    kept, goods = facts.get("kept"), facts.get("goods")
    record = words.gettext(
        "Order %(order)s, %(storefront)s · rules v%(version)s · recorded on %(at)s · request %(request)s",
        order=why.order_id,
        storefront=why.storefront,
        version=why.rules_version or 0,
        at=f.instant(why.recorded_at, program.timezone),
        request=why.request_id,
    )
    left = words.gettext("%(kept)s of %(goods)s", kept=f.money(kept), goods=f.money(goods)) if kept != goods else ""
    return [
        (words.gettext("Kept of the goods"), left),
        *_sums(why, exact, f),
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
        (words.gettext("Record"), record),
    ]


def _reason(reason: str | None, f: Format) -> str:
    words = f.words
    return {
        None: "",
        "not_member": words.gettext("Not a member when the order was placed."),
        "anonymous": words.gettext("The shop named no customer."),
        "test": words.gettext("A test order: it never earns."),
    }.get(reason, str(reason))


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
