"""Asking: `loyalty kpi` and `loyalty verify`."""

import asyncio
import re
import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty.cli.progress import Bar
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from kpi.bodies import AnswerBody
    from loyalty.verify import Report

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class _Day(click.ParamType[date]):
    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = date.fromisoformat(str(value)) if _DAY.fullmatch(str(value)) else None
        except ValueError:
            day = None
        if day is None:
            self.fail(f"{value!r} is no day of the calendar, written YYYY-MM-DD.", param, ctx)
        return day


class _Instant(click.ParamType[datetime]):
    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            self.fail(f"{value!r} is no instant with its offset, like 2026-03-31T23:59:59Z.", param, ctx)
        return at


@click.command()
@click.argument("key")
@click.option("--program", "program_name", required=True, help="The programme's name.")
@click.option("--start", type=_Day(), required=True, help="The first local day.")
@click.option("--end", type=_Day(), required=True, help="The local day after the last.")
@click.option("--as-of", type=_Instant(), help="Answer as it was known then.")
@click.option("--json", "as_json", is_flag=True, help="Print the API's answer, and nothing else.")
def kpi(key: str, program_name: str, start: date, end: date, as_of: datetime | None, as_json: bool) -> None:  # noqa: FBT001 - click passes by name
    """Answer a measure for all, members and non-members, with 95 % intervals."""
    import msgspec

    from kpi.actions import answer
    from kpi.bodies import AnswerBody
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program

    settings = load_settings()

    async def ask(url: str) -> AnswerBody:
        async with open_database(settings, url) as database:
            found = await named_program(database, program_name)
            async with database.reader() as connection:
                return AnswerBody.of(await answer(connection, found, key, start, end, as_of=as_of))

    with servers(settings) as at:
        body = asyncio.run(ask(at.database_url))
    if as_json:
        click.echo(msgspec.json.encode(body))
    else:
        _print_answer(body)


def _print_answer(body: "AnswerBody") -> None:
    from rich.console import Console
    from rich.table import Table

    unit = "in minor units" if body.unit == "money" else body.unit
    table = Table(title=f"{body.key} ({unit}), {body.period.start} to {body.period.end} ({body.period.timezone})")
    for column in ("", "num", "den", "value", "95 % interval"):
        table.add_column(column, justify="left" if not column else "right")
    for name in ("all", "member", "non_member"):
        ratio = getattr(body.segments, name)
        if ratio is not None:
            den = "" if ratio.den is None else str(ratio.den)
            table.add_row(name, str(ratio.num), den, _number(ratio.value), _interval(ratio.ci95))
    if body.segments.member is not None:
        table.add_row("difference", "", "", _number(body.difference.value), _interval(body.difference.ci95))
    Console().print(table)
    if body.reason is not None:
        note(body.reason.text.en)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4f}"


def _interval(ci95: tuple[float, float] | None) -> str:
    return "–" if ci95 is None else f"{ci95[0]:,.4f} to {ci95[1]:,.4f}"


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
def verify(program_name: str | None, sample: int | None, against: Path | None, seals_to: Path | None) -> None:
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
