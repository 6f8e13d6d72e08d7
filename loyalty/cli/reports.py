"""Checking the ledger: `loyalty verify`."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty.cli.progress import Bar
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from loyalty.verify import Report


@click.command()
@click.option("--program", "program_name", help="Only this programme's ledger; otherwise all.")
@click.option("--sample", type=click.IntRange(min=1), help="Replay only so many random accounts of each programme.")
@click.option(
    "--against", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Compare with this file of seals."
)
@click.option(
    "--seals-to",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Seal; without faults, write the seals to a file.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="Replay in so many processes. Otherwise one a processor, at most 4, and one for a small ledger.",
)
def verify(
    program_name: str | None, sample: int | None, against: Path | None, seals_to: Path | None, jobs: int | None
) -> None:
    """Check every invariant of the ledger; exit code 1 and the first bad row if any.

    Keep a file of seals where nobody who may change the database can change it: who makes every hash anew is found by
    it.
    """
    from loyalty.cli.connections import load_settings, open_database, patient_reader, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.points.tasks import seal_all
    from loyalty.verify import verify as check

    if sample and seals_to:
        msg = "--seals-to needs every account: leave --sample out."
        raise click.UsageError(msg)
    settings = load_settings()

    async def run(url: str) -> "Report":
        program_id = None
        async with open_database(settings, url) as database:
            if program_name is not None:
                program_id = (await named_program(database, program_name)).program_id
            if seals_to:
                await seal_all(database, program_id)
        async with patient_reader(url) as connection:
            with Bar() as bar:
                return await check(
                    connection,
                    program_id,
                    progress=lambda done, total: bar.show("Checking", done, total),
                    sample=sample,
                    against=against,
                    seals_to=seals_to,
                    url=url,
                    jobs=jobs,
                )

    with servers(settings) as at:
        report = asyncio.run(run(at.database_url))
    _print_report(report)
    if report.faults:
        if seals_to:
            note(f"{seals_to} was not written: a file of seals of a ledger with faults proves nothing.")
        sys.exit(1)


def _print_report(report: "Report") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in ("check", "checked", "faults"):
        table.add_column(column, justify="left" if column == "check" else "right")
    found = [fault.check for fault in report.faults]
    for check, subjects in report.checked.items():
        table.add_row(check, f"{subjects:,}", str(found.count(check)))
    Console(width=120).print(table)
    for kind, purchases in report.not_checkable.items():
        note(f"{purchases:,} purchases have rules of kind {kind!r}, whose points are not recomputed here.")
    if report.faults:
        first = report.faults[0]
        click.echo(
            f"{len(report.faults) + report.further} faults. The first: {first.check}, {first.where}: {first.message}"
        )
    else:
        click.echo("0 faults.")
