"""The worker with one job more, which never ends. `python -m tests.loyalty.jobs.slow_worker quick|main`."""

import asyncio
import sys

from loyalty import background, worker
from loyalty.jobs.job import Desk, Every, Job
from loyalty.settings import Settings
from loyalty.web.logs import log_as_json
from tests.loyalty.jobs.workers import QUICK


async def hang(_: Desk) -> None:
    await asyncio.Event().wait()


async def work_quickly() -> None:
    log_as_json()
    await worker.work(Settings(), asyncio.Event(), QUICK)


if __name__ == "__main__":
    background.JOBS += (Job("test.hangs", Every(3600), hang),)
    if sys.argv[1] == "quick":
        asyncio.run(work_quickly())
    else:
        worker.main()
