"""What is done about the ledger every night."""

import structlog

from loyalty.database import Database, Tx
from loyalty.points.seals import RecordedSeal, seal_ledger

log = structlog.get_logger("loyalty.points")


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
