"""`loyalty import KIND FILE`: one command for every registered kind of import."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyalty.cli.progress import Bar
from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from loyalty.database import Database
    from loyalty.imports.facts import Imported, Progress
    from loyalty.imports.kind import ImportKind

# An import has one batch in the database, and reads the next one meanwhile.
_POOL_SIZE = 3
# So many new rows make the planner's view of the tables worth a second.
MANY_ROWS = 10_000
_TEXTS = {
    "checking": "Checking the file (bytes)",
    "reading": "Reading the file (bytes)",
    "waiting": "Another process imports this file, too; waiting for its batch",
    "recording": "Recording the rows",
}


class _Kinds(click.Group):
    """The registered kinds as commands; they are only loaded when one of them is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the kinds."""
        return sorted(_kinds())

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Make the command of a kind."""
        kind = _kinds().get(name)
        return None if kind is None else _command(name, kind)


def _kinds() -> "dict[str, type[ImportKind]]":
    """Give the kinds by name, with those that rooms above the imports register."""
    from loyalty.imports.kind import KINDS

    for home in ("kpi.inputs.kinds", "surveys.invitations.kinds"):
        KINDS.add_home(home)
    return KINDS.all()


@click.group("import", cls=_Kinds)
def import_files() -> None:
    """Bring in a file in UTF-8, plain or gzip: CSV, or one JSON object a line (.ndjson or .jsonl).

    Good rows are recorded, bad ones go to FILE.errors.csv with the reason, and then the exit code is 1. The same file
    may be imported again at any time: after an interruption it goes on, and what is recorded already is unchanged.
    """


def _command(name: str, kind: "type[ImportKind]") -> click.Command:
    file = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
    params: list[click.Parameter] = [
        click.Argument(["file"], type=file),
        click.Option(["--program", "program_name"], required=True, help="The programme's name."),
    ]
    if kind.of_storefront:
        text = "The storefront's name; created if missing."
        params.append(click.Option(["--storefront"], required=True, help=text))
    text = "Whether points mature and end counted from the purchase, or from this import."
    dates = click.Choice(["placed", "import"])
    params.append(click.Option(["--points-date"], type=dates, default="placed", show_default=True, help=text))

    def run(file: Path, program_name: str, points_date: str, storefront: str | None = None) -> None:
        _import(name, file, _Where(program_name, storefront, points_date == "import"))

    return click.Command(name, callback=run, params=params, help=kind.summary)


@dataclass(frozen=True, slots=True)
class _Where:
    program_name: str
    storefront: str | None
    dated_now: bool


def _import(kind: str, file: Path, where: _Where) -> None:
    from loyalty.cli.connections import load_settings, open_database, refresh_statistics, servers

    settings = load_settings()

    async def bring_in(url: str) -> "Imported":
        async with open_database(settings, url, pool_size=_POOL_SIZE) as database:
            imported = await _bring_in(database, kind, file, where)
        if imported.recorded >= MANY_ROWS:
            await refresh_statistics(url)
        return imported

    with servers(settings) as at:
        imported = asyncio.run(bring_in(at.database_url))
    _tell(imported)
    if imported.errors:
        sys.exit(1)


async def _bring_in(database: "Database", kind: str, file: Path, where: _Where) -> "Imported":
    from loyalty.cli.storefronts import find_storefront, named_program
    from loyalty.imports.actions import import_file
    from loyalty.imports.facts import NewImport

    if where.storefront is None:
        new = NewImport(await named_program(database, where.program_name), kind, file)
    else:
        found = await find_storefront(database, where.program_name, where.storefront)
        new = NewImport(found.program, kind, file, found.storefront_id, found.namespace)
    of_objects = {".ndjson", ".jsonl"} & set(file.suffixes)
    new = replace(new, dated_now=where.dated_now, format="ndjson" if of_objects else "csv")
    with Bar() as bar:
        return await import_file(database, new, show_on(bar))


def show_on(bar: Bar) -> Callable[["Progress"], None]:
    """Show an import's progress on a bar."""

    def show(progress: "Progress") -> None:
        bar.show(_TEXTS[progress.phase], progress.done, progress.total)

    return show


def _tell(imported: "Imported") -> None:
    if imported.resumed_at:
        note(f"Went on with an import that was interrupted after {imported.resumed_at:,} rows.")
    if imported.ignored:
        note(f"Ignored columns: {', '.join(imported.ignored)}.")
    click.echo(f"recorded {imported.recorded}, unchanged {imported.unchanged}, errors {imported.errors}")
    if imported.errors_file:
        note(f"The refused rows and the reasons are in {imported.errors_file}.")
