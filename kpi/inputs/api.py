"""What is entered for the key figures, over HTTP. Reading needs the scope `kpis:read`, writing `kpis:write`."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Annotated, Any, TypeVar

import msgspec
from asyncpg import Record
from litestar import Response, Router, delete, get, put
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter

from kpi.inputs import queries
from kpi.inputs.actions import tell_leads, tell_point_costs, tell_spend, tell_unit_costs, withdraw
from kpi.inputs.facts import Told
from kpi.inputs.queries import LEADS, POINT_COSTS, SPEND, UNIT_COSTS, Sheet
from kpi.inputs.wire import (
    LeadIn,
    LeadList,
    LeadOut,
    PointCostIn,
    PointCostList,
    PointCostOut,
    SpendIn,
    SpendList,
    SpendOut,
    UnitCostIn,
    UnitCostList,
    UnitCostOut,
)
from loyalty.auth.scopes import of_room
from loyalty.database import Connection, Tx, one, write
from loyalty.errors import Invalid, LoyaltyError
from loyalty.programs.api import Calling, Reading, Writing
from loyalty.programs.facts import Source
from loyalty.programs.queries import Caller
from loyalty.web.bounds import ShopId, Word, shop_id
from loyalty.web.openapi import READING, WRITING, problems

T = TypeVar("T")
_REPLAYED = {"Idempotency-Replayed": "true"}
_PUT = problems(*WRITING, 403)
_GET = problems(*READING, 403)
_DELETE = problems(*READING, 403, 409)
_Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The next_cursor of the page before.")]
_Size = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
_SpendId = Annotated[ShopId, QueryParameter(name="spend_id", description="The id under which it was entered.")]
_LeadId = Annotated[ShopId, QueryParameter(name="lead_id", description="The id under which it was entered.")]
_Sku = Annotated[Word, QueryParameter(name="sku", description="The article.")]
_From = Annotated[str, QueryParameter(name="from_on", description="The local day.", schema_extra={"format": "date"})]


@put("/spend", operation_id="tell_spend", summary="Enter money spent", responses=_PUT)
async def put_spend(data: JSONBody[SpendIn], state: State, source: Writing) -> Response[Told]:
    """Enter money spent on winning customers, enrolling members or running the programme; again to correct it."""
    return await _tell(state, tell_spend, source, data.read(source.program))


@get("/spend", operation_id="list_spend", summary="List money spent", responses=_GET)
async def list_spend(caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None) -> SpendList:
    """List what was spent, as it was told last, in the order of the ids."""
    return SpendList(*await _page(caller, connection, SPEND, SpendOut.of, limit, cursor))


@delete("/spend", operation_id="withdraw_spend", summary="Withdraw money spent", status_code=200, responses=_DELETE)
async def delete_spend(spend_id: _SpendId, state: State, source: Writing) -> Response[Told]:
    """Say that this was not spent; what was known until now stays known of then."""
    return await _withdraw(state, source, SPEND, [shop_id(spend_id, "spend_id")])


@put("/leads", operation_id="tell_lead", summary="Enter a lead", responses=_PUT)
async def put_lead(data: JSONBody[LeadIn], state: State, source: Writing) -> Response[Told]:
    """Enter somebody who might become a customer; again to correct it, or to tell which customer it became."""
    return await _tell(state, tell_leads, source, data.read(source.program))


@get("/leads", operation_id="list_leads", summary="List leads", responses=_GET)
async def list_leads(caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None) -> LeadList:
    """List the leads, as they were told last, in the order of the ids."""
    return LeadList(*await _page(caller, connection, LEADS, LeadOut.of, limit, cursor))


@delete("/leads", operation_id="withdraw_lead", summary="Withdraw a lead", status_code=200, responses=_DELETE)
async def delete_lead(lead_id: _LeadId, state: State, source: Writing) -> Response[Told]:
    """Say that there was no such lead."""
    return await _withdraw(state, source, LEADS, [shop_id(lead_id, "lead_id")])


@put("/unit-costs", operation_id="tell_unit_cost", summary="Enter a unit cost", responses=_PUT)
async def put_unit_cost(data: JSONBody[UnitCostIn], state: State, source: Writing) -> Response[Told]:
    """Enter what a unit of an article costs from a day on, until the next such day."""
    return await _tell(state, tell_unit_costs, source, data.read(source.program))


@get("/unit-costs", operation_id="list_unit_costs", summary="List unit costs", responses=_GET)
async def list_unit_costs(
    caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None
) -> UnitCostList:
    """List the unit costs, as they were told last, by article and day."""
    return UnitCostList(*await _page(caller, connection, UNIT_COSTS, UnitCostOut.of, limit, cursor))


@delete(
    "/unit-costs", operation_id="withdraw_unit_cost", summary="Withdraw a unit cost", status_code=200, responses=_DELETE
)
async def delete_unit_cost(sku: _Sku, from_on: _From, state: State, source: Writing) -> Response[Told]:
    """Say that there is no such unit cost; the one of the day before it goes on."""
    return await _withdraw(state, source, UNIT_COSTS, [shop_id(sku, "sku"), _day(from_on)])


@put("/point-costs", operation_id="tell_point_cost", summary="Enter the cost of a point", responses=_PUT)
async def put_point_cost(data: JSONBody[PointCostIn], state: State, source: Writing) -> Response[Told]:
    """Enter what a redeemed point costs from a day on, and the share of points that is never redeemed."""
    return await _tell(state, tell_point_costs, source, data.read(source.program))


@get("/point-costs", operation_id="list_point_costs", summary="List the costs of a point", responses=_GET)
async def list_point_costs(
    caller: Calling, connection: Reading, limit: _Size = 50, cursor: _Cursor = None
) -> PointCostList:
    """List what points cost, as it was told last, by day."""
    return PointCostList(*await _page(caller, connection, POINT_COSTS, PointCostOut.of, limit, cursor))


@delete(
    "/point-costs",
    operation_id="withdraw_point_cost",
    summary="Withdraw the cost of a point",
    status_code=200,
    responses=_DELETE,
)
async def delete_point_cost(from_on: _From, state: State, source: Writing) -> Response[Told]:
    """Say that a point's cost did not change on that day."""
    return await _withdraw(state, source, POINT_COSTS, [_day(from_on)])


