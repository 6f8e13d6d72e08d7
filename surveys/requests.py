"""A link on request: the storefront asks for one, and shows it itself.

The key of the request is the occasion, so a retry gets the same link; it is made again, and kept nowhere.
"""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from loyalty.database import Tx
from loyalty.errors import Conflict, NotFound
from loyalty.programs.facts import Source
from surveys import invitations, queries
from surveys.invitations import Invitation
from surveys.people import known_as, now_of, persons
from surveys.planning import invitation
from surveys.queries import Edition
from surveys.sending import link_of, send
from surveys.tokens import Keyring


class SurveyNotOpen(Conflict):
    """The survey is a draft, or closed."""

    code = "survey_not_open"


class LinkGiven(Struct, frozen=True):
    """A link for a customer; `secret` is in no row and no log."""

    invitation_id: UUID
    secret: str
    ends_at: datetime


class LinkRefused(Struct, frozen=True):
    """Why the customer is not asked."""

    invitation_id: UUID
    reason: str


async def ask_for_link(
    tx: Tx, source: Source, survey_id: UUID, external_id: str, key: str, ring: Keyring
) -> LinkGiven | LinkRefused:
    """Give a link to show, or the reason why not; the same key again gets the same. Needs a transaction."""
    connection, program_id = tx.connection, source.program.program_id
    occasion = f"request/{sha256(f'{source.storefront_id}/{key}'.encode()).hexdigest()}"
    found = await invitations.of_occasion(connection, program_id, survey_id, occasion)
    if found is None:
        edition = await _open_edition(tx, program_id, survey_id)
        await _plan(tx, source, edition, external_id, occasion)
        found = await _planned(tx, program_id, survey_id, occasion)
        if found.state == "planned":
            await send(tx, source.program, found.invitation_id, ring, None)
            found = await _planned(tx, program_id, survey_id, occasion)
    if found.reason is not None:
        return LinkRefused(found.invitation_id, found.reason)
    token = link_of(ring, found)
    if token is None or found.ends_at is None:
        return LinkRefused(found.invitation_id, "switched_off")
    return LinkGiven(found.invitation_id, token.secret, found.ends_at)


async def _plan(tx: Tx, source: Source, edition: Edition, external_id: str, occasion: str) -> None:
    connection, program_id = tx.connection, source.program.program_id
    customer_id = await known_as(connection, program_id, source.namespace, external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    now = await now_of(connection, program_id)
    person = (await persons(connection, program_id, [customer_id], now))[customer_id]
    stored = await queries.policy_of(connection, program_id)
    planned = invitation(stored, edition, person, occasion, "link", now)
    await invitations.add(connection, program_id, [planned], now)


async def _open_edition(tx: Tx, program_id: int, survey_id: UUID) -> Edition:
    editions = {one.survey_id: one for one in await queries.open_editions(tx.connection, program_id)}
    if survey_id in editions:
        return editions[survey_id]
    if await queries.find_survey(tx.connection, program_id, survey_id) is None:
        msg = f"There is no survey {survey_id}."
        raise NotFound(msg)
    msg = "This survey is not open: publish it first."
    raise SurveyNotOpen(msg)


async def _planned(tx: Tx, program_id: int, survey_id: UUID, occasion: str) -> Invitation:
    found = await invitations.of_occasion(tx.connection, program_id, survey_id, occasion)
    if found is None:  # pragma: no cover - it was planned in this transaction, or before
        raise AssertionError
    return found
