"""`loyalty serve`: the HTTP server under this process, which holds the servers and takes it along when it ends."""

import asyncio
import http.client
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from loyalty.cli.refusals import note
from loyalty.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from loyalty.cli.connections import Servers
    from loyalty.settings import Settings

_STOP_SECONDS = 10
_ASK_EVERY_SECONDS = 0.05
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
_PORTS = click.IntRange(1, 65535)


class PortTaken(Invalid):
    """Another program listens there."""

    code = "port_taken"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=_PORTS, default=8000, show_default=True, help="The port to listen at.")
@click.option("--no-worker", is_flag=True, help="Run no worker; then `loyalty worker` must run elsewhere.")
def serve(host: str, port: int, no_worker: bool) -> None:  # noqa: FBT001 - click passes by name
    """Serve the API and the panel, with a worker. Embedded servers are started, and their database migrated."""
    from loyalty.cli.connections import check_migrated, load_settings, servers

    settings = load_settings()
    check_port(host, port)
    with servers(settings, redis=True) as at:
        if at.embedded:
            asyncio.run(migrated(at.database_url))
        else:
            asyncio.run(check_migrated(at.database_url))
        if "public_url" not in settings.model_fields_set:
            settings.public_url = address_of(host, port)

        def ready(address: str) -> None:
            click.echo(f"ready {address}")
            # Not before: it must not hold up a start.
            link = asyncio.run(_first_link(settings, at.database_url))
            if link is not None:
                click.echo(
                    f"Nobody was let into the panel yet. Its first owner comes in here, once, within 24 hours: {link}"
                )

        run_server(settings, at, host, port, ready, worker=not no_worker)


async def _first_link(settings: "Settings", url: str) -> str | None:
    from sqlalchemy.exc import IntegrityError

    from loyalty.auth.actions import first_link
    from loyalty.cli.connections import open_database

    try:
        async with open_database(settings, url) as database, database.session() as session:
            return await first_link(session, settings.public_url)
    except IntegrityError:  # Another server starts at the same moment, and prints it.
        return None


async def migrated(url: str) -> None:
    """Migrate a database where that is to be done, and say so."""
    import migrations
    from loyalty.cli.connections import revision

    before, head = await revision(url), migrations.head()
    if before != head:
        await migrations.upgrade(url)
        note(f"Migrated the database from {before or 'nothing'} to revision {head}.")


def check_port(host: str, port: int) -> None:
    """Refuse an address where another program listens: the HTTP server itself would share it silently."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        msg = f"Cannot listen at {host} port {port}: {error.strerror}. Choose another with --port (and --host)."
        raise PortTaken(msg) from error


def address_of(host: str, port: int) -> str:
    """Write the address under which this machine reaches the server."""
    reachable = _ANYWHERE.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def run_server(
    settings: "Settings", at: "Servers", host: str, port: int, ready: Callable[[str], None], *, worker: bool
) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; tells `ready` as soon as requests are answered."""
    import multiprocessing

    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    from loyalty.cli.children import load, worker_beside

    # A forked worker would share our threads' locks and the lock on the embedded servers.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        target="loyalty.asgi:create_app",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": _HANDLERS},
        workers_kill_timeout=_STOP_SECONDS,
    )
    # A terminal that is closed ends the service; to Granian it would mean "reload".
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt) and None)
    address = address_of(host, port)
    with environment(settings, at, address), ExitStack() as beside:
        if worker:
            beside.enter_context(worker_beside())
        threading.Thread(target=_tell_when_ready, args=(host, port, address, ready), daemon=True).start()
        try:
            server.serve(target_loader=load)
        except SystemExit as end:
            if end.code:
                msg = "The HTTP server ended by itself; the lines above say why."
                raise Unavailable(msg) from end


_HANDLERS = {
    name: {"formatter": formatter, "class": "logging.StreamHandler", "stream": "ext://sys.stderr"}
    for name, formatter in (("console", "generic"), ("access", "access"))
}


@contextmanager
def environment(settings: "Settings", at: "Servers", address: str | None = None) -> Iterator[None]:
    """Tell children where the servers are, by the settings that they read anyhow."""
    told = {"DATABASE_URL": at.database_url, "REDIS_URL": at.redis_url or ""}
    public_url = settings.public_url if "public_url" in settings.model_fields_set else address
    if public_url:
        told["LOYALTY_PUBLIC_URL"] = public_url
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _tell_when_ready(host: str, port: int, address: str, ready: Callable[[str], None]) -> None:
    while not _answers(_ANYWHERE.get(host, host), port):
        time.sleep(_ASK_EVERY_SECONDS)
    try:
        ready(address)
    except Unavailable as error:  # whoever ends the service at once has ended its database, too
        note(str(error))


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()
