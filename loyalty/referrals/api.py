"""Referrals over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody, QueryParameter

from loyalty.auth.scopes import of_room
from loyalty.database import Tx, one
from loyalty.errors import Invalid
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.referrals.actions import decide_as_staff, publish_terms
from loyalty.referrals.codes import LONGEST
from loyalty.referrals.listing import ReferralOut, Referrals, list_referrals, show_referral
from loyalty.referrals.members_codes import Code, code_of, give_code, record_share, validity_of
from loyalty.referrals.pictures import qr_svg
from loyalty.referrals.queries import terms_of
from loyalty.referrals.wire import (
    CodeIn,
    CodeOut,
    InvitationIn,
    InvitationRecorded,
    TermsIn,
    TermsOut,
    ValidityOut,
    terms_out,
)
from loyalty.web.bounds import shop_id
from loyalty.web.openapi import ALWAYS, KEYED, READING, problems

_KEYED = problems(*KEYED, 403)
_CODE = "/members/{customer_id:str}/referral-code"
StateQuery = Annotated[
    Literal["claimed", "in_review", "qualified", "rewarded", "refused", "reversed"] | None,
    QueryParameter(name="state", description="Only those; `in_review` is the queue that waits for staff."),
]
CustomerQuery = Annotated[
    str | None, QueryParameter(name="customer_id", description="With this customer, as friend or as referrer.")
]
PageSize = Annotated[int, QueryParameter(name="limit", ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", description="The `next_cursor` of the page before.")]


@get("/referral-terms", operation_id="get_referral_terms", summary="Show the terms", responses=problems(*READING, 403))
async def show_terms(caller: Calling, connection: Reading) -> TermsOut:
    """Show what is promised to who brings a friend, and to the friend."""
    return terms_out(await terms_of(connection, caller.program.program_id), caller.program.digits)


@put("/referral-terms", operation_id="publish_referral_terms", summary="Publish the terms", responses=_KEYED)
async def publish(data: JSONBody[TermsIn], state: State, source: Writing, idempotency_key: Keyed) -> Response[TermsOut]:
    """Publish the terms as a new version, for codes claimed from now on. The same again are the version there is."""
    terms = data.terms(source.program.digits)

    async def verb(tx: Tx) -> tuple[UUID | None, TermsOut]:
        stored = await publish_terms(tx.connection, source.program.program_id, terms, source.actor)
        return None, terms_out(stored, source.program.digits)

    return await _once(state, once(source, idempotency_key, "referral-terms/1", data), verb, 200)


@get(_CODE, operation_id="get_referral_code", summary="Give a member's code", responses=problems(*READING, 409))
async def show_code(customer_id: FromPath[str], state: State, source: Writing) -> CodeOut:
    """Give the member's code and link; the code is made at the first asking, and stays."""
    key = shop_id(customer_id, "customer_id")
    return _code_out(key, await one(state.database, lambda tx: code_of(tx, source, key)))


@put(_CODE, operation_id="give_referral_code", summary="Give a code of your own making", responses=_KEYED)
async def give(
    customer_id: FromPath[str],
    data: JSONBody[CodeIn],
    state: State,
    source: Writing,
    idempotency_key: Keyed,
) -> Response[CodeOut]:
    """Give a member a code that is easy to remember; the one before goes on working."""
    key = shop_id(customer_id, "customer_id")

    async def verb(tx: Tx) -> tuple[UUID | None, CodeOut]:
        return None, _code_out(key, await give_code(tx, source, key, data.code))

    return await _once(state, once(source, idempotency_key, "referral-code/1", (key, data.code)), verb, 200)


@get(
    f"{_CODE}/qr",
    operation_id="draw_referral_code",
    summary="Draw a member's code",
    media_type="image/svg+xml",
    responses=problems(*READING, 409),
)
async def draw(customer_id: FromPath[str], state: State, source: Writing) -> Response[bytes]:
    """Draw the member's link as a QR code (SVG); the code alone where no link was published."""
    key = shop_id(customer_id, "customer_id")
    code = await one(state.database, lambda tx: code_of(tx, source, key))
    return Response(qr_svg(code.link or code.code), media_type="image/svg+xml")


