"""`loyalty export KIND FILE`: one command for every registered kind of export."""

import asyncio
import os
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from loyalty.cli.moments import Day
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from loyalty.exports.kind import ExportKind

_STDOUT = Path("-")


class _Kinds(click.Group):
    """The registered kinds as commands; they are only loaded when one of them is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the kinds."""
        return sorted(_kinds())

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Make the command of a kind."""
        kind = _kinds().get(name)
        return None if kind is None else _command(name, kind)


def _kinds() -> "dict[str, type[ExportKind]]":
    """Give the kinds by name, with those that rooms above the exports register."""
    from loyalty.exports.kind import KINDS

    KINDS.add_home("surveys.results.kinds")
    return KINDS.all()


@click.group("export", cls=_Kinds)
def export_files() -> None:
    """Write a file of what is recorded, of one moment: CSV for spreadsheets, or one JSON object a line.

    FILE may be - for the standard output. A file that is there already is only replaced once the new one is whole.
    """


def _command(name: str, kind: "type[ExportKind]") -> click.Command:
    params: list[click.Parameter] = [
        click.Argument(["file"], type=click.Path(dir_okay=False, allow_dash=True, path_type=Path)),
        click.Option(["--program", "program_name"], required=True, help="The programme's name."),
        click.Option(["--from", "from_on"], type=Day(), help="Only from this local day on."),
        click.Option(["--to", "to_on"], type=Day(), help="Only up to this local day, included."),
        click.Option(["--segment"], help="Only of customers who are in this segment."),
        click.Option(["--ndjson", "form"], flag_value="ndjson", default="csv", help="One JSON object a line."),
    ]
    text = "The storefront's name." if kind.of_storefront else "The storefront in whose ids customers are told."
    params.append(click.Option(["--storefront"], required=kind.of_storefront, help=text))

    def run(file: Path, **asked: Any) -> None:  # noqa: ANN401 - as click hands them over
        _export(kind, file, _Where(**asked))

    return click.Command(name, callback=run, params=params, help=kind.summary)


@dataclass(frozen=True, slots=True)
class _Where:
    program_name: str
    storefront: str | None
    from_on: date | None
    to_on: date | None
    segment: str | None
    form: Literal["csv", "ndjson"]


def _export(kind: "type[ExportKind]", file: Path, where: _Where) -> None:
    from loyalty.cli.connections import load_settings, servers

    if where.from_on and where.to_on and where.from_on > where.to_on:
        raise click.BadParameter("it is before --from.", param_hint="--to")
    partly = file.with_name(f"{file.name}.{os.getpid()}.part")
    with servers(load_settings()) as at:
        if file == _STDOUT:
            asyncio.run(_write(kind, where, at.database_url, sys.stdout.write))
            return
        try:
            with partly.open("w", encoding="utf-8", newline="") as out:
                rows = asyncio.run(_write(kind, where, at.database_url, out.write))
            partly.replace(file)
        finally:
            partly.unlink(missing_ok=True)
    note(f"Wrote {rows:,} rows to {file}.")


async def _write(kind: "type[ExportKind]", where: _Where, url: str, write: "Callable[[str], object]") -> int:
    from loyalty.cli.connections import load_settings, open_database
    from loyalty.cli.storefronts import named_program
    from loyalty.exports.reading import Asking, first_line, lines, rows_of
    from loyalty.programs.queries import find_storefront
    from loyalty.segments.actions import find as find_segment

    async with open_database(load_settings(), url) as database:
        program, written = await named_program(database, where.program_name), 0
        async with database.reader() as connection:
            storefront_id, namespace = None, "default"
            if where.storefront is not None:
                storefront_id, namespace = await find_storefront(connection, program.program_id, where.storefront)
            if where.segment is not None:
                await find_segment(connection, program.program_id, where.segment)
            own = storefront_id if kind.of_storefront else None
            asked = Asking(namespace, own, where.from_on, where.to_on, where.segment)
            async with rows_of(connection, program, kind, asked) as rows:
                write(first_line(kind.columns, where.form))
                async for some in rows:
                    write(lines(some, kind.columns, where.form))
                    written += len(some)
    return written
