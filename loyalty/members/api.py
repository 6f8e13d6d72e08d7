"""Members over HTTP."""

from typing import Annotated

from litestar import Response, Router, delete, get, patch, post
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.auth.scopes import needs, of_room
from loyalty.database import one, write
from loyalty.errors import LoyaltyError
from loyalty.idempotency.api import REPLAYED, Keyed, respond_once
from loyalty.members.actions import Leaving, adjust_points, change_profile, record_memberships
from loyalty.members.adjustments import NewAdjustment
from loyalty.members.decisions import Joined, NewMembership
from loyalty.members.queries import awards_of, entries_of, find_balance, find_member
from loyalty.members.wire import (
    AdjustmentIn,
    AdjustmentRecorded,
    Awards,
    Entries,
    MemberBalance,
    MemberChange,
    MemberIn,
    MemberOut,
    MemberRecorded,
)
from loyalty.points.keyed import do_once
from loyalty.points.wire import balance_after
from loyalty.programs.api import Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.web.bounds import instant, shop_id
from loyalty.web.openapi import KEYED, READING, WRITING, problems

CustomerQuery = Annotated[
    str, QueryParameter(name="customer_id", description="The shop's id of the customer, also with slashes.")
]
LeftAt = Annotated[
    str | None,
    QueryParameter(name="left_at", description="When the membership ended; now.", schema_extra={"format": "date-time"}),
]
PageSize = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]
_MEMBER = "/members/{customer_id:str}"


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
    return await _membership(state, source, data.membership(), 201)


@delete(_MEMBER, operation_id="leave_programme", summary="Leave", status_code=200, responses=problems(*WRITING, 404))
async def leave(
    customer_id: FromPath[str], state: State, source: Writing, left_at: LeftAt = None
) -> Response[MemberRecorded]:
    """End the membership that is open. Points stay, and can be spent again after joining again; policies may differ."""
    new = Leaving(shop_id(customer_id, "customer_id"), instant(left_at, "left_at"))
    return await _membership(state, source, new, 200)


async def _membership(
    state: State, source: Source, new: NewMembership | Leaving, status: int
) -> Response[MemberRecorded]:
    [result] = await write(state.database, lambda tx, some: record_memberships(tx, source, state.rules, some), [new])
    if isinstance(result, LoyaltyError):
        raise result
    return Response(_answer(new.external_id, result), status_code=status, headers=REPLAYED if result.replayed else None)


def _answer(customer_id: str, joined: Joined) -> MemberRecorded:
    award = joined.award
    return MemberRecorded(
        customer_id=customer_id,
        state="joined" if joined.membership.left_at is None or award.cause == "joined" else "left",
        joined_at=joined.membership.joined_at,
        left_at=joined.membership.left_at,
        purchases=award.facts.get("purchases", 0),
        points=award.facts.get("points", 0),
        bonus=award.facts.get("bonus", 0),
        balance=balance_after(award),
        recorded_at=award.recorded_at,
        request_id=award.request_id,
    )


@patch(_MEMBER, operation_id="change_member", summary="Change what is known", responses=problems(*WRITING, 404))
async def change(
    customer_id: FromPath[str], data: JSONBody[MemberChange], state: State, source: Writing, connection: Reading
) -> MemberOut:
    """Change name, e-mail, language, birthday or consent; what is not told stays as it is."""
    key = shop_id(customer_id, "customer_id")
    await find_member(connection, source, key)
    await one(state.database, lambda tx: change_profile(tx, source, key, data.profile()))
    return await find_member(connection, source, key)


@get(_MEMBER, operation_id="get_member", summary="Show a member", responses=problems(*READING))
async def show(customer_id: FromPath[str], source: Writing, connection: Reading) -> MemberOut:
    """Show a member, present or former, with the balance."""
    return await find_member(connection, source, shop_id(customer_id, "customer_id"))


@get("/members", operation_id="find_member", summary="Show a member by query", responses=problems(*READING))
async def find(customer: CustomerQuery, source: Writing, connection: Reading) -> MemberOut:
    """Show a member whose id does not fit into a path."""
    return await find_member(connection, source, shop_id(customer, "customer_id"))


@get(f"{_MEMBER}/balance", operation_id="get_balance", summary="Show points and lots", responses=problems(*READING))
async def balance(customer_id: FromPath[str], source: Writing, connection: Reading) -> MemberBalance:
    """Show a member's points, and the lots that hold them in spending order."""
    return await find_balance(connection, source, shop_id(customer_id, "customer_id"))


@get(
    "/members:balance",
    operation_id="find_balance",
    summary="Show points and lots by query",
    responses=problems(*READING),
)
async def find_points(customer: CustomerQuery, source: Writing, connection: Reading) -> MemberBalance:
    """Show the points of a member whose id does not fit into a path."""
    return await find_balance(connection, source, shop_id(customer, "customer_id"))


@get(f"{_MEMBER}/entries", operation_id="list_entries", summary="List movements", responses=problems(*READING))
async def entries(
    customer_id: FromPath[str], source: Writing, connection: Reading, limit: PageSize = 50, cursor: Cursor = None
) -> Entries:
    """List every movement of a customer's points, newest first."""
    return await entries_of(connection, source, shop_id(customer_id, "customer_id"), limit, cursor)


@get(f"{_MEMBER}/awards", operation_id="list_awards", summary="List decisions", responses=problems(*READING))
async def awards(
    customer_id: FromPath[str], source: Writing, connection: Reading, limit: PageSize = 50, cursor: Cursor = None
) -> Awards:
    """List every decision about a customer's points, newest first, with the reasons: why there were points, or none."""
    return await awards_of(connection, source, shop_id(customer_id, "customer_id"), limit, cursor)


@post(
    f"{_MEMBER}/adjustments",
    operation_id="adjust_points",
    summary="Adjust points",
    opt=needs("points:adjust"),
    responses=problems(*KEYED),
)
async def adjust(
    customer_id: FromPath[str],
    data: JSONBody[AdjustmentIn],
    state: State,
    source: Writing,
    idempotency_key: Keyed,
) -> Response[AdjustmentRecorded]:
    """Give points for a reason, or take available ones; nothing goes below zero."""
    new = NewAdjustment(shop_id(customer_id, "customer_id"), data.points, data.reason)

    keyed = once(source, idempotency_key, "adjustment/1", (new.external_id, new.points, new.reason))
    answered = await do_once(
        state.database,
        keyed,
        lambda tx, pinning: adjust_points(tx, source, new, pinning),
        lambda award: AdjustmentRecorded(
            award.award_id, new.external_id, new.points, balance_after(award), award.recorded_at, award.request_id
        ),
    )
    return respond_once(answered)


router = Router(
    path="/v1",
    tags=["members"],
    opt=of_room("members"),
    route_handlers=[enrol, leave, change, show, find, balance, find_points, entries, awards, adjust],
)
