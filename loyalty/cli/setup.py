"""Setting up: `loyalty migrate`, `program create`, `users link`."""

import asyncio
from datetime import datetime

import asyncpg
import click

from loyalty.errors import Unavailable


@click.command()
def migrate() -> None:
    """Bring the database up to this version of the service."""
    import migrations
    from loyalty.cli.connections import load_settings, revision, servers

    settings = load_settings()
    with servers(settings) as at:
        url = settings.migration_database_url or at.database_url
        before = asyncio.run(revision(url))
        try:
            asyncio.run(migrations.upgrade(url))
        except asyncpg.InsufficientPrivilegeError as error:
            msg = f"Migrating needs more rights ({error}). MIGRATION_DATABASE_URL may name a role that has them."
            raise Unavailable(msg) from error
        head = migrations.head()
    click.echo(f"The database is at revision {head}{', as before' if before == head else ''}.")


@click.group()
def program() -> None:
    """Make programmes."""


@program.command("create")
@click.argument("name")
@click.option("--timezone", required=True, help="The IANA zone in which its days begin, like Europe/Paris.")
@click.option("--currency", required=True, help="Its ISO 4217 currency, like EUR.")
@click.option("--points-per-unit", type=int, default=1, show_default=True, help="Points for a whole currency unit.")
@click.option(
    "--earning-from",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first local day whose purchases earn, where another programme has rewarded those before.",
)
def create_program(
    name: str, timezone: str, currency: str, points_per_unit: int, earning_from: datetime | None
) -> None:
    """Make a programme with one earning rule: points per whole currency unit spent."""
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.earning.actions import start_program

    settings = load_settings()

    async def create(url: str) -> None:
        async with open_database(settings, url) as database, database.session() as session:
            await start_program(
                session,
                name,
                timezone=timezone,
                currency=currency,
                points_per_unit=points_per_unit,
                earning_from=earning_from.date() if earning_from else None,
            )

    with servers(settings) as at:
        asyncio.run(create(at.database_url))
    click.echo(f"Created the programme {name!r}.")


@click.group()
def users() -> None:
    """Let people into the panel."""


@users.command("link")
@click.option("--email", help="Whose link it is; without it, the first owner's.")
def link(email: str | None) -> None:
    """Make a link that signs in to the panel once, within 24 hours."""
    from loyalty.auth.actions import sign_in_link
    from loyalty.cli.connections import load_settings, open_database, servers

    settings = load_settings()

    async def create(url: str) -> str:
        async with open_database(settings, url) as database, database.session() as session:
            return await sign_in_link(session, settings.public_url, email)

    with servers(settings) as at:
        click.echo(asyncio.run(create(at.database_url)))
