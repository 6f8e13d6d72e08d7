"""Links on request over HTTP: the storefront shows them where it likes, and no mail is written."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, post
from litestar.datastructures import ResponseHeader, State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from loyalty.auth.scopes import of_room
from loyalty.database import Tx, write
from loyalty.errors import Unavailable
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.api import REPLAYED, Keyed, respond_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import pin_alone
from loyalty.programs.api import Writing, once
from loyalty.web.openapi import KEYED, WRITING, problems
from surveys.invitations import tokens
from surveys.invitations.bounces import address_bounced
from surveys.invitations.links import Asked, ask_for_link, link_again
from surveys.invitations.rules import REASONS
from surveys.invitations.wire import BounceIn, LinkIn, LinkOut

_SKIPPED = "Survey-Skipped"
_ASKED, _NOT_ASKED = 201, 204
_HEADERS = [
    ResponseHeader(
        name=_SKIPPED,
        documentation_only=True,
        required=False,
        description=f"Of a 204: why the customer is not asked. One of {', '.join(f'`{one}`' for one in REASONS)}.",
    )
]
_RESPONSES = {
    _NOT_ASKED: ResponseSpec(None, description=f"The customer is not asked; `{_SKIPPED}` tells why."),
    **problems(*KEYED, because={409: "The survey is not open, or not of kind `on_request`."}),
}


@post(
    "/surveys/{survey_id:uuid}/invitations",
    operation_id="invite_to_survey",
    summary="Ask for a link",
    response_headers=_HEADERS,
    responses=_RESPONSES,
)
async def invite(
    survey_id: FromPath[UUID], data: JSONBody[LinkIn], state: State, source: Writing, idempotency_key: Keyed
) -> Response[LinkOut]:
    """Get a personal link to show to a customer; a 204 when that one is not to be asked, as so soon after another time.

    The survey is of kind `on_request`. The same key gets the same link again: it is made anew, and kept nowhere.
    """
    if state.links.newest is None:
        msg = "Links cannot be made here yet: whoever runs the service has to set LOYALTY_LINK_KEYS."
        raise Unavailable(msg)

    async def verb(tx: Tx, keyed: Once) -> tuple[int, bytes]:
        asked = await ask_for_link(tx, source, survey_id, data.customer_id, idempotency_key, state.links)
        # Pinned without the link: what reads the database is to open none.
        status, body = _NOT_ASKED if asked.reason else _ASKED, msgspec.json.encode(asked)
        await pin_alone(tx.connection, keyed, status, body, asked.customer_id)
        return status, body

    keyed = once(source, idempotency_key, f"survey-invitation/1/{survey_id}", data)
    answered = await write_once(state.database, keyed, verb, whole=True)
    replayed = REPLAYED if answered.replayed else {}
    if answered.pinned.status not in (_ASKED, _NOT_ASKED):
        return respond_once(answered)
    asked = msgspec.json.decode(answered.pinned.body, type=Asked)
    if asked.reason:
        skipped: Response[Any] = Response(None, status_code=_NOT_ASKED, headers={_SKIPPED: asked.reason, **replayed})
        return skipped
    async with state.database.reader() as connection:
        secret = await link_again(connection, source, survey_id, idempotency_key, state.links)
    url = tokens.address(state.public_url, source.program.program_id, secret) if secret else None
    answer = LinkOut(asked.invitation_id, asked.ends_at, url)
    return Response(answer, status_code=_ASKED, headers={"Cache-Control": "no-store", **replayed})


@post(
    "/survey-bounces",
    operation_id="tell_survey_bounce",
    summary="Tell that mail bounced",
    status_code=204,
    responses=problems(*WRITING),
)
async def bounced(data: JSONBody[BounceIn], state: State, source: Writing) -> None:
    """Have no more surveys sent to an address that a mail provider says takes no mail; the same again does nothing.

    The survey that went there last counts as bounced, unless it was answered or its link is over. A customer who is
    known under another address is written to again. The answer does not tell whether anybody has that address.
    """
    program_id = source.program.program_id

    async def verb(tx: Tx, _: object) -> list[None]:
        await address_bounced(tx, program_id, data.email)
        return [None]

    await write(state.database, verb, [None], whole=True)


router = Router(path="/v1", tags=["surveys"], opt=of_room("surveys"), route_handlers=[invite, bounced])
