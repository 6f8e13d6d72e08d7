"""What the worker does about purchases: it tells of refunds whose purchase does not come."""

from datetime import timedelta

import structlog

from loyalty.jobs.job import Desk
from loyalty.points.notices import tell_once
from loyalty.points.tasks import source_of

PARKED = "refund.parked_too_long"
_WAITING = """
SELECT p.purchase_id FROM purchase p
WHERE p.program_id = $1 AND p.state = 'awaited'
  AND p.recorded_at < (SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1) - $2::interval
  AND NOT EXISTS (SELECT FROM notice n WHERE n.program_id = $1 AND n.kind = $3
    AND n.subject = 'purchase/' || p.purchase_id)
ORDER BY p.purchase_id LIMIT $4
"""
_AT_ONCE = 500
log = structlog.get_logger("loyalty.purchases")


async def tell_of_parked(desk: Desk) -> None:
    """Tell, once, of refunds and cancellations that have waited for their purchase longer than the policy says."""
    source = await source_of(desk)
    hours = timedelta(hours=source.program.policies.parked_alert_hours)
    while True:
        async with desk.database.reader() as connection:
            rows = await connection.fetch(_WAITING, desk.program_id, hours, PARKED, _AT_ONCE)
        if not rows:
            return
        subjects = [f"purchase/{row[0]}" for row in rows]
        await tell_once(desk.database, source, PARKED, subjects)
        log.warning("refunds_wait_for_their_purchase", program_id=desk.program_id, purchases=len(subjects))
