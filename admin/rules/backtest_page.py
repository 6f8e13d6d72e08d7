"""A back-test in words: how far it is, and what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from admin.csv_file import Cell
from admin.format import Format
from admin.members.listing import name_of
from admin.rules.addresses import base_of, draft_address
from admin.rules.backtest_picture import Month, months_picture
from admin.rules.changes import Changes, compare
from admin.rules.draft_page import current
from admin.rules.listing import tier_names, who
from loyalty.backtests.facts import BacktestFacts, Mover, Result, Sum
from loyalty.members.people import Found
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen


@dataclass(frozen=True)
class Row:
    """A row of a table of sums: the points really given, those tried, and the difference."""

    name: str
    address: str
    purchases: str
    real: str
    tried: str
    difference: str


@dataclass(frozen=True)
class Figure:
    """A number of the head of the result."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class ResultPart:
    """What a back-test came to."""

    figures: Sequence[Figure]
    tiers: Sequence[Row]
    months: Sequence[Row]
    picture: Any
    gained: Sequence[Row]
    lost: Sequence[Row]
    csv: str
    foot: str


@dataclass(frozen=True)
class BacktestPage:
    """A back-test. `again`: where its state is asked for while it runs; `share` of 100 that is done."""

    base: str
    address: str
    back: str
    name: str
    state: str
    about: str
    changes: Changes
    again: str
    share: int
    progress: str
    error: str
    result: ResultPart | None
    no_cost: bool


@dataclass(frozen=True)
class Listed:
    """A back-test on the list of a draft."""

    address: str
    days: str
    state: str
    difference: str
    asked: str


def make_listed(program: ProgramFacts, one: BacktestFacts, f: Format) -> Listed:
    """Put a back-test on the list into words."""
    difference = one.result.total.difference if one.result else None
    return Listed(
        address=f"{base_of(program)}/backtests/{one.backtest_id}",
        days=_days(one, f),
        state=one.state,
        difference="" if difference is None else f.signed(f.number(difference), difference),
        asked=f.instant(one.asked_at, program.timezone),
    )


def make_backtest(
    program: ProgramFacts, seen: RulesSeen, one: BacktestFacts, people: Mapping[UUID, Found], f: Format
) -> BacktestPage:
    """Put a back-test into words."""
    words, address = f.words, f"{base_of(program)}/backtests/{one.backtest_id}"
    going = one.state in {"queued", "running"}
    draft = next((d for d in seen.drafts if d.draft_id == one.draft_id), None)
    share = 100 * one.done // one.total if one.total else 0
    progress = (
        words.gettext("%(done)s of %(total)s decisions", done=f.number(one.done), total=f.number(one.total))
        if one.total
        else words.gettext("Waiting to begin")
    )
    return BacktestPage(
        base=base_of(program),
        address=address,
        back=draft_address(program, draft.draft_id) if draft else base_of(program),
        name=one.name,
        state=one.state,
        about=words.gettext(
            "%(days)s · asked for by %(who)s on %(at)s",
            days=_days(one, f),
            who=who(seen, one.asked_by, f),
            at=f.instant(one.asked_at, program.timezone),
        ),
        changes=compare(current(seen).rules, one.rules, seen, program, f),
        again=address if going else "",
        share=share,
        progress=progress,
        error=one.error or "",
        result=_result(program, seen, one, one.result, people, f) if one.result else None,
        no_cost=one.point_cost_minor is None,
    )


def _result(
    program: ProgramFacts,
    seen: RulesSeen,
    one: BacktestFacts,
    result: Result,
    people: Mapping[UUID, Found],
    f: Format,
) -> ResultPart:
    words, address = f.words, f"{base_of(program)}/backtests/{one.backtest_id}"
    months = [(_month(row.month, f), row.sum) for row in result.months]
    shorts = [_month(row.month, f, "MMM") for row in result.months]
    return ResultPart(
        figures=_figures(one, result, f),
        tiers=[_row(_tier(row.tier, seen, f), row.sum, f) for row in result.tiers],
        months=[_row(name, row, f) for name, row in months],
        picture=months_picture(
            [Month(short, row.real, row.tried) for short, (_, row) in zip(shorts, months, strict=True)],
            words.gettext("Points by month: given, and under the draft. The table below has the same numbers."),
            f,
        ),
        gained=[_mover(program, mover, people, f) for mover in result.gained_most],
        lost=[_mover(program, mover, people, f) for mover in result.lost_most],
        csv=f"{address}/months.csv",
        foot=words.gettext(
            "%(n)s purchases that could earn, %(days)s (%(place)s). A back-test decides past purchases again. "
            "It shows what rules cost, not whether people would buy otherwise.",
            n=f.number(result.total.purchases),
            days=_days(one, f),
            place=f.place(program.timezone),
        ),
    )


def _figures(one: BacktestFacts, result: Result, f: Format) -> list[Figure]:
    words, total, cost = f.words, result.total, result.cost
    share = f.signed(f.percent(abs(total.difference / total.real)), total.difference) if total.real else ""
    each = f.money(float(one.point_cost_minor), 4) if one.point_cost_minor is not None else ""
    found = [
        Figure(
            words.gettext("Points"),
            f.signed(f.number(abs(total.difference)), total.difference),
            " · ".join(t for t in (share, f"{f.number(total.real)} → {f.number(total.tried)}") if t),
        ),
        Figure(
            words.gettext("Cost"),
            f.signed(f.money(abs(cost.difference_minor)), cost.difference_minor) if cost else f.money(None),
            words.gettext("at %(cost)s a point, less those never used", cost=each)
            if cost
            else words.gettext("What a point costs is not entered"),
        ),
    ]
    for name, n in (
        (words.gettext("Gain"), result.gain),
        (words.gettext("Lose"), result.lose),
        (words.gettext("The same"), result.same),
    ):
        of = f.percent(n / result.customers) if result.customers else ""
        found.append(Figure(name, f.number(n), words.gettext("%(share)s of the customers", share=of) if of else ""))
    return found


def _row(name: str, total: Sum, f: Format, address: str = "") -> Row:
    return Row(
        name,
        address,
        f.number(total.purchases),
        f.number(total.real),
        f.number(total.tried),
        f.signed(f.number(abs(total.difference)), total.difference),
    )


def _mover(program: ProgramFacts, mover: Mover, people: Mapping[UUID, Found], f: Format) -> Row:
    found = people.get(mover.customer_id)
    name = name_of(found.name, found.email, found.ids, f) if found else f.words.gettext("Somebody merged or erased")
    address = f"/admin/p/{program.program_id}/members/{mover.customer_id}"
    return _row(name, mover.sum, f, address)


def _tier(key: str | None, seen: RulesSeen, f: Format) -> str:
    if key is None:
        return f.words.gettext("No tier")
    return tier_names(seen, f).get(key, key)


def _days(one: BacktestFacts, f: Format) -> str:
    return f.dates(one.from_on, one.to_on)


def _month(month: str, f: Format, pattern: str = "LLLL y") -> str:
    written = f.date(date.fromisoformat(f"{month}-01"), pattern)
    return written[:1].upper() + written[1:] if pattern.startswith("LLLL") else written


def months_table(result: Result, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the months as a file."""
    words = f.words
    header = [
        words.gettext("Month"),
        words.gettext("Purchases"),
        words.gettext("Points given"),
        words.gettext("Points under the draft"),
        words.gettext("Difference"),
    ]
    return header, [[m.month, m.sum.purchases, m.sum.real, m.sum.tried, m.sum.difference] for m in result.months]
