"""What the worker does about refused calls: it lets the old ones go."""

from loyalty.jobs.job import Desk
from loyalty.refusals import queries


async def sweep(desk: Desk) -> None:
    """Let go of what was refused long ago, and of what is too much."""
    async with desk.database.writer() as connection:
        await queries.sweep(connection, desk.program_id)
