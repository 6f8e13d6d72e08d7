"""Figures at a terminal: `loyalty kpi KEY` answers one measure, `export` many, `liability` tells the points."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from loyalty.cli.moments import Day, Instant
from loyalty.cli.printing import Form, print_as, print_report, print_table, write_book, write_folder
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from kpi.answers import Answer, Series
    from kpi.audit.actions import Report
    from kpi.liability.actions import Liability
    from loyalty.database import Connection
    from loyalty.programs.facts import ProgramFacts

R = TypeVar("R")

_GRAINS = click.Choice(["day", "week", "month", "quarter", "year"])
_program = click.option("--program", "program_name", required=True, help="The programme's name.")
_start = click.option("--start", type=Day(), required=True, help="The first local day.")
_end = click.option("--end", type=Day(), required=True, help="The local day after the last.")
_as_of = click.option("--as-of", type=Instant(), help="Answer as it was known then.")


class _Kpi(click.Group):
    """A group whose first word may be a measure: `kpi aov` is `kpi answer aov`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `answer` before what is no command."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["answer", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Kpi, subcommand_metavar="KEY|COMMAND [OPTIONS]")
def kpi() -> None:
    """Answer a measure by its key, like aov; export many; audit them all."""


@kpi.command()
@click.argument("key")
@_program
@_start
@_end
@_as_of
@click.option("--grain", type=_GRAINS, help="Answer every such period of the range, instead of the range as one.")
@click.option("--json", "form", flag_value="json", help="Print the API's answer, and nothing else.")
@click.option("--csv", "form", flag_value="csv", help="Print a row for each period and segment.")
@click.option("--xlsx", "book", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to a workbook.")
def answer(
    key: str,
    program_name: str,
    start: date,
    end: date,
    as_of: datetime | None,
    grain: str | None,
    form: Form | None,
    book: Path | None,
) -> None:
    """Answer a measure for all, members and non-members, with 95 % intervals. The word `answer` may be left out."""
    from kpi import actions

    async def ask(connection: "Connection", program: "ProgramFacts") -> "Answer | Series":
        if grain is not None:
            return await actions.series(connection, program, key, grain, start, end, as_of=as_of, patient=True)
        return await actions.answer(connection, program, key, start, end, as_of=as_of, patient=True)

    told = _asked(program_name, ask)
    if book is not None:
        write_book([told], book)
    if form is not None:
        print_as(form, told)
    elif book is None:
        print_table(told)


@kpi.command()
@_program
@_start
@_end
@_as_of
@click.option("--grain", type=_GRAINS, default="month", show_default=True, help="What to cut the range into.")
@click.option("--measure", "keys", multiple=True, help="Only this measure; may be given again. All, without it.")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A workbook FILE.xlsx, or a folder for CSV files."
)
def export(
    program_name: str, start: date, end: date, as_of: datetime | None, grain: str, keys: tuple[str, ...], out: Path
) -> None:
    """Write the series of many measures, all of one moment: a sheet or a file for each."""
    from kpi.actions import series
    from kpi.measure import MEASURES

    async def ask(connection: "Connection", program: "ProgramFacts") -> "list[Series]":
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [
                await series(connection, program, key, grain, start, end, as_of=as_of, patient=True)
                for key in keys or sorted(MEASURES.all())
            ]

    told = _asked(program_name, ask)
    if out.suffix.lower() == ".xlsx":
        write_book(told, out)
    else:
        write_folder(told, out)
    note(f"{out} has {len(told)} measures.")


@kpi.command()
@_program
@_start
@_end
@_as_of
@click.option("--grain", type=_GRAINS, default="month", show_default=True, help="What to cut the range into.")
@click.option("--json", "form", flag_value="json", help="Print the API's answer, and nothing else.")
@click.option("--csv", "form", flag_value="csv", help="Print a row for each period.")
@click.option("--xlsx", "book", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to a workbook.")
def liability(
    program_name: str,
    start: date,
    end: date,
    as_of: datetime | None,
    grain: str,
    form: Form | None,
    book: Path | None,
) -> None:
    """Roll the points liability forward, from opening to closing, in points and in money."""
    from kpi.liability import actions
    from loyalty.cli.liability import print_liability, print_liability_as, write_liability

    async def ask(connection: "Connection", program: "ProgramFacts") -> "Liability":
        return await actions.liability(connection, program, start, end, grain, as_of=as_of)

    told = _asked(program_name, ask)
    if book is not None:
        write_liability(told, book)
    if form is not None:
        print_liability_as(form, told)
    elif book is None:
        print_liability(told)


@kpi.command()
@_program
@click.option("--start", type=Day(), help="Only periods from this local day on.")
@click.option("--end", type=Day(), help="Only periods that end by this local day.")
@click.option("--as-of", type=Instant(), help="Audit what was known then.")
@click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Keep the exported files here."
)
def audit(program_name: str, start: date | None, end: date | None, as_of: datetime | None, folder: Path | None) -> None:
    """Count every month, quarter and year again with another engine; exit code 1 if a single number differs.

    Needs the extra: pip install loyalty[audit].
    """
    from kpi.audit.actions import audit as count_again
    from loyalty.web.logs import log_as_json

    log_as_json()

    async def ask(connection: "Connection", program: "ProgramFacts") -> "Report":
        return await count_again(connection, program, start, end, as_of=as_of, folder=folder)

    report = _asked(program_name, ask)
    print_report(report)
    if report.differences:
        sys.exit(1)


@kpi.command()
@_program
def rebuild(program_name: str) -> None:
    """Have the worker count all days of a programme anew; until then, every answer is read from the purchases."""
    from kpi.rollup.work import CONSUMER
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.outbox.queries import build_again

    settings = load_settings()

    async def ask(url: str) -> None:
        async with open_database(settings, url) as database:
            program = await named_program(database, program_name)
            async with database.writer() as connection:
                await build_again(connection, program.program_id, CONSUMER)

    with servers(settings) as at:
        asyncio.run(ask(at.database_url))
    note("A worker will count all days anew; `loyalty serve` and `loyalty worker` bring one.")


def _asked(program_name: str, ask: "Callable[[Connection, ProgramFacts], Awaitable[R]]") -> R:
    """Ask something about a programme, with a connection that may take its time."""
    from loyalty.cli.connections import load_settings, open_database, patient_reader, servers
    from loyalty.cli.storefronts import named_program

    settings = load_settings()

    async def run(url: str) -> R:
        async with open_database(settings, url) as database:
            program = await named_program(database, program_name)
        async with patient_reader(url) as connection:
            return await ask(connection, program)

    with servers(settings) as at:
        return asyncio.run(run(at.database_url))
