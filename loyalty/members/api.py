"""Members over HTTP."""

from typing import Annotated

from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.database import write
from loyalty.errors import LoyaltyError
from loyalty.members.actions import record_memberships
from loyalty.members.queries import find_balance, find_member
from loyalty.members.wire import MemberBalance, MemberIn, MemberOut, MemberRecorded
from loyalty.points.wire import balance_after
from loyalty.programs.api import Calling, Reading, Writing
from loyalty.web.bounds import shop_id
from loyalty.web.openapi import READING, WRITING, problems

CustomerQuery = Annotated[
    str, QueryParameter(name="customer_id", description="The shop's id of the customer, also with slashes.")
]


@post(
    "/members",
    operation_id="enrol_member",
    summary="Join, or leave",
    responses=problems(*WRITING),
    request_max_body_size=64 * 1024,
)
async def enrol(data: JSONBody[MemberIn], state: State, source: Writing) -> Response[MemberRecorded]:
    """Enrol a customer, now or back-dated: purchases inside the membership earn their points, those outside lose them.

    The same `joined_at` again gets the first answer; with a `left_at` it ends the membership.
    """
    new = data.membership()
    [result] = await write(state.database, lambda tx, some: record_memberships(tx, source, state.rules, some), [new])
    if isinstance(result, LoyaltyError):
        raise result
    award = result.award
    answer = MemberRecorded(
        customer_id=data.customer_id,
        state="left" if award.cause == "left" else "joined",
        joined_at=result.membership.joined_at,
        left_at=result.membership.left_at,
        purchases=award.facts["purchases"],
        points=award.facts["points"],
        balance=balance_after(award),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )
    return Response(answer, headers={"Idempotency-Replayed": "true"} if result.replayed else None)


@get("/members/{customer_id:str}", operation_id="get_member", summary="Show a member", responses=problems(*READING))
async def show(customer_id: FromPath[str], caller: Calling, connection: Reading) -> MemberOut:
    """Show a member, present or former, with the balance."""
    key = shop_id(customer_id, "customer_id")
    return await find_member(connection, caller.program.program_id, caller.namespace, key)


@get("/members", operation_id="find_member", summary="Show a member by query", responses=problems(*READING))
async def find(customer: CustomerQuery, caller: Calling, connection: Reading) -> MemberOut:
    """Show a member whose id does not fit into a path."""
    key = shop_id(customer, "customer_id")
    return await find_member(connection, caller.program.program_id, caller.namespace, key)


@get(
    "/members/{customer_id:str}/balance",
    operation_id="get_balance",
    summary="Show points and lots",
    responses=problems(*READING),
)
async def balance(customer_id: FromPath[str], caller: Calling, connection: Reading) -> MemberBalance:
    """Show a member's points, and the lots that hold them in spending order."""
    key = shop_id(customer_id, "customer_id")
    return await find_balance(connection, caller.program.program_id, caller.namespace, key)


@get(
    "/members:balance",
    operation_id="find_balance",
    summary="Show points and lots by query",
    responses=problems(*READING),
)
async def find_points(customer: CustomerQuery, caller: Calling, connection: Reading) -> MemberBalance:
    """Show the points of a member whose id does not fit into a path."""
    key = shop_id(customer, "customer_id")
    return await find_balance(connection, caller.program.program_id, caller.namespace, key)


router = Router(path="/v1", tags=["members"], route_handlers=[enrol, show, find, balance, find_points])
