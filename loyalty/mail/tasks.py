"""Sending what waits in the queue."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from aiosmtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.jobs.job import Desk
from loyalty.mail import queries
from loyalty.mail.facts import Queued
from loyalty.mail.rules import FOR_GOOD, compose, wait_after
from loyalty.mail.server import Conversation, conversation, mail_server
from loyalty.settings import Settings

log = structlog.get_logger("loyalty.mail")

DELIVER = "mail.deliver"
_AT_ONCE = 50
# Longer than sending so many takes when the server dawdles.
_TAKEN_FOR = timedelta(minutes=30)
_WITHOUT_A_SERVER = timedelta(minutes=10)


async def deliver(desk: Desk) -> None:
    """Send a programme's letters that are due."""
    await work_off(desk.database, desk.program_id, Settings())


async def work_off(database: Database, program_id: int, settings: Settings) -> None:
    """Send letters until none is due. One that fails is tried again later; a killed worker's may be sent twice."""
    if settings.smtp_url is None:
        log.warning("letters wait for a mail server: set SMTP_URL", program_id=program_id)
        async with database.writer() as connection:
            await queries.put_off(connection, program_id, _WITHOUT_A_SERVER)
        return
    server = mail_server(settings.smtp_url)
    while letters := await _take(database, program_id):
        left = list(letters)
        try:
            async with conversation(server) as client:
                while left:
                    await _send(database, program_id, client, left[0], settings.mail_from)
                    left.pop(0)
        except (SMTPException, OSError) as error:
            # Whoever has no server, or is not let in, has nothing against these letters.
            for queued in left:
                await _failed(database, program_id, queued, error, for_good=False)


async def _take(database: Database, program_id: int) -> list[Queued]:
    async with database.writer() as connection:
        return await queries.take(connection, program_id, _AT_ONCE, _TAKEN_FOR)


async def _send(database: Database, program_id: int, client: Conversation, queued: Queued, sender: str) -> None:
    """Send one letter. What the server has against this letter is its own failure; others are raised."""
    try:
        mail = compose(queued.letter, sender, queued.mail_id, utc_now())
        await client.sendmail(mail.sender, mail.to, mail.content)
    except SMTPSenderRefused:
        raise
    except (ValueError, SMTPRecipientsRefused, SMTPResponseException) as error:
        await _failed(database, program_id, queued, error)
        return
    client.noting = asyncio.ensure_future(_note(database, program_id, queued.mail_id))


async def _note(database: Database, program_id: int, mail_id: UUID) -> None:
    async with database.writer() as connection:
        await queries.sent(connection, program_id, mail_id)


async def _failed(
    database: Database, program_id: int, queued: Queued, error: Exception, *, for_good: bool = True
) -> None:
    """Try again later, or give up. Of the error only its name and number are kept: its words may name people."""
    code = _code(error)
    refused = for_good and (isinstance(error, ValueError) or code in FOR_GOOD)
    wait = wait_after(queued.attempt, timedelta(seconds=queued.age_seconds), refused=refused)
    said = type(error).__name__ + (f" {code}" if code else "")
    log.warning("letter not sent", mail_id=str(queued.mail_id), error=said, again=wait is not None)
    async with database.writer() as connection:
        if wait is None:
            await queries.given_up(connection, program_id, queued.mail_id, said)
        else:
            await queries.later(connection, program_id, queued.mail_id, wait, said)


def _code(error: Exception) -> int | None:
    """Find the mail server's number in an error."""
    if isinstance(error, SMTPRecipientsRefused):
        return error.recipients[0].code if error.recipients else None
    return error.code if isinstance(error, SMTPResponseException) else None
