"""How much a key may ask for: counted in a real Valkey, told with every answer, and never in the way without it."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar

from loyalty.asgi import create_app
from loyalty.auth.actions import create_key
from loyalty.database import Database
from loyalty.embedded import valkey
from loyalty.embedded.binaries import Binaries
from loyalty.programs.facts import Source
from loyalty.settings import Settings
from loyalty.web import limits
from loyalty.web.limits import RateLimits
from tests.conftest import living

ORDER = {"placed_at": "2026-03-01T10:00:00+01:00", "currency": "EUR", "goods": "10.00"}
TOLD = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")


@pytest.fixture(autouse=True)
def within_a_minute() -> None:
    """Do not begin at the end of a minute: the counters begin anew with the next."""
    left = 60 - time.time() % 60
    if left < 5:  # pragma: no cover - once in a dozen runs
        time.sleep(left)


@asynccontextmanager
async def limited(database_url: str, redis_url: str, most: int) -> AsyncIterator[Litestar]:
    app = create_app(Settings(DATABASE_URL=database_url, REDIS_URL=redis_url, pool_size=2, rate_limit_per_minute=most))
    async with living(app):
        yield app


@asynccontextmanager
async def client(app: Litestar, key: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as found:
        yield found


async def test_a_key_that_asks_too_much_is_told_when_to_come_back_and_others_go_on(
    database_url: str, redis_url: str, database: Database, source: Source, key: str
) -> None:
    async with database.session() as session:
        other = await create_key(
            session,
            program_id=source.program.program_id,
            mode="live",
            storefront_id=source.storefront_id or 0,
            name="other",
        )
    async with limited(database_url, redis_url, 3) as app, client(app, key) as caller, client(app, other) as neighbour:
        answers = [await caller.get("/v1/rewards") for _ in range(3)]
        refused = await caller.post("/v1/purchases", json=ORDER | {"order_id": "1"})
        lookup = await caller.get("/v1/purchases/1", headers={"Authorization": f"Bearer {other}"})
        beside = await neighbour.get("/v1/rewards")

    assert [answer.status_code for answer in answers] == [HTTPStatus.OK] * 3
    assert [[answer.headers[name] for name in TOLD[:2]] for answer in answers] == [["3", "2"], ["3", "1"], ["3", "0"]]
    assert (refused.status_code, refused.json()["code"]) == (HTTPStatus.TOO_MANY_REQUESTS, "rate_limited")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 0 < int(refused.headers["retry-after"]) == int(refused.headers["ratelimit-reset"]) <= 60
    assert refused.headers["ratelimit-remaining"] == "0"
    # Nothing was recorded by the one that was refused; the other key has a count of its own.
    assert lookup.status_code == HTTPStatus.NOT_FOUND
    assert beside.headers["ratelimit-remaining"] == "1"


async def test_processes_count_together_and_a_new_minute_begins_anew(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, key_id = RateLimits(redis_url, 10), RateLimits(redis_url, 10), uuid4()
    minute = time.time() // 60 * 60
    used = []
    for seconds, of in ((10.0, one), (20.5, two), (59.9, one), (60.0, two)):
        monkeypatch.setattr(limits, "now", lambda at=minute + seconds: at)
        taken = await of.take(key_id)
        assert taken is not None
        used.append((taken.used, taken.reset_seconds))
    await one.close()
    await two.close()

    assert used == [(1, 50), (2, 40), (3, 1), (1, 60)]


async def test_of_a_large_limit_a_process_draws_a_few_at_a_time(redis_url: str) -> None:
    one, two, key_id = RateLimits(redis_url, 6_000), RateLimits(redis_url, 6_000), uuid4()

    async def used(of: RateLimits, times: int) -> list[int]:
        return [taken.used for _ in range(times) if (taken := await of.take(key_id))]

    first, second, third = await used(one, 12), await used(two, 1), await used(one, 9)
    at_once = await asyncio.gather(*(two.take(key_id) for _ in range(40)))
    await one.close()
    await two.close()

    assert first == list(range(1, 13))
    # The other one has drawn two tens, of which eight are still its own.
    assert second == [21]
    assert third == [*range(13, 21), 31]
    assert all(taken is not None and taken.used <= 6_000 for taken in at_once)


async def test_without_a_limit_nothing_is_counted_or_told(database_url: str, redis_url: str, key: str) -> None:
    async with limited(database_url, redis_url, 0) as app, client(app, key) as caller:
        answer = await caller.get("/v1/rewards")

    assert answer.status_code == HTTPStatus.OK
    assert not set(TOLD) & set(answer.headers)


async def test_a_stranger_costs_no_counter(database_url: str, redis_url: str) -> None:
    async with limited(database_url, redis_url, 1) as app, client(app, "lk_live_1_" + "x" * 43) as stranger:
        statuses = [(await stranger.get("/v1/rewards")).status_code for _ in range(3)]

    assert statuses == [HTTPStatus.UNAUTHORIZED] * 3


@contextmanager
def a_valkey(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server of our own, at a socket in a folder, until it is killed."""
    binary = Binaries.find().valkey
    command = valkey.server(binary, folder, folder, fsync=False)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 20
        while not valkey.answers(folder) and time.monotonic() < deadline:
            time.sleep(0.02)
        yield server
        server.kill()


async def test_while_valkey_is_away_everybody_goes_on_and_it_is_said_once(
    database_url: str,
    key: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(limits, "LEAVE_ALONE_SECONDS", 0.2)
    with a_valkey(tmp_path) as server:
        async with limited(database_url, f"unix://{tmp_path / 'valkey.sock'}", 2) as app, client(app, key) as caller:
            assert (await caller.get("/v1/rewards")).headers["ratelimit-remaining"] == "1"
            server.kill()
            await asyncio.to_thread(server.wait)
            orders = [await caller.post("/v1/purchases", json=ORDER | {"order_id": str(number)}) for number in range(5)]
            uncounted = app.state.rate_limits.uncounted
            with a_valkey(tmp_path):
                await asyncio.sleep(0.3)
                back = await caller.get("/v1/rewards")

    assert [answer.status_code for answer in orders] == [HTTPStatus.CREATED] * 5
    assert all("ratelimit-limit" not in answer.headers for answer in orders)
    assert uncounted == 5
    assert back.headers["ratelimit-limit"] == "2"
    said = capsys.readouterr()
    assert (said.out + said.err).count("rate limits are off") == 1
    assert (said.out + said.err).count("rate limits are on again") == 1
