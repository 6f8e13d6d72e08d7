"""A link on request: the storefront asks for one, and shows it itself.

The key of the request is the occasion, so a retry is about the same invitation. Its link is kept nowhere: it is made
again whenever it is shown.
"""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection, Tx
from loyalty.errors import Conflict, NotFound
from loyalty.programs.facts import Source
from surveys.invitations import queries as invitations
from surveys.invitations.people import known_as, now_of, persons
from surveys.invitations.planning import invitation
from surveys.invitations.queries import Invitation
from surveys.invitations.sending import link_of, send
from surveys.invitations.tokens import Keyring
from surveys.plans import queries as plans
from surveys.plans.queries import Edition


class SurveyNotOpen(Conflict):
    """The survey is a draft, or closed."""

    code = "survey_not_open"


class NotOnRequest(Conflict):
    """The survey asks by mail."""

    code = "survey_not_on_request"


class Asked(Struct, frozen=True):
    """What became of a request: a link until `ends_at`, or the reason why there is none."""

    invitation_id: UUID
    customer_id: UUID
    ends_at: datetime | None = None
    reason: str | None = None


async def ask_for_link(tx: Tx, source: Source, survey_id: UUID, external_id: str, key: str, ring: Keyring) -> Asked:
    """Ask a customer by a link, if that one may be asked; the same key again asks nobody. Needs a transaction."""
    connection, program_id, occasion = tx.connection, source.program.program_id, _occasion(source, key)
    found = await invitations.of_occasion(connection, program_id, survey_id, occasion)
    if found is None:
        edition = await _open_edition(tx, program_id, survey_id)
        await _plan(tx, source, edition, external_id, occasion)
        found = await _planned(tx, program_id, survey_id, occasion)
    if found.state == "planned":
        await send(tx, source.program, found.invitation_id, ring, None)
        found = await _planned(tx, program_id, survey_id, occasion)
    if found.customer_id is None:  # pragma: no cover - the key's answer went with the person
        raise AssertionError
    return Asked(found.invitation_id, found.customer_id, found.ends_at, found.reason)


async def link_again(connection: Connection, source: Source, survey_id: UUID, key: str, ring: Keyring) -> str | None:
    """Make the secret of a link that was asked for; None where it cannot be made any more."""
    found = await invitations.of_occasion(connection, source.program.program_id, survey_id, _occasion(source, key))
    token = None if found is None else link_of(ring, found)
    return None if token is None else token.secret


def _occasion(source: Source, key: str) -> str:
    return f"request/{sha256(f'{source.storefront_id}/{key}'.encode()).hexdigest()}"


async def _plan(tx: Tx, source: Source, edition: Edition, external_id: str, occasion: str) -> None:
    connection, program_id = tx.connection, source.program.program_id
    customer_id = await known_as(connection, program_id, source.namespace, external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    now = await now_of(connection, program_id)
    person = (await persons(connection, program_id, [customer_id], now))[customer_id]
    planned = invitation(edition, person, occasion, "link", now)
    await invitations.add(connection, program_id, [planned], now)


async def _open_edition(tx: Tx, program_id: int, survey_id: UUID) -> Edition:
    editions = {one.survey_id: one for one in await plans.open_editions(tx.connection, program_id)}
    if survey_id in editions:
        kind = editions[survey_id].content.trigger.get("kind")
        if kind != "on_request":
            msg = f"This survey asks by mail ({kind}). Give links of a survey whose trigger is of kind on_request."
            raise NotOnRequest(msg)
        return editions[survey_id]
    if await plans.find_survey(tx.connection, program_id, survey_id) is None:
        msg = f"There is no survey {survey_id}."
        raise NotFound(msg)
    msg = "This survey is not open: publish it first."
    raise SurveyNotOpen(msg)


async def _planned(tx: Tx, program_id: int, survey_id: UUID, occasion: str) -> Invitation:
    found = await invitations.of_occasion(tx.connection, program_id, survey_id, occasion)
    if found is None:  # pragma: no cover - it was planned in this transaction, or before
        raise AssertionError
    return found
