"""Customers over HTTP, members or not: what is known of a person, and a person's rights."""

from typing import Annotated, Any

from litestar import Response, Router, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.auth.scopes import needs, of_room
from loyalty.database import one
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.members.actions import change_profile, erase, merge
from loyalty.members.eligibility import Eligibility, find_eligibility
from loyalty.members.queries import export_of, find_customer
from loyalty.members.wire import CustomerOut, ErasureRecorded, MemberChange, MergeIn, MergeRecorded
from loyalty.points.keyed import do_once
from loyalty.programs.api import Reading, Writing, once
from loyalty.web.bounds import shop_id
from loyalty.web.openapi import ALWAYS, KEYED, READING, WRITING, problems

CustomerQuery = Annotated[
    str, QueryParameter(name="customer_id", description="The shop's id of the customer, also with slashes.")
]
_CUSTOMER = "/customers/{customer_id:str}"
_FOR_GOOD = needs("customers:erase")


@get(_CUSTOMER, operation_id="get_customer", summary="Show a customer", responses=problems(*READING))
async def show(customer_id: FromPath[str], source: Writing, connection: Reading) -> CustomerOut:
    """Show a customer, member or not, with the balance."""
    return await find_customer(connection, source, shop_id(customer_id, "customer_id"))


@get("/customers", operation_id="find_customer", summary="Show a customer by query", responses=problems(*READING))
async def find(customer: CustomerQuery, source: Writing, connection: Reading) -> CustomerOut:
    """Show a customer whose id does not fit into a path."""
    return await find_customer(connection, source, shop_id(customer, "customer_id"))


@get(
    f"{_CUSTOMER}/eligibility",
    operation_id="get_eligibility",
    summary="May the programme be offered?",
    responses=problems(*ALWAYS, 422),
)
async def eligibility(customer_id: FromPath[str], source: Writing, connection: Reading) -> Eligibility:
    """Tell whether the programme may be offered to a customer, and if not why; also for one who was never seen."""
    return await find_eligibility(connection, source, shop_id(customer_id, "customer_id"))


@get(
    "/customers:eligibility",
    operation_id="find_eligibility",
    summary="May the programme be offered? By query",
    responses=problems(*ALWAYS, 422),
)
async def eligibility_by_query(customer: CustomerQuery, source: Writing, connection: Reading) -> Eligibility:
    """Tell it for a customer whose id does not fit into a path."""
    return await find_eligibility(connection, source, shop_id(customer, "customer_id"))


@patch(_CUSTOMER, operation_id="change_customer", summary="Change what is known", responses=problems(*WRITING, 404))
async def change(
    customer_id: FromPath[str], data: JSONBody[MemberChange], state: State, source: Writing, connection: Reading
) -> CustomerOut:
    """Change name, e-mail, language, birthday or consent; what is not told stays as it is."""
    key = shop_id(customer_id, "customer_id")
    await one(state.database, lambda tx: change_profile(tx, source, key, data.profile()))
    return await find_customer(connection, source, key)


@get(
    f"{_CUSTOMER}/export",
    operation_id="export_customer",
    summary="Export all that is known",
    responses=problems(*READING),
)
async def export(customer_id: FromPath[str], source: Writing, connection: Reading) -> dict[str, Any]:
    """Give everything that the programme knows of a person, for the person: profile, purchases, points, redemptions."""
    return await export_of(connection, source, shop_id(customer_id, "customer_id"))


@post(
    f"{_CUSTOMER}/erase",
    operation_id="erase_customer",
    summary="Erase a person",
    status_code=200,
    opt=_FOR_GOOD,
    responses=problems(*WRITING, 404),
)
async def erasure(customer_id: FromPath[str], state: State, source: Writing) -> ErasureRecorded:
    """Forget a person for ever, and keep the totals exact. Points that are left are gone; the id is not given again."""
    key = shop_id(customer_id, "customer_id")
    award = await one(state.database, lambda tx: erase(tx, source, state.rules, key))
    return ErasureRecorded("erased", award.recorded_at, award.request_id)


@post(
    f"{_CUSTOMER}/merge",
    operation_id="merge_customer",
    summary="Merge two customers",
    opt=_FOR_GOOD,
    responses=problems(*KEYED),
)
async def merging(
    customer_id: FromPath[str], data: JSONBody[MergeIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[MergeRecorded]:
    """Merge a customer into another: points with their dates, debt, memberships and purchases. It cannot be undone."""
    gone = shop_id(customer_id, "customer_id")
    answered = await do_once(
        state.database,
        once(source, idempotency_key, "merge/1", (gone, data.into)),
        lambda tx, pinning: merge(tx, source, state.rules, gone, data.into, pinning),
        lambda award, merged: MergeRecorded(
            gone, data.into, merged.purchases, merged.points, merged.balance, award.recorded_at, award.request_id
        ),
    )
    return respond_once(answered)


router = Router(
    path="/v1",
    tags=["customers"],
    opt=of_room("customers"),
    route_handlers=[show, find, eligibility, eligibility_by_query, change, export, erasure, merging],
)
