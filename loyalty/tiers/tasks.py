"""What the worker does about tiers: each night, and after a new scheme, whoever's standing may be another one now.

Nothing waits for it: who buys, or is looked at, is brought up to the day first. It makes it news for others. So it may
come late, or twice, and a night in which the clocks change is one like others.
"""

from functools import partial
from uuid import UUID

import structlog

from loyalty.database import Tx, one
from loyalty.jobs.job import Desk
from loyalty.points.tasks import source_of
from loyalty.programs.facts import Source
from loyalty.tiers.actions import review_customers
from loyalty.tiers.queries import customers_to_review, scheme_of

_AT_ONCE = 100
_FIRST = UUID(int=0)
log = structlog.get_logger("loyalty.tiers")


async def review(desk: Desk) -> None:
    """Decide the tiers of everybody whose day has come, or who was last looked at under an older scheme."""
    source = await source_of(desk)
    changed, after = 0, _FIRST
    while True:
        async with desk.database.reader() as connection:
            scheme = await scheme_of(connection, desk.program_id)
            if scheme is None:
                return
            ids = await customers_to_review(connection, desk.program_id, scheme.version, after, _AT_ONCE)
        if not ids:
            break
        changed += await one(desk.database, partial(_slice, source, ids))
        after = ids[-1]
    if changed:
        log.info("tiers_changed", program_id=desk.program_id, changes=changed, run_id=str(desk.run_id))


async def _slice(source: Source, ids: list[UUID], tx: Tx) -> int:
    return await review_customers(tx, source, ids)
