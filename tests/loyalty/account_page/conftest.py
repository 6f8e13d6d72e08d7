"""Nora at her own page, on a fixed day, with a real mail server beside the application."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from loyalty.asgi import create_app
from loyalty.settings import Settings
from tests.nora import POLICIES, Nora
from tests.paper import local
from tests.post_office import PostOffice, open_post_office

NOW = "2026-06-10T10:00"
BASE = "https://loyalty.verger.example"


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """Give a mail server."""
    with open_post_office() as office:
        yield office


@pytest.fixture(scope="session")
def made() -> tuple[Settings, Litestar]:
    """Make the application of an installation that can send mail, under its public address."""
    settings = Settings(SMTP_URL="smtp://127.0.0.1", mail_from="bonjour@verger.example", public_url=BASE, pool_size=4)
    return settings, create_app(settings)


@pytest.fixture
def settings(made: tuple[Settings, Litestar], database_url: str, redis_url: str, post_office: PostOffice) -> Settings:
    """Give its settings with this test's servers."""
    settings, _ = made
    settings.database_url, settings.redis_url, settings.smtp_url = database_url, redis_url, post_office.address
    return settings


@pytest.fixture
async def nora(api: httpx.AsyncClient, owner: asyncpg.Connection) -> Nora:
    """Give her whole story; it is the morning of 10 June 2026 in Paris."""
    await owner.execute(
        "UPDATE program SET name = 'Maison Verger', mode = 'test', policies = $2,"
        " clock_offset = $1 - clock_timestamp()",
        local(NOW),
        msgspec.json.encode(POLICIES).decode(),
    )
    # The key is known for five seconds with the programme as it was.
    api._transport.app.state.known_keys._known.clear()  # type: ignore[attr-defined]
    nora = Nora(api, local(NOW))
    await nora.lives()
    return nora


@pytest.fixture
async def phone(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser without a key."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        yield client
