"""What is cleaned up behind members' own pages."""

from loyalty.account_page import queries
from loyalty.account_page.rules import KEPT_AFTER_THE_END
from loyalty.jobs.job import Desk


async def clean_up(desk: Desk) -> None:
    """Delete links that ended long ago."""
    async with desk.database.writer() as connection:
        await queries.clean(connection, desk.program_id, KEPT_AFTER_THE_END)
