"""Refunds and cancellations over HTTP; `api.py` has the purchases themselves."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from loyalty.database import write
from loyalty.errors import LoyaltyError
from loyalty.idempotency.api import REPLAYED
from loyalty.programs.api import Calling, Writing, provide_source
from loyalty.programs.facts import Source
from loyalty.programs.queries import find_storefront
from loyalty.purchases.actions import record_refunds
from loyalty.purchases.answers import refund_answer, with_first
from loyalty.purchases.facts import NewRefund
from loyalty.purchases.told import CancellationIn, RefundIn, refund_from
from loyalty.purchases.wire import RefundRecorded
from loyalty.web.bounds import Word, shop_id
from loyalty.web.openapi import WRITING, problems

OrderQuery = Annotated[str, QueryParameter(name="order_id", description="The shop's order number, also with slashes.")]
OtherStorefront = Annotated[
    Word | None,
    QueryParameter(
        name="storefront",
        description="Whose order it is, by name, where not the key's own; the key needs the scope `refunds:any`.",
    ),
]


async def provide_refunding(
    request: Request[Any, Any, State], caller: Calling, storefront: OtherStorefront = None
) -> Source:
    """Tell where a refund comes from: also of an order of another storefront, where the key may do that."""
    source = await provide_source(request, caller)
    if storefront is None or storefront == caller.storefront:
        return source
    caller.require("refunds:any")
    async with request.app.state.database.reader() as connection:
        number, namespace = await find_storefront(connection, caller.program.program_id, storefront)
    return msgspec.structs.replace(source, storefront_id=number, namespace=namespace)


_ANY_STOREFRONT = {"source": Provide(provide_refunding)}


@post(
    "/purchases/{order_id:str}/refunds",
    operation_id="record_refund",
    summary="Record a refund",
    dependencies=_ANY_STOREFRONT,
    responses=problems(*WRITING, 404),
)
async def refund(
    order_id: FromPath[str], data: JSONBody[RefundIn], state: State, source: Writing
) -> Response[RefundRecorded]:
    """Take goods back, and the points they earned, by the purchase's own rules. Before its purchase it is parked."""
    return await _refund(state, source, refund_from(data, shop_id(order_id, "order_id"), source.program))


@post(
    "/purchases:refund",
    operation_id="record_refund_by_query",
    summary="Record a refund by query",
    dependencies=_ANY_STOREFRONT,
    responses=problems(*WRITING, 404),
)
async def refund_by_query(
    order: OrderQuery, data: JSONBody[RefundIn], state: State, source: Writing
) -> Response[RefundRecorded]:
    """Take goods back of a purchase whose number does not fit into a path."""
    return await _refund(state, source, refund_from(data, shop_id(order, "order_id"), source.program))


@post(
    "/purchases/{order_id:str}/cancel",
    operation_id="cancel_purchase",
    summary="Cancel a purchase",
    dependencies=_ANY_STOREFRONT,
    responses=problems(*WRITING, 404),
)
async def cancel(
    order_id: FromPath[str], state: State, source: Writing, data: JSONBody[CancellationIn | None] = None
) -> Response[RefundRecorded]:
    """Take back all that is left of a purchase. Before its purchase it is parked."""
    told = data or CancellationIn()
    return await _refund(state, source, NewRefund(shop_id(order_id, "order_id"), "", told.cancelled_at, None))


@post(
    "/purchases:cancel",
    operation_id="cancel_purchase_by_query",
    summary="Cancel a purchase by query",
    dependencies=_ANY_STOREFRONT,
    responses=problems(*WRITING, 404),
)
async def cancel_by_query(
    order: OrderQuery, state: State, source: Writing, data: JSONBody[CancellationIn | None] = None
) -> Response[RefundRecorded]:
    """Cancel a purchase whose number does not fit into a path."""
    told = data or CancellationIn()
    return await _refund(state, source, NewRefund(shop_id(order, "order_id"), "", told.cancelled_at, None))


async def _refund(state: State, source: Source, new: NewRefund) -> Response[RefundRecorded]:
    [result] = await write(state.database, lambda tx, some: record_refunds(tx, source, state.rules, some), [new])
    if isinstance(result, LoyaltyError):
        raise with_first(result, new)
    return Response(refund_answer(new, result), headers=REPLAYED if result.replayed else None)


REFUNDS: list[ControllerRouterHandler] = [refund, refund_by_query, cancel, cancel_by_query]
