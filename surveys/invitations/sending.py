"""Sending what is due: each invitation is decided, counted and handed to the post in one commit.

Who is killed in between sends nothing, or all of it; two workers wait for each other at the invitation, two surveys of
one customer at the customer's clock.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection, Tx
from loyalty.outbox.queries import tell
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts
from surveys.invitations import clocks, posted
from surveys.invitations import queries as invitations
from surveys.invitations.draws import held_out
from surveys.invitations.people import PersonKnown, now_of, persons, survivor_of
from surveys.invitations.queries import Invitation
from surveys.invitations.rules import Standing, Verdict, decide, remind
from surveys.invitations.tokens import Keyring, Token
from surveys.plans import queries as plans
from surveys.plans import times
from surveys.plans.policy import StoredPolicy


class NoKey(Exception):
    """There is no key to make links with: an operator must set one."""


class Asking(Struct, frozen=True):
    """What the post needs of an invitation that is sent, or reminded of."""

    program: ProgramFacts
    invitation: Invitation
    person: PersonKnown
    token: Token
    ends_at: datetime
    reminder: bool


# Hands an asking to the post in the commit of its sending; names the letter where one was written.
Post = Callable[[Tx, Asking], Awaitable[UUID | None]]


async def send(tx: Tx, program: ProgramFacts, invitation_id: UUID, ring: Keyring, post: Post | None) -> Verdict | None:
    """Send an invitation that is due, or skip it, or have it wait; None: it is planned no more. Needs a transaction."""
    connection, program_id = tx.connection, program.program_id
    found = await invitations.to_decide(connection, program_id, invitation_id)
    if found is None or found.state != "planned":
        return None
    stored = await plans.policy_of(connection, program_id)
    person, now = await _held(connection, program_id, found)
    verdict = decide(stored, found.channel, _standing(stored, found, person), now)
    cap = stored.policy.daily_cap
    if verdict.outcome == "send" and found.channel == "mail" and cap is not None:
        day = local_day(now, program.zone)
        if not await clocks.take_room(connection, program_id, day, cap, found.due_at, now):
            verdict = Verdict("wait")
    if verdict.outcome == "wait":
        at = times.tomorrow(now, found.content.send_at, program.zone)
        await invitations.later(connection, program_id, invitation_id, at)
    elif verdict.reason is not None:
        await invitations.skipped(connection, program_id, invitation_id, verdict.reason)
    else:
        await _send(tx, program, found, person, ring, post, now)
    return verdict


async def _held(connection: Connection, program_id: int, found: Invitation) -> tuple[PersonKnown, datetime]:
    """Tell what is known of the customer, and the time; nobody else asks that one until the transaction ends."""
    asked = found.customer_id
    if asked is None:  # pragma: no cover - an erasure skips what was planned
        raise AssertionError
    survivor = await survivor_of(connection, program_id, asked)
    await clocks.hold_clock(connection, program_id, survivor or asked)
    # After the lock: who waited for it is not to decide by what was before.
    now = await now_of(connection, program_id)
    return (await persons(connection, program_id, [asked], now))[asked], now


def _standing(stored: StoredPolicy, found: Invitation, person: PersonKnown) -> Standing:
    return Standing(
        due_at=found.due_at,
        closed=found.survey_state != "open",
        erased=person.erased,
        held_out=held_out(stored.salt, person.customer_id, stored.policy.holdout_bp),
        suppressed=person.suppressed,
        consent=person.consents(stored.policy.consent),
        address=person.email is not None,
        kept=found.kept,
        sent_at=person.sent_at,
        held_out_at=person.held_out_at,
    )


async def _send(
    tx: Tx,
    program: ProgramFacts,
    found: Invitation,
    person: PersonKnown,
    ring: Keyring,
    post: Post | None,
    now: datetime,
) -> None:
    token, program_id = _new_token(ring, found, found.token_version), program.program_id
    ends_at = times.ends_at(now)
    reminds = found.content.reminder and found.channel == "mail"
    told = (now, ends_at, times.remind_at(now) if reminds else None)
    await invitations.sent(tx.connection, program_id, found.invitation_id, token, told)
    await clocks.wind_clock(tx.connection, program_id, person.customer_id, now)
    await tell(tx.connection, program_id, "survey.sent", f"survey_invitation/{found.invitation_id}")
    if post is not None and found.channel == "mail":
        mail_id = await post(tx, Asking(program, found, person, token, ends_at, reminder=False))
        await posted.mailed(tx.connection, program_id, found.invitation_id, mail_id)


async def send_reminder(
    tx: Tx, program: ProgramFacts, invitation_id: UUID, ring: Keyring, post: Post | None
) -> Verdict | None:
    """Send the one reminder, or decide that there is none; None: it is not due. Needs a transaction."""
    connection, program_id = tx.connection, program.program_id
    found = await invitations.to_decide(connection, program_id, invitation_id)
    if found is None or found.sent_at is None or found.ends_at is None or found.customer_id is None:
        return None
    if not await invitations.reminder_open(connection, program_id, invitation_id):
        return None
    stored = await plans.policy_of(connection, program_id)
    person, now = await _held(connection, program_id, found)
    verdict = remind(_standing(stored, found, person), found.sent_at, now, answered=found.answered)
    if verdict is None:
        return None
    if verdict.outcome != "send":
        await invitations.reminded(connection, program_id, invitation_id, None)
        return verdict
    token, renewed = _same_token(ring, found)
    await invitations.reminded(connection, program_id, invitation_id, now, renewed)
    if post is not None:
        mail_id = await post(tx, Asking(program, found, person, token, found.ends_at, reminder=True))
        await posted.mailed(connection, program_id, invitation_id, mail_id)
    return verdict


def _new_token(ring: Keyring, found: Invitation, version: int) -> Token:
    token = ring.token(ring.newest, found.invitation_id, version) if ring.newest else None
    if token is None:
        raise NoKey
    return token


def _same_token(ring: Keyring, found: Invitation) -> tuple[Token, tuple[str, int, bytes] | None]:
    """Make the link again. Where its key is no more, another one takes its place, and the first ends."""
    token = ring.token(found.key_id, found.invitation_id, found.token_version) if found.key_id else None
    if token is not None:
        return token, None
    version = found.token_version + 1
    token = _new_token(ring, found, version)
    return token, (token.key_id, version, token.sha256)


def link_of(ring: Keyring, found: Invitation) -> Token | None:
    """Make the link of a sent invitation again; None where its key is no more."""
    return ring.token(found.key_id, found.invitation_id, found.token_version) if found.key_id else None
