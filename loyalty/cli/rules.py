"""The earning rules of a programme, at a terminal."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from loyalty.errors import Invalid

if TYPE_CHECKING:
    from loyalty.earning.facts import VersionFacts


@click.group()
def rules() -> None:
    """See what purchases earn, and publish other rules."""


_PROGRAM = click.option("--program", "program_name", required=True, help="The programme's name.")


@rules.command("list")
@_PROGRAM
def list_versions(program_name: str) -> None:
    """List the published versions, newest first: number, state, since when, name."""
    for version in _read(program_name)[0]:
        since = "ever" if version.in_force_from is None else version.in_force_from.isoformat()
        click.echo(f"{version.version}\t{version.state}\tsince {since}\t{version.name or ''}")


@rules.command("show")
@_PROGRAM
@click.option("--version", type=int, help="The number of the version; without it, the one in force.")
def show(program_name: str, version: int | None) -> None:
    """Print a version as `publish` reads it."""
    from loyalty.earning.wire import told_rules

    versions, digits = _read(program_name)
    chosen = next((v for v in versions if v.version == version or (version is None and v.state == "in_force")), None)
    if chosen is None:
        msg = f"There is no version {version} of the earning rules."
        raise Invalid(msg)
    told = {"name": chosen.name or f"Version {chosen.version}", "rules": told_rules(chosen.rules, digits)}
    click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())


@rules.command("publish")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_PROGRAM
@click.option("--from", "begins", help="From when, RFC 3339 with an offset; without it, from now.")
@click.option("--allow-empty", is_flag=True, help="Publish also without a rule: then nothing is earned.")
def publish(file: Path, program_name: str, begins: str | None, *, allow_empty: bool) -> None:
    """Publish the rules of a JSON file {"name": …, "rules": […]}; purchases placed before keep theirs."""
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.earning.drafts import create_draft, publish_draft
    from loyalty.earning.wire import DraftIn
    from loyalty.programs.facts import Source
    from loyalty.tiers import actions as _  # noqa: F401 - registers which tiers rules may name

    settings = load_settings()
    try:
        told = msgspec.json.decode(file.read_bytes(), type=DraftIn)
    except msgspec.DecodeError as error:
        msg = f"{file} is not a draft of rules: {error}."
        raise Invalid(msg) from None

    async def commit(url: str) -> int:
        async with open_database(settings, url) as database:
            source = Source(await named_program(database, program_name), None, "default", "cli", "cli")
            async with database.writer() as connection, connection.transaction():
                draft = await create_draft(connection, source, told.told(source.program.digits))
                done = await publish_draft(
                    connection,
                    source,
                    draft.draft_id,
                    version=draft.version,
                    in_force_from=_instant(begins) if begins else None,
                    allow_empty=allow_empty,
                )
        return done.version

    with servers(settings) as at:
        version = asyncio.run(commit(at.database_url))
    click.echo(f"Published version {version} of the earning rules of {program_name!r}.")


@rules.command("backtest")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_PROGRAM
@click.option("--from", "from_on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first local day.")
@click.option("--to", "to_on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last local day.")
@click.option("--point-cost", help="What a point costs, like 0.01: then it is told in money too.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole result as the API has it.")
def backtest(
    file: Path, program_name: str, from_on: datetime, to_on: datetime, point_cost: str | None, *, as_json: bool
) -> None:
    """Find out what the rules of a JSON file would have given for the purchases of some days. Nothing is written.

    Of purchases alone: actions, joinings and birthdays are not tried, and fill no cap.
    """
    from loyalty.cli.backtests import run

    run(file, program_name, (from_on.date(), to_on.date()), point_cost, as_json=as_json)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        msg = f"{text!r} is no instant with an offset. Write it like 2026-12-01T00:00:00+01:00."
        raise Invalid(msg)
    return at


def _read(program_name: str) -> tuple[list["VersionFacts"], int]:
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.cli.storefronts import named_program
    from loyalty.earning.queries import published

    settings = load_settings()

    async def read(url: str) -> Any:  # noqa: ANN401 - what stands above
        async with open_database(settings, url) as database:
            program = await named_program(database, program_name)
            async with database.reader() as connection:
                return await published(connection, program.program_id), program.digits

    with servers(settings) as at:
        found: tuple[list[VersionFacts], int] = asyncio.run(read(at.database_url))
    return found
