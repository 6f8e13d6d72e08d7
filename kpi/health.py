"""What the panel's page of the service's health reads: jobs, events that wait, and days to be counted anew."""

from datetime import datetime

from kpi.rollup import store
from loyalty.database import Connection
from loyalty.jobs.job import INSTALLATION
from loyalty.jobs.queries import Standing, standings
from loyalty.outbox.queries import Behind, behind


async def read_health(
    connection: Connection, program_id: int
) -> tuple[list[Standing], list[Behind], int, datetime | None]:
    """Read the jobs of a programme and of the installation, its consumers, its dirty days and since when there are."""
    days, since = await store.behind(connection, program_id)
    jobs = await standings(connection, [INSTALLATION, program_id])
    return jobs, await behind(connection, program_id), days, since
