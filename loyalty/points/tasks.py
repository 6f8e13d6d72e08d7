"""What the worker does about points: the sweep, the warnings before points end, and the seals.

The sweep is only housekeeping: reads and writes settle for themselves. It makes what fell due news for others.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Database, Tx, one
from loyalty.jobs.job import Desk
from loyalty.points.actions import accounts_due, settle_accounts
from loyalty.points.book import Book
from loyalty.points.dates import local_day, midnight_after
from loyalty.points.facts import RecordedAward
from loyalty.points.notices import tell_once
from loyalty.points.reading import open_book
from loyalty.points.rules import end_of, told
from loyalty.points.seals import RecordedSeal, seal_ledger
from loyalty.programs.facts import Source
from loyalty.programs.queries import program_of

EXPIRING = "points.expiring"
_AT_ONCE = 100
_FIRST = UUID(int=0)
log = structlog.get_logger("loyalty.points")


async def source_of(desk: Desk) -> Source:
    """Give the programme's own hand: what no storefront and no person asked for."""
    async with desk.database.reader() as connection:
        program = await program_of(connection, desk.program_id)
    return Source(program, 0, "default", "worker", f"job:{desk.run_id}")


async def settle_due(desk: Desk) -> None:
    """Post what matured, ended or timed out in accounts that nobody wrote about meanwhile."""
    source = await source_of(desk)
    settled = 0
    async for ids in _slices(desk.database, source.program.program_id, timedelta()):
        done = await one(desk.database, partial(_settle, source, ids))
        settled += sum(award is not None for award in done)
    if settled:
        log.info("settled", program_id=desk.program_id, accounts=settled, run_id=str(desk.run_id))


async def _settle(source: Source, ids: list[UUID], tx: Tx) -> list[RecordedAward | None]:
    return await settle_accounts(tx, source, ids)


async def _slices(database: Database, program_id: int, ahead: timedelta) -> AsyncIterator[list[UUID]]:
    after = _FIRST
    while True:
        async with database.reader() as connection:
            ids = await accounts_due(connection, program_id, ahead, after, _AT_ONCE)
        if not ids:
            return
        yield ids
        after = ids[-1]


async def warn(desk: Desk) -> None:
    """Tell of points that end within the programme's days of warning, once for each lot and date."""
    source = await source_of(desk)
    ahead = timedelta(days=source.program.policies.expiry_warning_days + 1)
    async for ids in _slices(desk.database, source.program.program_id, ahead):
        async with desk.database.reader() as connection:
            book = await open_book(Tx(connection), source, ids=ids)
        await tell_once(desk.database, source, EXPIRING, ending_soon(book, ids))


def ending_soon(book: Book, ids: list[UUID]) -> list[str]:
    """Name the lots of accounts that end within the days of warning: `customer/…/lot/…/ends/<instant>`."""
    program = book.source.program
    last_day = local_day(book.now, program.zone) + timedelta(days=program.policies.expiry_warning_days)
    until = midnight_after(last_day, program.zone)
    found = []
    for customer_id in ids:
        account = book.accounts[customer_id]
        for lot in account.lots:
            end = end_of(account, lot)
            if lot.remaining and not lot.pending and end is not None and end <= until:
                found.append(f"customer/{customer_id}/lot/{lot.seq}/ends/{told(end)}")
    return found


async def seal(desk: Desk) -> None:
    """Seal the ledger of the desk's programme."""
    await seal_and_log(desk.database, desk.program_id)


async def seal_all(database: Database, program_id: int | None = None) -> None:
    """Seal a programme, or all of them."""
    async with database.reader() as connection:
        programs = await connection.fetch("SELECT program_id FROM program ORDER BY program_id")
    for row in programs:
        if program_id in {None, row["program_id"]}:
            await seal_and_log(database, row["program_id"])


async def seal_and_log(database: Database, program_id: int) -> RecordedSeal | None:
    """Seal a programme's ledger, and write the root into the log: who changes the database cannot change that."""
    async with database.writer() as connection, connection.transaction():
        seal = await seal_ledger(Tx(connection), program_id)
    if seal:
        log.info(
            "sealed",
            program_id=program_id,
            number=seal.number,
            cut_at=seal.cut_at.isoformat(),
            accounts=seal.accounts,
            awards=seal.awards,
            root=seal.root.hex(),
            hash=seal.hash.hex(),
        )
    return seal
