"""Nora at her own page, on a fixed day, with a real mail server beside the application."""

from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import msgspec
import pytest
from litestar import Litestar

from loyalty.asgi import create_app
from loyalty.settings import Settings
from tests.conftest import living
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


@pytest.fixture
def settings(database_url: str, redis_url: str, post_office: PostOffice) -> Settings:
    """Give the settings of an installation that can send mail."""
    return Settings(
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SMTP_URL=post_office.address,
        mail_from="bonjour@verger.example",
        public_url=BASE,
        pool_size=4,
    )


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Litestar]:
    """Give the whole application, started, under its public address."""
    app = create_app(settings)
    async with living(app):
        yield app


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