def _code_out(customer_id: str, code: Code) -> CodeOut:
    return CodeOut(customer_id, code.code, code.custom, code.ends_at, code.link)


@post(
    "/members/{customer_id:str}/referral-invitations",
    operation_id="record_referral_invitation",
    summary="Record a share",
    responses=problems(*KEYED),
)
async def invite(
    customer_id: FromPath[str], data: JSONBody[InvitationIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[InvitationRecorded]:
    """Record that a member shared the code: what the uptake of referrals is measured by."""
    key = shop_id(customer_id, "customer_id")

    async def verb(tx: Tx) -> tuple[UUID | None, InvitationRecorded]:
        shared = await record_share(tx, source, key, data.channel, data.shared_at)
        told = InvitationRecorded(shared.share_id, key, shared.channel, shared.shared_at, source.request_id)
        return shared.customer_id, told

    return await _once(state, once(source, idempotency_key, "referral-invitation/1", (key, data)), verb, 201)


@get(
    "/referral-codes/{code:str}",
    operation_id="check_referral_code",
    summary="Tell whether a code is valid",
    responses=problems(*ALWAYS, 422),
)
async def check(code: FromPath[str], source: Writing, connection: Reading) -> ValidityOut:
    """Tell whether a code could be claimed now, and if not why. It says nothing of whose code it is."""
    if len(code) > 2 * LONGEST or "\x00" in code:
        msg = "This is too long for a code."
        raise Invalid(msg, pointer="/code")
    found = await validity_of(connection, source, code)
    return ValidityOut(code, found.valid, found.reason)


@get("/referrals", operation_id="list_referrals", summary="List referrals", responses=problems(*READING, 403))
async def show_all(
    source: Writing,
    connection: Reading,
    state_of: StateQuery = None,
    customer: CustomerQuery = None,
    limit: PageSize = 50,
    cursor: Cursor = None,
) -> Referrals:
    """List referrals, newest first, with what became of each and why."""
    key = None if customer is None else shop_id(customer, "customer_id")
    return await list_referrals(connection, source, state_of, key, limit, cursor)


@post(
    "/referrals/{referral_id:uuid}/release",
    operation_id="release_referral",
    summary="Release",
    status_code=200,
    responses=problems(*READING, 403, 409),
)
async def release(referral_id: FromPath[UUID], state: State, source: Writing) -> ReferralOut:
    """Let a referral through that waits for review; the points come as if it had never waited. The same is a replay."""
    return await _decide(state, source, referral_id, let_through=True)


@post(
    "/referrals/{referral_id:uuid}/refuse",
    operation_id="refuse_referral",
    summary="Refuse",
    status_code=200,
    responses=problems(*READING, 403, 409),
)
async def refuse(referral_id: FromPath[UUID], state: State, source: Writing) -> ReferralOut:
    """Refuse a referral that is claimed or waits for review. The same again is a replay."""
    return await _decide(state, source, referral_id, let_through=False)


async def _decide(state: State, source: Source, referral_id: UUID, *, let_through: bool) -> ReferralOut:
    await one(state.database, lambda tx: decide_as_staff(tx, source, referral_id, let_through=let_through))
    async with state.database.reader() as connection:
        return await show_referral(connection, source, referral_id)


async def _once(
    state: State, keyed: Once, verb: Callable[[Tx], Awaitable[tuple[UUID | None, msgspec.Struct]]], status: int
) -> Response[Any]:
    """Commit a verb under a key; what it answers is pinned with it, and goes with the person it is about."""

    async def pinned(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        about, answer = await verb(tx)
        body = msgspec.json.encode(answer)
        await pin_alone(tx.connection, keyed, status, body, about)
        return status, body

    return respond_once(await write_once(state.database, keyed, pinned, whole=True))


router = Router(
    path="/v1",
    tags=["referrals"],
    opt=of_room("referrals"),
    route_handlers=[show_terms, publish, show_code, draw, give, invite, check, show_all, release, refuse],
)
