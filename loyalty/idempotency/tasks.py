"""What is let go of answers under a key."""

from loyalty.idempotency import queries
from loyalty.jobs.job import Desk


async def forget_bodies(desk: Desk) -> None:
    """Let the bodies of old answers go, in all programmes."""
    async with desk.database.writer() as connection:
        await queries.forget_bodies(connection)
