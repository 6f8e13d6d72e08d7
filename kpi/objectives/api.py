"""Objectives over HTTP: set one, see all with their progress, withdraw one."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from kpi.measure import Unit, measure_named
from kpi.objectives.actions import seen_objectives, set_objective, withdraw_objective
from kpi.objectives.rules import TARGET_PATTERN, Progress, Side
from kpi.objectives.rules import State as ProgressState
from loyalty.auth.scopes import of_room
from loyalty.database import Tx, one
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Reading, Writing, once
from loyalty.web.bounds import Word
from loyalty.web.openapi import KEYED, READING, problems

Target = Annotated[
    str,
    Meta(
        pattern=TARGET_PATTERN,
        description="In the measure's own unit: a share of 1, an amount of the currency, days, or a number.",
        examples=["0.45"],
    ),
]


class ObjectiveIn(Struct, forbid_unknown_fields=True):
    """What a key figure is to reach by a local day, for all customers, members or non-members."""

    kpi: Word
    target: Target
    due_on: date
    side: Side = "all"


class ObjectiveOut(Struct):
    """An objective and its progress.

    `before`: the figure of the last month that was over when it was set; `now`: of the last month that is over, or was
    when its day was: from then on it stays reached or missed. `done`: the part of the way that is behind. All in the
    measure's own unit; money is an amount of the currency.
    """

    objective_id: UUID
    kpi: str
    side: Side
    unit: Unit
    target: str
    due_on: date
    set_on: date
    state: ProgressState
    before: float | None
    now: float | None
    done: float | None

    @classmethod
    def of(cls, told: Progress, digits: int) -> "ObjectiveOut":
        """Show an objective."""
        facts, unit = told.objective, measure_named(told.objective.kpi_key).unit
        places = digits if unit == "money" else 0
        before, now = (None if value is None else value / 10**places for value in (told.before, told.now))
        return cls(
            objective_id=facts.objective_id,
            kpi=facts.kpi_key,
            side=facts.side,
            unit=unit,
            target=f"{facts.target.scaleb(-places):f}",
            due_on=facts.due_on,
            set_on=facts.set_on,
            state=told.state,
            before=before,
            now=now,
            done=told.done,
        )


class ObjectiveList(Struct):
    """The objectives that are pursued, soonest due first; there is never a second page."""

    data: list[ObjectiveOut]


@post("/objectives", operation_id="set_objective", summary="Set an objective", responses=problems(*KEYED))
async def put_up(
    data: JSONBody[ObjectiveIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[ObjectiveOut]:
    """Set what a key figure is to reach by a day. Its progress goes by complete months."""
    digits = source.program.digits

    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        target = Decimal(data.target)
        if measure_named(data.kpi).unit == "money":
            target = target.scaleb(digits)
        by = (tx.connection, source.program, source.actor)
        made = await set_objective(*by, key=data.kpi, side=data.side, target=target, due_on=data.due_on)
        body = msgspec.json.encode(ObjectiveOut.of(made, digits))
        await pin_alone(tx.connection, keyed, 201, body, None)
        return 201, body

    keyed = once(source, idempotency_key, "objective/1", data)
    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


@get("/objectives", operation_id="list_objectives", summary="List objectives", responses=problems(*READING))
async def listed(source: Writing, connection: Reading) -> ObjectiveList:
    """List the objectives, each with its progress."""
    found = await seen_objectives(connection, source.program)
    return ObjectiveList([ObjectiveOut.of(told, source.program.digits) for told in found])


@delete(
    "/objectives/{objective_id:uuid}",
    operation_id="withdraw_objective",
    summary="Withdraw an objective",
    status_code=204,
    responses=problems(*READING, 409),
)
async def withdraw(objective_id: FromPath[UUID], state: State, source: Writing) -> None:
    """Pursue an objective no more."""
    await one(state.database, lambda tx: withdraw_objective(tx.connection, source.program, objective_id))


router = Router(path="/v1", tags=["impact"], opt=of_room("kpis"), route_handlers=[put_up, listed, withdraw])
