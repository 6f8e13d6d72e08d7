"""Telling the liability: the roll-forward of every period, in points and in money, and the breakage estimate."""

from bisect import bisect_right
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from kpi import periods
from kpi.knowledge import Knowledge, knowledge
from kpi.liability.breakage import Breakage, estimate
from kpi.liability.money import Valued, minor, value
from kpi.liability.queries import read_ended, read_moved, settled_since
from kpi.liability.rules import Moved, Roll, roll_forward
from kpi.parts.points import PointWorth
from kpi.periods import Days, Grain
from kpi.rollup import flows
from kpi.rollup.reading import FEW_PURCHASES, counted_by
from kpi.rollup.serving import Serving, serving
from kpi.rows.queries import now
from kpi.rows.readers.point_worth import Worths, read_entered
from loyalty.database import Connection
from loyalty.points.unposted import unposted
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True, slots=True)
class Period:
    """A period's roll-forward. `worth` is what was entered for its last day; without it, there is no `money`.

    `partial`: it is not over yet.
    """

    roll: Roll
    worth: PointWorth | None
    money: Valued | None
    partial: bool


@dataclass(frozen=True, slots=True)
class Liability:
    """What `GET /v1/liability`, `loyalty kpi liability` and the panel's page show, oldest period first.

    `breakage` is the estimate by the end of the last period, as known then; `entered_share` the share in force on its
    last day, and `estimated_minor` what its liability would be with the estimate instead (with none where there is no
    estimate); both None where no cost of a point was entered.
    """

    grain: Grain
    timezone: str
    currency: str
    known: Knowledge
    periods: Sequence[Period]
    breakage: Breakage
    entered_share: float | None
    estimated_minor: int | None


async def liability(
    connection: Connection,
    program: ProgramFacts,
    start: date,
    end: date,
    grain: str = "month",
    *,
    as_of: datetime | None = None,
) -> Liability:
    """Roll the liability forward through every period of a grain in `[start, end)`, at most 400.

    Points count at the instant at which they move, in the programme's zone. What fell due and is not posted yet counts
    at its own instant too, as it does for who looks at his points. Raises `BadPeriod`, `BadInstant`.
    """
    unit = periods.grain_named(grain)
    return await told(connection, program, periods.cut(start, end, unit), unit, as_of=as_of)


async def told(
    connection: Connection,
    program: ProgramFacts,
    wanted: Sequence[Days],
    grain: Grain,
    *,
    as_of: datetime | None = None,
) -> Liability:
    """Roll the liability forward through any periods, each beginning where the one before ends."""
    instants = [periods.instant(day, program.zone) for day in (wanted[0].start, *(days.end for days in wanted))]
    async with _one_snapshot(connection):
        known = knowledge(await now(connection, program.program_id), as_of)
        moved, known = await _moved(connection, program, wanted, known)
        moved += await _unposted(connection, program, instants, known.as_of)
        ended = await read_ended(connection, program.program_id, min(instants[-1], known.as_of), known.limit)
        entered = await read_entered(connection, program.program_id, known.limit)
    rolls = roll_forward(moved, wanted, {days: (place, place + 1) for place, days in enumerate(wanted, 1)})
    breakage, worth = estimate(*ended), entered.on(_last(wanted[-1]))
    return Liability(
        grain=grain,
        timezone=program.timezone,
        currency=program.currency,
        known=known,
        periods=[_period(roll, entered, over <= known.as_of) for roll, over in zip(rolls, instants[1:], strict=True)],
        breakage=breakage,
        entered_share=None if worth is None else float(worth.breakage),
        estimated_minor=(
            None if worth is None else minor(rolls[-1].closing.outstanding, worth.cost_minor * breakage.left)
        ),
    )


async def _moved(
    connection: Connection, program: ProgramFacts, wanted: Sequence[Days], known: Knowledge
) -> tuple[list[Moved], Knowledge]:
    """Read what was posted, and how much of it is known: of many from the days that the worker has counted.

    Not while something that fell due is posted and not counted: it would be in neither.
    """
    days = [wanted[0].start, *(one.end for one in wanted)]
    found = await serving(connection, program.program_id, ()) if known.limit is None else None
    if found is not None and found.purchases > FEW_PURCHASES and not await _settles(connection, program, found):
        return await flows.read(connection, program.program_id, days), counted_by(known, found)
    instants = [periods.instant(day, program.zone) for day in days]
    return await read_moved(connection, program.program_id, instants, known.limit), known


async def _settles(connection: Connection, program: ProgramFacts, found: Serving) -> bool:
    since = found.behind_since
    return since is not None and await settled_since(connection, program.program_id, since)


async def _unposted(
    connection: Connection, program: ProgramFacts, instants: Sequence[datetime], until: datetime
) -> list[Moved]:
    """Give what fell due by then and before the last boundary, and is posted nowhere."""
    found = await unposted(connection, program, until)
    return [
        Moved(bisect_right(instants, one.effective_at), one.kind, one.debit_code, one.credit_code, one.amount)
        for one in found
        if one.effective_at < instants[-1]
    ]


def _period(roll: Roll, entered: Worths, is_over: bool) -> Period:  # noqa: FBT001 - told by position in one place
    before, worth = entered.on(roll.days.start - timedelta(days=1)), entered.on(_last(roll.days))
    return Period(roll, worth, value(roll, before, worth), partial=not is_over)


def _last(days: Days) -> date:
    return days.end - timedelta(days=1)


def _one_snapshot(connection: Connection) -> AbstractAsyncContextManager[Any]:
    """Have all statements see the same moment; within a transaction, that is the business of who opened it."""
    if connection.is_in_transaction():
        return nullcontext()
    return connection.transaction(isolation="repeatable_read", readonly=True)
