"""The liability counted again in plain Python from the entries, and what must hold of it after any history."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from kpi.liability.actions import Liability, told
from kpi.liability.rules import Roll
from kpi.periods import Days
from loyalty.database import Database
from loyalty.points.unposted import unposted
from loyalty.programs.facts import ProgramFacts

HOLDING = ("available", "pending", "held")
_ENTRIES = """
SELECT e.effective_at, e.kind, e.debit_code, e.credit_code, e.amount FROM entry e WHERE e.program_id = $1
"""

_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"

Row = tuple[datetime, str, str, str, int]


@dataclass
class Month:
    """A month's lines, by the words of the ledger, and the codes at its end."""

    lines: Counter[str] = field(default_factory=Counter)
    closing: Counter[str] = field(default_factory=Counter)


def recount(rows: Sequence[Row], zone: ZoneInfo) -> dict[str, Month]:
    """Go through the movements in the order of time, by the month that the calendar on the wall shows."""
    months: dict[str, Month] = {}
    codes: Counter[str] = Counter()
    for at, kind, debit, credit, amount in sorted(rows):
        month = months.setdefault(at.astimezone(zone).strftime("%Y-%m"), Month())
        codes[debit] -= amount
        codes[credit] += amount
        month.closing = Counter(codes)
        if kind in {"adjust", "merge", "erase"}:
            month.lines[kind] += amount if debit == "adjusted" else -amount if credit == "adjusted" else 0
        elif kind in {"expire", "forfeit"}:
            month.lines["expired"] += amount
        elif kind in {"issue", "capture", "reverse", "claw_back", "repay"}:
            month.lines[kind] += amount
    return months


def lines_of(roll: Roll) -> Counter[str]:
    """Name the lines of a roll-forward as the recount does."""
    flows = roll.flows
    return Counter(
        issue=flows.issued,
        capture=flows.redeemed,
        reverse=flows.restored,
        claw_back=flows.clawed_back,
        expired=flows.expired,
        repay=flows.repaid,
        adjust=flows.by_staff,
        merge=flows.merged,
        erase=flows.erased,
    )


def months_between(first: date, last: date) -> list[Days]:
    """Give the calendar months from that of one day to that of another."""
    starts = [date(n // 12, n % 12 + 1, 1) for n in range(_number(first), _number(last) + 2)]
    return [Days(start, end) for start, end in pairwise(starts)]


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def closes(liability: Liability) -> None:
    """Every period closes, and the next one begins where it ended."""
    before = liability.periods[0].roll.opening
    for one in liability.periods:
        roll = one.roll
        assert roll.opening == before, roll
        assert roll.opening.net + roll.flows.net == roll.closing.net, roll
        assert roll.closing.debt == roll.opening.debt + roll.flows.owed - roll.flows.repaid, roll
        before = roll.closing


async def closes_every_month(database: Database, program: ProgramFacts) -> Liability | None:
    """Roll the whole history forward: it begins with nothing, closes each month, and is what a recount gives."""
    async with database.reader() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        now = await connection.fetchval(_NOW, program.program_id)
        rows = [tuple(row) for row in await connection.fetch(_ENTRIES, program.program_id)]
        due = await unposted(connection, program, now)
        rows += [(one.effective_at, one.kind, one.debit_code, one.credit_code, one.amount) for one in due]
        if not rows:
            return None
        days = [row[0].astimezone(program.zone).date() for row in rows]
        liability = await told(connection, program, months_between(min(days), max(days)), "month")
    closes(liability)
    assert liability.periods[0].roll.opening.net == 0
    counted, codes = recount(rows, program.zone), Counter[str]()
    for one in liability.periods:
        roll = one.roll
        month = counted.get(roll.days.start.strftime("%Y-%m"), Month(closing=codes))
        codes = month.closing
        assert lines_of(roll) == month.lines, (roll, month)
        assert [roll.closing.available, roll.closing.pending, roll.closing.held] == [codes[c] for c in HOLDING], roll
        assert roll.closing.debt == -codes["debt"], roll
    return liability
