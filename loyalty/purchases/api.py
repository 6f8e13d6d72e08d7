"""Purchases over HTTP. Decodes, calls one verb, encodes; the rest is elsewhere."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from loyalty.auth.scopes import needs, of_room
from loyalty.database import Database, write
from loyalty.errors import Invalid, LoyaltyError, OtherFacts
from loyalty.lanes import write_apart
from loyalty.programs.api import Calling, Reading, Writing
from loyalty.programs.facts import Source
from loyalty.purchases.actions import edit_purchases, record_purchases
from loyalty.purchases.answers import edit_answer, purchase_answer, with_first
from loyalty.purchases.calculating import CalculationIn, CalculationOut, calculate
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase
from loyalty.purchases.lookup import find_purchase
from loyalty.purchases.refunds_api import REFUNDS, OrderQuery
from loyalty.purchases.told import (
    PurchaseBatch,
    PurchaseIn,
    purchase_from,
)
from loyalty.purchases.wire import (
    BatchRecorded,
    BatchResult,
    PurchaseEdited,
    PurchaseOut,
    PurchaseRecorded,
)
from loyalty.web.bounds import shop_id
from loyalty.web.openapi import READING, WRITING, problems
from loyalty.web.problems import invalid_from, problem_of
from loyalty.web.requests import REFUSED_ITEMS

REPLAYED = {"Idempotency-Replayed": "true"}


@post(
    "/purchases",
    operation_id="record_purchase",
    summary="Record a purchase",
    responses=problems(*WRITING),
    request_max_body_size=256 * 1024,
)
async def record(data: JSONBody[PurchaseIn], state: State, source: Writing) -> Response[PurchaseRecorded]:
    """Record a purchase and award its points. The same order again gets the first answer; other facts are a 409."""
    new = purchase_from(data, source.program)
    [result] = await _record(state, source, [new])
    if isinstance(result, LoyaltyError):
        raise with_first(result, new)
    return Response(purchase_answer(new, result), headers=REPLAYED if result.replayed else None)


@post(
    "/purchases:batch",
    operation_id="record_purchases",
    summary="Record up to 1,000 purchases",
    status_code=200,
    responses=problems(*WRITING),
    request_max_body_size=8 * 1024 * 1024,
)
async def record_batch(
    data: JSONBody[PurchaseBatch], state: State, source: Writing, request: Request[Any, Any, State]
) -> BatchRecorded:
    """Record purchases, each by itself: the result of an item is what `POST /v1/purchases` would have answered."""
    read: list[NewPurchase | LoyaltyError] = [_read(item, source) for item in data.purchases]
    good = [item for item in read if isinstance(item, NewPurchase)]
    results = iter(await _record(state, source, good) if good else [])
    answered = [_result(item, results, source) for item in read]
    refused = [
        (place, data.purchases[place], one.problem) for place, one in enumerate(answered) if one.problem is not None
    ]
    if refused:
        request.scope["state"][REFUSED_ITEMS] = refused
    return BatchRecorded(answered)


def _read(item: dict[str, Any], source: Source) -> NewPurchase | LoyaltyError:
    try:
        return purchase_from(msgspec.convert(item, PurchaseIn), source.program)
    except msgspec.ValidationError as error:
        return invalid_from(error)
    except Invalid as error:
        return error


def _result(item: NewPurchase | LoyaltyError, results: Any, source: Source) -> BatchResult:  # noqa: ANN401
    result = next(results) if isinstance(item, NewPurchase) else item
    if isinstance(item, NewPurchase) and isinstance(result, Recorded):
        return BatchResult(201, result.replayed, purchase_answer(item, result), None)
    first = with_first(result, item).first if isinstance(result, OtherFacts) else None
    problem = problem_of(result, source.request_id, first)
    return BatchResult(problem.status, replayed=False, purchase=None, problem=problem)


async def _record(state: State, source: Source, items: list[NewPurchase]) -> list[Recorded | LoyaltyError]:
    database: Database = state.database
    return await write_apart(
        database, lambda tx, some: record_purchases(tx, source, state.rules, some), items, key=lane_of(items)
    )


def lane_of(items: Sequence[NewPurchase]) -> Callable[[NewPurchase], str]:
    """Tell items apart by whom they are about. With an order told twice, of whomever, all stay together, as told."""
    if len({item.order_id for item in items}) < len(items):
        return lambda _: ""
    return lambda item: item.external_id or item.order_id


@put(
    "/purchases/{order_id:str}",
    operation_id="edit_purchase",
    summary="Edit a purchase",
    status_code=200,
    responses=problems(*WRITING),
    request_max_body_size=256 * 1024,
)
async def edit(
    order_id: FromPath[str], data: JSONBody[PurchaseIn], state: State, source: Writing
) -> Response[PurchaseEdited | PurchaseRecorded]:
    """Tell a purchase anew, whole: the difference in points is posted. One that is not known is recorded.

    `source_updated_at` orders the edits; what is older than what is stored changes nothing, and is told so (`stale`).
    A purchase of nobody may get its customer; it cannot move from one customer to another.
    """
    new = purchase_from(data, source.program)
    if new.order_id != shop_id(order_id, "order_id"):
        msg = "order_id is not the one of the path."
        raise Invalid(msg, pointer="/order_id")
    [result] = await write(state.database, lambda tx, some: edit_purchases(tx, source, state.rules, some), [new])
    if isinstance(result, LoyaltyError):
        raise result
    headers = REPLAYED if result.replayed else None
    if isinstance(result, Edited):
        return Response(edit_answer(new, result), headers=headers)
    return Response(purchase_answer(new, result), status_code=201, headers=headers)


@get("/purchases/{order_id:str}", operation_id="get_purchase", summary="Show a purchase", responses=problems(*READING))
async def show(order_id: FromPath[str], caller: Calling, connection: Reading) -> PurchaseOut:
    """Show a purchase as it stands now: what is kept of it, its points, its refunds."""
    order = shop_id(order_id, "order_id")
    return await find_purchase(connection, caller.program, caller.storefront_id, caller.namespace, order)


@get("/purchases", operation_id="find_purchase", summary="Show a purchase by query", responses=problems(*READING))
async def find(order: OrderQuery, caller: Calling, connection: Reading) -> PurchaseOut:
    """Show a purchase whose number does not fit into a path."""
    return await find_purchase(
        connection, caller.program, caller.storefront_id, caller.namespace, shop_id(order, "order_id")
    )


@post(
    "/points-calculations",
    operation_id="calculate_points",
    summary="Try a basket",
    status_code=200,
    opt=needs("purchases:read"),
    responses=problems(*WRITING, 404),
    request_max_body_size=256 * 1024,
)
async def try_basket(
    data: JSONBody[CalculationIn], state: State, source: Writing, connection: Reading
) -> CalculationOut:
    """Tell what a basket would earn, and why, by the rules in force or by a draft. Nothing is written."""
    return await calculate(connection, source, state.rules, data)


router = Router(
    path="/v1",
    tags=["purchases"],
    opt=of_room("purchases"),
    route_handlers=[
        record,
        record_batch,
        edit,
        show,
        find,
        *REFUNDS,
        try_basket,
    ],
)
