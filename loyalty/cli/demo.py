"""`loyalty demo`: the whole service on real purchases, by one command."""

import asyncio
import os
import sys
import time
import webbrowser
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import click

from loyalty.cli.progress import Bar
from loyalty.cli.refusals import note
from loyalty.cli.serve import address_of, check_port, migrated, run_server

if TYPE_CHECKING:
    from loyalty.cli.connections import Servers
    from loyalty.database import Database
    from loyalty.demo.facts import Demo
    from loyalty.settings import Settings

_HOST = "127.0.0.1"
_POOL_SIZE = 3


@dataclass(frozen=True, slots=True)
class _Way:
    """The ways in. `to_open` is a link of its own, because each signs in once."""

    link: str
    to_open: str
    key: str


@click.command()
@click.option("--no-browser", is_flag=True, help="Do not open the panel in a browser.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="The port to listen at.")
@click.option("--no-worker", is_flag=True, help="Let nothing run in the background.")
def demo(no_browser: bool, port: int, no_worker: bool) -> None:  # noqa: FBT001 - click passes by name
    """Load 155,848 real purchases into a programme of their own, and serve it. Ctrl-C ends it; all of it is kept."""
    from loyalty.cli.connections import load_settings, servers

    settings = load_settings()
    check_port(_HOST, port)
    if "public_url" not in settings.model_fields_set:
        settings.public_url = address_of(_HOST, port)
    with servers(settings, redis=True) as at:
        way = asyncio.run(_prepare(settings, at))
        _tell(way, port)

        def ready(address: str) -> None:
            click.echo(f"ready {address}")
            if not no_browser and _has_display():
                webbrowser.open(way.to_open)

        run_server(settings, at, _HOST, port, ready, worker=not no_worker)


async def _prepare(settings: "Settings", at: "Servers") -> _Way:
    from kpi.impact.actions import estimate_soon
    from loyalty.auth.actions import sign_in_link
    from loyalty.cli.connections import open_database, refresh_statistics
    from loyalty.demo.actions import ensure_demo, ensure_key

    await migrated(settings.migration_database_url or at.database_url)
    async with open_database(settings, at.database_url, pool_size=_POOL_SIZE) as database:
        made = await ensure_demo(database)
        if await _load(database, made) + await _simulate(database, made):
            await refresh_statistics(at.database_url)
        async with database.writer() as connection:
            await estimate_soon(connection, made.program.program_id)
        key = await ensure_key(database, made, settings.home)
        async with database.session() as session:
            links = [await sign_in_link(session, settings.public_url) for _ in range(2)]
    return _Way(links[0], links[1], key)


async def _load(database: "Database", made: "Demo") -> int:
    """Load what is not loaded yet; gives the number of rows."""
    from loyalty.cli.imports import show_on
    from loyalty.demo.actions import load
    from loyalty.demo.facts import CHAPTERS

    total = 0
    for chapter in CHAPTERS:
        began = time.monotonic()
        with Bar() as bar:
            loaded = await load(database, made, chapter, show_on(bar))
        if loaded is None:
            note(f"The {chapter.kind} are loaded already.")
        else:
            seconds = time.monotonic() - began
            rows = loaded.rows - loaded.resumed_at
            note(f"Loaded {rows:,} {chapter.kind} in {seconds:.1f} s ({rows / seconds:,.0f} a second).")
            total += rows
    return total


async def _simulate(database: "Database", made: "Demo") -> int:
    """Make up survey answers over the sample, where there are none yet; gives how many."""
    from loyalty.demo.facts import LAST_DAY
    from surveys.simulation.actions import simulate_answers

    began = time.monotonic()
    told = await simulate_answers(database, made.program, made.storefront_id, LAST_DAY)
    if told is None:
        note("The simulated survey is there already.")
        return 0
    seconds = time.monotonic() - began
    note(f"Simulated a survey of {told.asked:,} customers with {told.answers:,} answers in {seconds:.1f} s.")
    return told.answers


def _tell(way: _Way, port: int) -> None:
    address = address_of(_HOST, port)
    click.echo(f"""
Panel, signs in once:  {way.link}
                       (by the button on that page)
API documentation:     {address}/docs

Award points to a member of the sample:

{_curl(address, way.key)}
""")


def _curl(address: str, key: str) -> str:
    """Write a purchase that can be pasted: an order of its own each time, placed now."""
    import msgspec

    from loyalty.clock import utc_now
    from loyalty.demo.facts import CURRENCY, SOME_MEMBER

    purchase = {
        "order_id": f"demo-{uuid4().hex[:12]}",
        "customer_id": SOME_MEMBER,
        "placed_at": utc_now().replace(microsecond=0),
        "currency": CURRENCY,
        "goods": "84.00",
    }
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    return f"curl -sS {address}/v1/purchases {headers} -d '{msgspec.json.encode(purchase).decode()}'"


def _has_display() -> bool:
    """Tell whether a browser would be a window: without one, Python would start a text browser in this terminal."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
