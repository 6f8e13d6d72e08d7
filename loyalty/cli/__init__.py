"""The door for people at a terminal: `loyalty COMMAND`.

Results go to stdout, everything else to stderr. A refusal of the service is one line and exit code 1, a wrong call of a
command is exit code 2. Each command imports what it needs when it runs, so that `--help` is quick.
"""

import click

from loyalty.cli.demo import demo
from loyalty.cli.exports import export_files
from loyalty.cli.imports import import_files
from loyalty.cli.keys import keys
from loyalty.cli.kpis import kpi
from loyalty.cli.programs import policies, rewards
from loyalty.cli.refusals import Door
from loyalty.cli.reports import verify
from loyalty.cli.rules import rules
from loyalty.cli.serve import serve
from loyalty.cli.setup import migrate, program, users
from loyalty.cli.worker import worker

__all__ = ["main"]


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="loyalty")
def main() -> None:
    """Run a loyalty programme, and measure honestly whether it works.

    Without DATABASE_URL and REDIS_URL, PostgreSQL and Valkey run under the command itself, with their data in
    LOYALTY_HOME (./.loyalty).
    """


_RUNNING = (demo, serve, worker, migrate, verify)
_KEEPING = (program, rules, rewards, keys, users, import_files, export_files, kpi)
for command in (*_RUNNING, *_KEEPING):
    main.add_command(command)
program.add_command(policies)
