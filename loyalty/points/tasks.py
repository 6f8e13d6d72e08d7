"""What is done about the ledger every night."""

import structlog

from loyalty.database import Database, Tx
from loyalty.jobs.job import Desk
from loyalty.points.seals import RecordedSeal, seal_ledger

log = structlog.get_logger("loyalty.points")


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
