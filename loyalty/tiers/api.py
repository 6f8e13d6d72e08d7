"""Tiers over HTTP."""

from functools import partial

import msgspec
from litestar import Response, Router, delete, get, put
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody

from loyalty.auth.scopes import of_room
from loyalty.database import Tx
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin, pin_alone
from loyalty.programs.api import Calling, Reading, Writing, once
from loyalty.programs.facts import Source
from loyalty.statements import Part
from loyalty.tiers.actions import Held, NewFloor, hold_at_least, publish_scheme
from loyalty.tiers.queries import scheme_of
from loyalty.tiers.wire import FloorIn, FloorRecorded, SchemeIn, SchemeOut, floor_answer, scheme_out
from loyalty.web.bounds import shop_id
from loyalty.web.etags import ETAG, IfMatch, check_match, tagged, tagged_once
from loyalty.web.openapi import KEYED, READING, problems

_KEYED = problems(*KEYED, 403)
_FLOOR = "/members/{customer_id:str}/tier-floor"


@get(
    "/tiers",
    operation_id="get_tiers",
    summary="Show the tiers",
    response_headers=ETAG,
    responses=problems(*READING, 403),
)
async def show(caller: Calling, connection: Reading) -> Response[SchemeOut]:
    """Show the programme's tiers in force, lowest first, what counts towards them and within which window."""
    told = scheme_out(await scheme_of(connection, caller.program.program_id), caller.program.digits)
    return tagged(told, told.version)


@put(
    "/tiers",
    operation_id="publish_tiers",
    summary="Publish the tiers",
    response_headers=ETAG,
    responses=problems(*KEYED, 412),
)
async def publish(
    data: JSONBody[SchemeIn], state: State, source: Writing, idempotency_key: Keyed, if_match: IfMatch = None
) -> Response[SchemeOut]:
    """Publish the tiers as a new version, in force at once: who reaches one has it, who does not keeps it in grace.

    The same tiers again are the version that there is.
    """
    scheme = data.scheme(source.program.digits)

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        check = partial(check_match, if_match)
        published = await publish_scheme(tx.connection, source.program, scheme, source.actor, check)
        body = msgspec.json.encode(scheme_out(published, source.program.digits))
        await pin_alone(tx.connection, keyed, 200, body, None)
        return 200, body

    keyed = once(source, idempotency_key, "tiers/1", data)
    answered = await write_once(state.database, keyed, verb, whole=True)
    state.doorbell.ring_soon()
    return tagged_once(respond_once(answered), "version")


@put(_FLOOR, operation_id="hold_at_tier", summary="Hold a member at a tier", responses=_KEYED)
async def hold(
    customer_id: FromPath[str],
    data: JSONBody[FloorIn],
    state: State,
    source: Writing,
    idempotency_key: Keyed,
) -> Response[FloorRecorded]:
    """Hold a member at a tier at least, until a day or for ever, and say why."""
    new = data.floor(shop_id(customer_id, "customer_id"))
    keyed = once(source, idempotency_key, "tier-floor/1", (new.external_id, data))
    return await _hold(state, source, new, keyed)


@delete(_FLOOR, operation_id="release_tier", summary="Hold no more", status_code=200, responses=_KEYED)
async def release(
    customer_id: FromPath[str], state: State, source: Writing, idempotency_key: Keyed
) -> Response[FloorRecorded]:
    """Take the floor away: the member has the tier that was earned, from now on."""
    new = NewFloor(shop_id(customer_id, "customer_id"), None)
    keyed = once(source, idempotency_key, "no-tier-floor/1", (new.external_id,))
    return await _hold(state, source, new, keyed)


async def _hold(state: State, source: Source, new: NewFloor, keyed: Once) -> Response[FloorRecorded]:
    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        answer = partial(floor_answer, new.external_id, source.request_id)
        bodies: list[bytes] = []

        def besides(held: Held) -> list[Part]:
            bodies.append(msgspec.json.encode(answer(held)))
            return [pin(keyed, 200, bodies[-1], held.customer_id, held.recorded_at)]

        await hold_at_least(tx, source, new, besides)
        return 200, bodies[-1]

    return respond_once(await write_once(state.database, keyed, verb))


router = Router(path="/v1", tags=["tiers"], opt=of_room("tiers"), route_handlers=[show, publish, hold, release])
