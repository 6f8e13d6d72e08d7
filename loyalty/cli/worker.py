"""`loyalty worker`: what goes on in the background, as a process of its own."""

import asyncio
import time
from typing import TYPE_CHECKING

import click

from loyalty.cli.refusals import note
from loyalty.errors import Unavailable

if TYPE_CHECKING:
    from loyalty.cli.connections import Servers

_AGAIN_AFTER_SECONDS = 2.0


@click.command()
def worker() -> None:
    """Run jobs and hand events over, until Ctrl-C. Any number may run; `serve` and `demo` bring one along.

    Without Redis it asks PostgreSQL every second; without PostgreSQL it waits.
    """
    from loyalty.cli.connections import load_settings, servers
    from loyalty.cli.serve import environment
    from loyalty.worker import main

    settings = load_settings()
    with servers(settings, redis=True) as at, environment(settings, at):
        _wait_until_migrated(at)
        main()


def _wait_until_migrated(at: "Servers") -> None:
    from loyalty.cli.connections import check_migrated
    from loyalty.cli.serve import migrated

    said = False
    while True:
        try:
            asyncio.run(migrated(at.database_url) if at.embedded else check_migrated(at.database_url))
        except Unavailable as away:
            if not said:
                note(f"{away.detail} Waiting for it.")
            said = True
            time.sleep(_AGAIN_AFTER_SECONDS)
        else:
            return