async def _tell(
    state: State,
    verb: Callable[[Tx, Source, Sequence[Any]], Awaitable[list[Told | LoyaltyError]]],
    source: Source,
    item: object,
) -> Response[Told]:
    [told] = await write(state.database, lambda tx, items: verb(tx, source, items), [item])
    if isinstance(told, LoyaltyError):
        raise told
    return Response(told, headers=_REPLAYED if told.replayed else None)


async def _withdraw(state: State, source: Source, sheet: Sheet, key: Sequence[object]) -> Response[Told]:
    told = await one(state.database, lambda tx: withdraw(tx, source, sheet, key))
    return Response(told, headers=_REPLAYED if told.replayed else None)


async def _page(
    caller: Caller,
    connection: Connection,
    sheet: Sheet,
    show: Callable[[Record, int], T],
    limit: int,
    cursor: str | None,
) -> tuple[list[T], str | None]:
    after = None if cursor is None else _place(cursor, sheet)
    rows = await queries.page(connection, sheet, caller.program.program_id, limit + 1, after)
    data = [show(row, caller.program.digits) for row in rows[:limit]]
    if len(rows) <= limit:
        return data, None
    keys = [str(rows[limit - 1][name]) for name in sheet.keys]
    return data, urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def _place(cursor: str, sheet: Sheet) -> list[str]:
    try:
        place = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str])
        if len(place) == len(sheet.keys) and not any("\0" in part for part in place):
            for part, kind in zip(place, sheet.keys.values(), strict=True):
                if kind == "date":
                    date.fromisoformat(part)
            return place
    except (ValueError, msgspec.DecodeError):
        pass
    raise Invalid("Send the next_cursor of the page before, or none for the first page.", pointer="/cursor")


def _day(text: str) -> date:
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        raise Invalid("from_on is a day of the calendar, written YYYY-MM-DD.", pointer="/from_on") from None


router = Router(
    path="/v1",
    tags=["kpi inputs"],
    opt=of_room("kpis"),
    route_handlers=[
        put_spend,
        list_spend,
        delete_spend,
        put_lead,
        list_leads,
        delete_lead,
        put_unit_cost,
        list_unit_costs,
        delete_unit_cost,
        put_point_cost,
        list_point_costs,
        delete_point_cost,
    ],
)
