"""News that jobs find, each told once: `points.expiring`, `refund.parked_too_long`."""

from datetime import datetime

from loyalty.database import Database, Tx, one
from loyalty.ids import new_id
from loyalty.outbox.tables import Notice
from loyalty.points.facts import NewEvent
from loyalty.points.queries import Append, append
from loyalty.programs.facts import Source
from loyalty.statements import insert

_NEW = """
SELECT s.subject, clock_timestamp() + g.clock_offset AS now FROM unnest($3::text[]) AS s(subject), program g
WHERE g.program_id = $1 AND NOT EXISTS (
  SELECT FROM notice n WHERE n.program_id = $1 AND n.kind = $2 AND n.subject = s.subject)
"""


async def tell_once(database: Database, source: Source, kind: str, subjects: list[str]) -> int:
    """Make an event of each subject that was not told of yet; gives how many. Two at once: each is told once."""

    async def tell(tx: Tx) -> int:
        rows = await tx.connection.fetch(_NEW, source.program.program_id, kind, subjects)
        if rows:
            now: datetime = rows[0]["now"]
            told = [row["subject"] for row in rows]
            events = [NewEvent(new_id(), kind, subject, None, None, None, source.origin) for subject in told]
            part = insert(Notice, ["kind", "subject"], [(kind, subject) for subject in told], recorded_at=now)
            await append(tx, Append(source.program.program_id, now, [], [], events, after=[part]))
        return len(rows)

    return await one(database, tell) if subjects else 0
