"""`loyalty keys`: make one, list them, let one take over from another, revoke one."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import click

from loyalty.cli.refusals import note

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from loyalty.programs.facts import ProgramFacts
    from loyalty.programs.keys import KeyFacts

T = TypeVar("T")
_PROGRAM = click.option("--program", "program_name", required=True, help="The programme's name.")
_TEST = click.option("--test", is_flag=True, help="Of the programme's test mode; its twin is made if missing.")
_DAYS = click.IntRange(min=1, max=36_500)
_SHOWN_ONCE = "Keep this key now; it is not shown again."


@click.group()
def keys() -> None:
    """Make keys for the API, and end them."""


@keys.command("create")
@_PROGRAM
@click.option("--storefront", required=True, help="The storefront's name; created if missing.")
@click.option("--name", default="default", show_default=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do, like purchases:write; everything, if not said.")
@click.option("--days", type=_DAYS, help="After how many days it expires.")
@_TEST
def create_key_for(
    program_name: str,
    storefront: str,
    name: str,
    scopes: tuple[str, ...],
    days: int | None,
    test: bool,  # noqa: FBT001 - click passes by name
) -> None:
    """Make a key for a storefront. It is printed once, alone on the last line, and kept nowhere in clear.

    docs/scopes.md lists the scopes. With --test the key is of test mode: another programme, with data and a clock of
    its own.
    """
    from loyalty.auth.actions import create_key
    from loyalty.clock import utc_now
    from loyalty.programs.actions import ensure_storefront

    async def create(session: "AsyncSession", program: "ProgramFacts") -> str:
        found, is_new = await ensure_storefront(session, program.program_id, storefront)
        if found.storefront_id is None:  # pragma: no cover - it was flushed
            raise AssertionError
        key = await create_key(
            session,
            program_id=program.program_id,
            mode=program.mode,
            storefront_id=found.storefront_id,
            name=name,
            scopes=scopes or ("*",),
            expires_at=None if days is None else utc_now() + timedelta(days=days),
        )
        if is_new:
            note(f"Created the storefront {storefront!r}.")
        return key

    key = _do(program_name, create, test=test)
    note(_SHOWN_ONCE)
    click.echo(key)


@keys.command("list")
@_PROGRAM
@_TEST
@click.option("--all", "every", is_flag=True, help="Also those that are revoked.")
def list_all(program_name: str, test: bool, every: bool) -> None:  # noqa: FBT001 - click passes by name
    """List a programme's keys: which are live, what they may do, when they were used last (to ten minutes)."""
    from loyalty.programs.keys import list_keys

    found = _do(program_name, lambda session, program: list_keys(session, program.program_id), test=test)
    for key in found:
        if every or key.state != "revoked":
            click.echo(_line(key))


@keys.command("rotate")
@_PROGRAM
@click.argument("key")
@click.option("--old-days", type=_DAYS, help="After how many days the old key ends by itself.")
@click.option("--days", type=_DAYS, help="After how many days the new key expires.")
@_TEST
def rotate(
    program_name: str,
    key: str,
    old_days: int | None,
    days: int | None,
    test: bool,  # noqa: FBT001 - click passes by name
) -> None:
    """Make a key that may do what KEY may (its id, or its last four characters). Both are live until one is revoked."""
    from loyalty.clock import utc_now
    from loyalty.programs.keys import find_key, rotate_key

    async def take_over(session: "AsyncSession", program: "ProgramFacts") -> str:
        return await rotate_key(
            session,
            program,
            await find_key(session, program.program_id, key),
            old_lives=None if old_days is None else timedelta(days=old_days),
            expires_at=None if days is None else utc_now() + timedelta(days=days),
        )

    made = _do(program_name, take_over, test=test)
    note(_SHOWN_ONCE)
    click.echo(made)


@keys.command("revoke")
@_PROGRAM
@click.argument("key")
@_TEST
def revoke(program_name: str, key: str, test: bool) -> None:  # noqa: FBT001 - click passes by name
    """End KEY (its id, or its last four characters) for good, within five seconds."""
    from loyalty.programs.keys import find_key, revoke_key

    async def end(session: "AsyncSession", program: "ProgramFacts") -> None:
        await revoke_key(session, program.program_id, await find_key(session, program.program_id, key))

    _do(program_name, end, test=test)
    note("Revoked.")


@keys.command("scopes")
def scopes() -> None:
    """Tell which scopes there are, and which each operation of the API needs; a page in Markdown."""
    from loyalty.asgi import create_app
    from loyalty.auth.api import scopes_page

    click.echo(scopes_page(create_app()), nl=False)


def _line(key: "KeyFacts") -> str:
    ends = "" if key.expires_at is None else f", expires {key.expires_at:%Y-%m-%d}"
    used = "never used" if key.last_used_at is None else f"last used {key.last_used_at:%Y-%m-%d %H:%M}"
    named = f"{key.storefront} / {key.name}"
    return f"{key.key_id}  …{key.last4}  {key.state:<7}  {named}: {' '.join(key.scopes)} ({used}{ends})"


def _do(program_name: str, verb: "Callable[[AsyncSession, ProgramFacts], Awaitable[T]]", *, test: bool) -> T:
    """Do something with a programme's keys, or its twin's, in one commit."""
    from loyalty.cli.connections import load_settings, open_database, servers
    from loyalty.earning.twins import ensure_twin
    from loyalty.programs.actions import find_program

    settings = load_settings()

    async def work(url: str) -> T:
        async with open_database(settings, url) as database, database.session() as session:
            program = await find_program(session, program_name)
            if test:
                program, is_new = await ensure_twin(session, program)
                if is_new:
                    note(f"Created the test programme {program.name!r}.")
            return await verb(session, program)

    with servers(settings) as at:
        return asyncio.run(work(at.database_url))
