"""The programme's effect over HTTP: estimates, what holdouts measured, and when one would be able to tell."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, QueryParameter

from kpi.impact.actions import cancel, find, latest, plan, read_measurement, start
from kpi.impact.bodies import EstimateBody, EstimateList, MeasurementBody, PlanBody
from loyalty.auth.scopes import of_room
from loyalty.database import Connection, Tx
from loyalty.errors import Invalid
from loyalty.holdouts.api import SHARE_PATTERN, basis_points, share_text
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Reading, Writing, once
from loyalty.web.openapi import KEYED, READING, problems

_ESTIMATE = "/impact/estimates/{estimate_id:uuid}"
PlannedShare = Annotated[
    str,
    QueryParameter(
        name="holdout_share",
        description="The share of those who are no members that would not be offered the programme: above 0, below 1.",
        schema_extra={"pattern": SHARE_PATTERN},
    ),
]
HopedFor = Annotated[
    str,
    QueryParameter(
        name="hoped_for",
        description="The effect hoped for, as a share of what customers spend: 0.05 for 5 %.",
        schema_extra={"pattern": r"^[0-9]+(\.[0-9]+)?$"},
    ),
]


@post(
    "/impact/estimates",
    operation_id="start_estimate",
    summary="Start an estimate",
    status_code=202,
    responses=problems(*KEYED),
)
async def ask(state: State, source: Writing, idempotency_key: Keyed) -> Response[EstimateBody]:
    """Have the programme's effect estimated; the worker does it. While one is under way, that one is answered."""
    program_id = source.program.program_id

    async def verb(connection: Connection) -> EstimateBody:
        return EstimateBody.of(await start(connection, program_id, source.actor))

    return await _once(state, once(source, idempotency_key, "estimate/1", None), 202, verb)


@get("/impact/estimates", operation_id="list_estimates", summary="List estimates", responses=problems(*READING))
async def listed(source: Writing, connection: Reading) -> EstimateList:
    """List the newest estimates, with what they came to."""
    return EstimateList([EstimateBody.of(one) for one in await latest(connection, source.program.program_id)])


@get(_ESTIMATE, operation_id="get_estimate", summary="Show an estimate", responses=problems(*READING))
async def show(estimate_id: FromPath[UUID], source: Writing, connection: Reading) -> EstimateBody:
    """Show how far an estimate is, or what it came to."""
    return EstimateBody.of(await find(connection, source.program.program_id, estimate_id))


@post(
    f"{_ESTIMATE}/cancel",
    operation_id="cancel_estimate",
    summary="Cancel an estimate",
    status_code=200,
    responses=problems(*KEYED),
)
async def stop(
    estimate_id: FromPath[UUID], state: State, source: Writing, idempotency_key: Keyed
) -> Response[EstimateBody]:
    """Stop an estimate; one that has ended stays as it is."""

    async def verb(connection: Connection) -> EstimateBody:
        return EstimateBody.of(await cancel(connection, source.program.program_id, estimate_id))

    return await _once(state, once(source, idempotency_key, f"estimate-cancel/1/{estimate_id}", None), 200, verb)


@get(
    "/holdouts/{holdout_id:uuid}/measurement",
    operation_id="get_measurement",
    summary="Show what a holdout measured",
    responses=problems(*READING),
)
async def measurement(holdout_id: FromPath[UUID], source: Writing, connection: Reading) -> MeasurementBody:
    """Show whether the lot was sound and, from the day that was fixed at the start on, the effect.

    A job reads it within minutes of that day, once; until then the state is `running`.
    """
    return MeasurementBody.of(await read_measurement(connection, source.program.program_id, holdout_id))


@get(
    "/holdouts:plan",
    operation_id="plan_holdout",
    summary="When will a holdout be able to tell?",
    responses=problems(*READING),
)
async def planned(source: Writing, connection: Reading, holdout_share: PlannedShare, hoped_for: HopedFor) -> PlanBody:
    """Tell before it starts how small an effect a holdout of each length would find, by the shop's own past.

    The past is that of the newest estimate; before the first, `lengths` is empty and `until` null.
    """
    if not re.search(SHARE_PATTERN, holdout_share):
        msg = "holdout_share is a share above 0 and below 1, of at most four decimals."
        raise Invalid(msg, pointer="/holdout_share")
    holdout_bp, share = basis_points(holdout_share), _share(hoped_for)
    customers, until, told = await plan(connection, source.program.program_id, holdout_bp, share)
    return PlanBody.of(share_text(holdout_bp), share, customers, until, told)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        msg = "hoped_for is a share above 0, at most 1."
        raise Invalid(msg, pointer="/hoped_for")
    return share


async def _once(
    state: State, keyed: Once, status: int, verb: Callable[[Connection], Awaitable[EstimateBody]]
) -> Response[Any]:
    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        body = msgspec.json.encode(await verb(tx.connection))
        await pin_alone(tx.connection, keyed, status, body, None)
        return status, body

    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


router = Router(
    path="/v1",
    tags=["impact"],
    opt=of_room("kpis"),
    route_handlers=[ask, listed, show, stop, measurement, planned],
)
