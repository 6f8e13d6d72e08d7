"""The verbs of objectives: set one, see all with their progress, withdraw one."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from kpi import actions as kpis
from kpi import periods
from kpi.measure import measure_named
from kpi.objectives import queries
from kpi.objectives.rules import ObjectiveFacts, Progress, Side, judged_on, progress_of
from kpi.rows.queries import now
from loyalty.database import Connection
from loyalty.errors import Conflict, Invalid, NotFound
from loyalty.ids import new_id
from loyalty.programs.facts import ProgramFacts

# Each asks for two figures when it is shown.
MOST = 12


async def set_objective(
    connection: Connection, program: ProgramFacts, actor: str, *, key: str, side: Side, target: Decimal, due_on: date
) -> Progress:
    """Set what a measure is to reach by a day; raises `UnknownMeasure`, `Invalid`, and `Conflict` past the twelfth."""
    measure = measure_named(key)
    if side != "all" and measure.split == "none":
        msg = f"{key} is not split into members and others."
        raise Invalid(msg, pointer="/side")
    today = await _today(connection, program)
    if due_on <= today:
        msg = "due_on must lie in the future."
        raise Invalid(msg, pointer="/due_on")
    if len(await queries.objectives(connection, program.program_id)) >= MOST:
        msg = f"There are {MOST} objectives already; withdraw one first."
        raise Conflict(msg)
    new = ObjectiveFacts(new_id(), key, side, target, due_on, today)
    await queries.add(connection, program.program_id, new, actor)
    return await _progress(connection, program, new, today)


async def seen_objectives(connection: Connection, program: ProgramFacts) -> Sequence[Progress]:
    """Read the objectives, soonest due first, each with its progress."""
    today = await _today(connection, program)
    found = await queries.objectives(connection, program.program_id)
    return [await _progress(connection, program, one, today) for one in found]


async def withdraw_objective(connection: Connection, program: ProgramFacts, objective_id: UUID) -> None:
    """Pursue an objective no more; raises `NotFound`."""
    if not await queries.withdraw(connection, program.program_id, objective_id):
        msg = f"There is no objective {objective_id}."
        raise NotFound(msg)


async def _progress(connection: Connection, program: ProgramFacts, objective: ObjectiveFacts, today: date) -> Progress:
    before = await _of_month_before(connection, program, objective, objective.set_on)
    newest = await _of_month_before(connection, program, objective, judged_on(objective, today))
    return progress_of(objective, before, newest, today, less=measure_named(objective.kpi_key).less_is_better)


async def _of_month_before(
    connection: Connection, program: ProgramFacts, objective: ObjectiveFacts, day: date
) -> float | None:
    """Give the figure of the last month that was over when a day began."""
    start, end = periods.month_of(day.replace(day=1) - timedelta(days=1))
    answer = await kpis.answer(connection, program, objective.kpi_key, start, end)
    ratio = answer.figures.segments.get(objective.side)
    return None if ratio is None else ratio.value


async def _today(connection: Connection, program: ProgramFacts) -> date:
    return periods.day_of(await now(connection, program.program_id), program.zone)
