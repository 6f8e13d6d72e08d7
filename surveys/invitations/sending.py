"""Sending what is due: a batch of invitations is decided, counted and handed to the post in one commit.

Who is killed in between sends nothing of the batch, or all of it. Two workers pass over what the other one holds; two
surveys of one customer wait for each other at the customer's clock, and in one batch the longest due goes first.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from loyalty.database import Connection, Tx
from loyalty.outbox.queries import tell
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts
from surveys.invitations import clocks, outcomes
from surveys.invitations.deciding import Asked, Day, decide_each, standing
from surveys.invitations.holding import Held, hold
from surveys.invitations.outcomes import Posted
from surveys.invitations.people import PersonKnown
from surveys.invitations.queries import Invitation
from surveys.invitations.rules import Verdict, remind
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


# Hands askings to the post in the commit of their sending; names the letter of each where one was written.
Post = Callable[[Tx, Sequence[Asking]], Awaitable[Sequence[UUID | None]]]


async def send(tx: Tx, program: ProgramFacts, invitation_id: UUID, ring: Keyring, post: Post | None) -> Verdict | None:
    """Decide one, waiting for whoever holds it; None: it is planned no more. Needs a transaction."""
    return (await send_all(tx, program, [invitation_id], ring, post, wait=True)).get(invitation_id)


async def send_all(
    tx: Tx, program: ProgramFacts, ids: Sequence[UUID], ring: Keyring, post: Post | None, *, wait: bool = False
) -> dict[UUID, Verdict]:
    """Send invitations that are due, or skip them, or have them wait. Needs a transaction.

    Tells of those that were decided; the others are planned no more, or (but not to `wait`) held by somebody just now.
    """
    connection, program_id = tx.connection, program.program_id
    held = await hold(connection, program_id, ids, wait=wait)
    if not held.batch:
        return {}
    stored = await plans.policy_of(connection, program_id)
    today = local_day(held.now, program.zone)
    day = await _day(connection, program_id, stored, held, today)
    verdicts = decide_each(stored, held.batch, day, held.now)
    decided = list(zip(held.batch, verdicts, strict=True))
    going = [asked for asked, verdict in decided if verdict.outcome == "send"]
    if going:
        await _send(tx, program, going, ring, post, held.now)
    mailed = sum(found.channel == "mail" for found, _ in going)
    if mailed and day.cap is not None:
        await clocks.count_sent(connection, program_id, today, mailed)
    reasons = {found.invitation_id: verdict.reason for (found, _), verdict in decided if verdict.reason}
    if reasons:
        await outcomes.skipped(connection, program_id, reasons)
    waits = [found for (found, _), verdict in decided if verdict.outcome == "wait"]
    if waits:
        at = {one.invitation_id: times.tomorrow(held.now, one.content.send_at, program.zone) for one in waits}
        await outcomes.later(connection, program_id, at)
    return {found.invitation_id: verdict for (found, _), verdict in decided}


async def _day(connection: Connection, program_id: int, stored: StoredPolicy, held: Held, today: date) -> Day:
    """Tell what is left of the day for those who go by mail; nobody else takes of it until the transaction ends."""
    due = [found.due_at for found, _ in held.batch if found.channel == "mail"]
    cap = stored.policy.daily_cap
    if cap is None or not due:
        return Day()
    sent = await clocks.hold_day(connection, program_id, today)
    waiting = await clocks.waiting_longer(connection, program_id, due[-1], held.now, max(0, cap - sent))
    return Day(cap, sent, waiting)


async def _send(
    tx: Tx, program: ProgramFacts, going: Sequence[Asked], ring: Keyring, post: Post | None, now: datetime
) -> None:
    connection, program_id, ends_at = tx.connection, program.program_id, times.ends_at(now)
    askings = [
        Asking(program, found, person, _new_token(ring, found, found.token_version), ends_at, reminder=False)
        for found, person in going
    ]
    letters = await _post(tx, askings, post)
    rows = [
        Posted(
            one.invitation.invitation_id,
            one.token,
            one.invitation.token_version,
            letters.get(one.invitation.invitation_id),
            one.person.email if one.invitation.channel == "mail" else None,
            times.remind_at(now) if one.invitation.content.reminder and one.invitation.channel == "mail" else None,
        )
        for one in askings
    ]
    await outcomes.sent(connection, program_id, rows, now, ends_at)
    await clocks.wind_clocks(connection, program_id, [person.customer_id for _, person in going], now)
    await tell(connection, program_id, "survey.sent", *(f"survey_invitation/{row.invitation_id}" for row in rows))


async def _post(tx: Tx, askings: Sequence[Asking], post: Post | None) -> dict[UUID, UUID | None]:
    """Hand over what goes by mail; names the letters by their invitations."""
    by_mail = [one for one in askings if one.invitation.channel == "mail"]
    if post is None or not by_mail:
        return {}
    letters = await post(tx, by_mail)
    return {one.invitation.invitation_id: mail_id for one, mail_id in zip(by_mail, letters, strict=True)}


async def remind_all(
    tx: Tx, program: ProgramFacts, ids: Sequence[UUID], ring: Keyring, post: Post | None
) -> dict[UUID, Verdict]:
    """Send the one reminder of each, or decide that there is none. Needs a transaction.

    Tells of those that were decided; the others are not due, or held by somebody just now.
    """
    connection, program_id = tx.connection, program.program_id
    held = await hold(connection, program_id, ids, reminders=True)
    if not held.batch:
        return {}
    stored = await plans.policy_of(connection, program_id)
    decided: list[tuple[Asked, Verdict]] = []
    for found, person in held.batch:
        verdict = remind(standing(stored, found, person), found.sent_at or held.now, held.now, answered=found.answered)
        if verdict is not None:
            decided.append(((found, person), verdict))
    going = [asked for asked, verdict in decided if verdict.outcome == "send"]
    if going:
        await _remind(tx, program, going, ring, post, held.now)
    never = [found.invitation_id for (found, _), verdict in decided if verdict.outcome != "send"]
    if never:
        await outcomes.not_reminded(connection, program_id, never)
    return {found.invitation_id: verdict for (found, _), verdict in decided}


async def _remind(
    tx: Tx, program: ProgramFacts, going: Sequence[Asked], ring: Keyring, post: Post | None, now: datetime
) -> None:
    links = [_same_token(ring, found) for found, _ in going]
    askings = [
        Asking(program, found, person, token, found.ends_at or now, reminder=True)
        for (found, person), (token, _) in zip(going, links, strict=True)
    ]
    letters = await _post(tx, askings, post)
    rows = [
        Posted(found.invitation_id, token, version, letters.get(found.invitation_id), person.email)
        for (found, person), (token, version) in zip(going, links, strict=True)
    ]
    await outcomes.reminded(tx.connection, program.program_id, rows, now)


def _new_token(ring: Keyring, found: Invitation, version: int) -> Token:
    token = ring.token(ring.newest, found.invitation_id, version) if ring.newest else None
    if token is None:
        raise NoKey
    return token


def _same_token(ring: Keyring, found: Invitation) -> tuple[Token, int]:
    """Make the link again, of which version. Where its key is no more, another takes its place, and the first ends."""
    token = link_of(ring, found)
    if token is not None:
        return token, found.token_version
    version = found.token_version + 1
    return _new_token(ring, found, version), version


def link_of(ring: Keyring, found: Invitation) -> Token | None:
    """Make the link of a sent invitation again; None where its key is no more."""
    return ring.token(found.key_id, found.invitation_id, found.token_version) if found.key_id else None
