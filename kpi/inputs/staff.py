"""What staff see and do with what is entered, each as one edge: a look at all of it, an entry, a withdrawal."""

from collections.abc import Sequence
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from kpi.inputs.actions import tell_point_costs, tell_spend, withdraw
from kpi.inputs.facts import NewLead, NewPointCost, NewSpend, NewUnitCost, Told
from kpi.inputs.queries import LEADS, POINT_COSTS, SPEND, UNIT_COSTS, Sheet, newest
from loyalty.database import Connection, Database, Tx, one
from loyalty.programs.facts import ProgramFacts, Source

T = TypeVar("T", bound=Struct)
SHOWN = 50


class Staff(Struct, frozen=True):
    """Who of the staff asks, in which request."""

    user_id: UUID
    request_id: str


class Listed(Struct, Generic[T], frozen=True):
    """The latest of what was entered, latest first, and how many there are in all."""

    rows: Sequence[T]
    total: int


class Entered(Struct, frozen=True):
    """What is entered, of one moment."""

    point_costs: Listed[NewPointCost]
    spend: Listed[NewSpend]
    leads: Listed[NewLead]
    unit_costs: Listed[NewUnitCost]


async def see_entered(connection: Connection, program: ProgramFacts) -> Entered:
    """Read the latest of each kind."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return Entered(
            point_costs=await _listed(connection, program, POINT_COSTS, NewPointCost),
            spend=await _listed(connection, program, SPEND, NewSpend),
            leads=await _listed(connection, program, LEADS, NewLead),
            unit_costs=await _listed(connection, program, UNIT_COSTS, NewUnitCost),
        )


async def enter_by_staff(
    database: Database, program: ProgramFacts, staff: Staff, item: NewPointCost | NewSpend
) -> None:
    """Enter the cost of a point from a day on, or money spent; the same key again corrects it."""
    source = _source(program, staff)

    async def verb(tx: Tx) -> Sequence[object]:
        if isinstance(item, NewSpend):
            return await tell_spend(tx, source, [item])
        return await tell_point_costs(tx, source, [item])

    await one(database, verb)


async def withdraw_by_staff(database: Database, program: ProgramFacts, staff: Staff, key: date | str) -> Told:
    """Withdraw the cost of a point by its day, or money spent by its id; raises `NotFound` where nothing ever was."""
    sheet = SPEND if isinstance(key, str) else POINT_COSTS
    return await one(database, lambda tx: withdraw(tx, _source(program, staff), sheet, [key]))


def _source(program: ProgramFacts, staff: Staff) -> Source:
    return Source(program, None, "", f"user:{staff.user_id}", staff.request_id)


async def _listed(connection: Connection, program: ProgramFacts, sheet: Sheet, kind: type[T]) -> Listed[T]:
    rows = await newest(connection, sheet, program.program_id, SHOWN)
    fields = kind.__struct_fields__
    told = [kind(**{name: row[name] for name in fields}) for row in rows]
    return Listed(told, rows[0]["entered"] if rows else 0)
