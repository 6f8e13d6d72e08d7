"""The nightly audit of each programme, where its engine is installed."""

import structlog

from kpi.audit.actions import audit, installed
from loyalty.jobs.job import Desk
from loyalty.programs.queries import program_of

log = structlog.get_logger("kpi.audit")
_said: list[str] = []


async def audit_nightly(desk: Desk) -> None:
    """Audit the desk's programme; a difference is an alarm in the log, and no failure that is tried again.

    Without the extra there is nothing to do; that is said once in the life of a worker.
    """
    if not installed():
        if not _said:
            _said.append("kpi_audit_not_installed")
            log.debug(_said[0], install="loyalty[audit]")
        return
    async with desk.database.reader() as connection:
        report = await audit(connection, await program_of(connection, desk.program_id))
    log.info(
        "kpi_audited",
        program_id=desk.program_id,
        compared=report.compared.total(),
        differences=len(report.differences),
        run_id=str(desk.run_id),
    )
