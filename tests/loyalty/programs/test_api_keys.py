"""Keys over their life: made with scopes, rotated, expired, revoked; what the API and the terminal tell of them."""

import asyncio
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

import asyncpg
import httpx
import pytest
from click.testing import CliRunner
from litestar import Litestar
from msgspec.structs import replace

from loyalty.auth.actions import create_key
from loyalty.auth.refusals import KeysEnough
from loyalty.cli import main
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.errors import Conflict, Invalid, NotFound
from loyalty.programs.facts import Source
from loyalty.programs.keys import KeyFacts, find_key, list_keys, revoke_key, rotate_key


class Keys:
    """The keys of a storefront."""

    def __init__(self, database: Database, source: Source) -> None:
        self.database, self.program, self.storefront_id = database, source.program, source.storefront_id or 0

    async def make(self, name: str = "till", **more: object) -> str:
        async with self.database.session() as session:
            of = {"program_id": self.program.program_id, "mode": "live", "storefront_id": self.storefront_id}
            return await create_key(session, **of, name=name, **more)  # type: ignore[arg-type]

    async def rotate(self, key_id: UUID, **more: object) -> str:
        async with self.database.session() as session:
            return await rotate_key(session, self.program, key_id, **more)  # type: ignore[arg-type]

    async def revoke(self, key_id: UUID) -> None:
        async with self.database.session() as session:
            await revoke_key(session, self.program.program_id, key_id)

    async def all(self) -> list[KeyFacts]:
        async with self.database.session() as session:
            return await list_keys(session, self.program.program_id)

    async def find(self, told: str) -> UUID:
        async with self.database.session() as session:
            return await find_key(session, self.program.program_id, told)


@pytest.fixture
def keys(database: Database, source: Source) -> Keys:
    return Keys(database, source)


async def status(app: Litestar, key: str) -> int:
    # What a process knows of a key it forgets after five seconds; here at once.
    app.state.known_keys._known.clear()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        return (await client.get("/v1/rewards")).status_code


async def test_one_key_takes_over_from_another_and_a_third_has_to_wait(keys: Keys, app: Litestar) -> None:
    first = await keys.make(scopes=["rewards:read"])
    old = await keys.find(first[-4:])
    second = await keys.rotate(old)
    assert await status(app, first) == await status(app, second) == HTTPStatus.OK
    with pytest.raises(KeysEnough, match="Two keys named 'till' are live"):
        await keys.rotate(old)
    with pytest.raises(KeysEnough):
        await keys.make()
    await keys.make("another name")

    await keys.revoke(old)

    assert (await status(app, first), await status(app, second)) == (HTTPStatus.UNAUTHORIZED, HTTPStatus.OK)
    with pytest.raises(Conflict, match="This key is revoked"):
        await keys.rotate(old)
    third = await keys.rotate(await keys.find(second[-4:]))
    told = {key.last4: (key.name, key.state, key.scopes) for key in await keys.all() if key.name == "till"}
    assert told == {
        first[-4:]: ("till", "revoked", ["rewards:read"]),
        second[-4:]: ("till", "live", ["rewards:read"]),
        third[-4:]: ("till", "live", ["rewards:read"]),
    }


async def test_of_five_who_make_a_key_at_once_two_do(keys: Keys) -> None:
    done = await asyncio.gather(*(keys.make() for _ in range(5)), return_exceptions=True)

    assert sorted(type(one).__name__ for one in done) == ["KeysEnough"] * 3 + ["str"] * 2


async def test_a_key_ends_when_it_is_said_to(keys: Keys, app: Litestar, owner: asyncpg.Connection) -> None:
    first = await keys.make(expires_at=utc_now() + timedelta(days=3))
    second = await keys.rotate(await keys.find(first[-4:]), old_lives=timedelta(hours=1))
    ends = {key.last4: key.expires_at for key in await keys.all()}
    assert ends[first[-4:]] is not None
    assert ends[first[-4:]] <= utc_now() + timedelta(hours=1)
    assert ends[second[-4:]] is None
    assert await status(app, first) == HTTPStatus.OK

    await owner.execute(
        "UPDATE api_key SET created_at = now() - interval '2 hours', expires_at = now() WHERE last4 = $1", first[-4:]
    )

    assert (await status(app, first), await status(app, second)) == (HTTPStatus.UNAUTHORIZED, HTTPStatus.OK)
    # One that has expired stands in nobody's way.
    assert await status(app, await keys.make()) == HTTPStatus.OK


async def test_when_a_key_was_used_is_noted_once_in_ten_minutes(
    keys: Keys, app: Litestar, owner: asyncpg.Connection
) -> None:
    async def used() -> object:
        return await owner.fetchval("SELECT last_used_at FROM api_key WHERE name = 'till'")

    key = await keys.make()
    assert await used() is None
    await status(app, key)
    first = await used()
    await status(app, key)
    # Another process would not write it again, either.
    app.state.known_keys._noted.clear()
    await status(app, key)
    assert first == await used() is not None
    await owner.execute("UPDATE api_key SET last_used_at = now() - interval '11 minutes' WHERE name = 'till'")
    app.state.known_keys._noted.clear()
    await status(app, key)
    assert await owner.fetchval("SELECT last_used_at > now() - interval '1 minute' FROM api_key WHERE name = 'till'")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"scopes": ["purchases:burn"]}, "There is no scope 'purchases:burn'"),
        ({"scopes": []}, "needs a scope"),
        ({"name": " "}, "1 to 64 printable"),
        ({"name": "a\nb"}, "1 to 64 printable"),
        ({"expires_at": utc_now() - timedelta(seconds=1)}, "an instant to come"),
    ],
    ids=["scope", "none", "blank", "lines", "past"],
)
async def test_a_key_that_cannot_be_is_not_made(keys: Keys, told: dict[str, object], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        await keys.make(**told)  # type: ignore[arg-type]
    assert await keys.all() == []


async def test_a_key_of_another_programme_is_none_of_this_one(keys: Keys, owner: asyncpg.Connection) -> None:
    await owner.execute(
        "INSERT INTO program (program_id, name, currency, timezone, mode)"
        " OVERRIDING SYSTEM VALUE VALUES (77, 'Other', 'EUR', 'UTC', 'live')"
    )
    mine = await keys.find((await keys.make())[-4:])
    other = replace(keys.program, program_id=77)
    async with keys.database.session() as session:
        with pytest.raises(NotFound):
            await revoke_key(session, 77, mine)
        with pytest.raises(NotFound):
            await rotate_key(session, other, mine)
        assert await list_keys(session, 77) == []
    assert [key.state for key in await keys.all()] == ["live"]


async def test_the_terminal_makes_lists_rotates_and_revokes(
    source: Source, app: Litestar, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    async def run(*arguments: str) -> tuple[int, str, str]:
        command = ["keys", arguments[0], "--program", source.program.name, *arguments[1:]]
        done = await asyncio.to_thread(CliRunner().invoke, main, command)
        return done.exit_code, done.stdout.strip(), done.stderr.strip()

    code, first, said = await run(
        "create", "--storefront", "web shop", "--name", "till", "--scope", "rewards:read", "--scope", "rewards:write"
    )
    assert (code, said) == (0, "Keep this key now; it is not shown again.")
    assert await status(app, first) == HTTPStatus.OK
    _, second, _ = await run("rotate", first[-4:], "--old-days", "7")
    assert await status(app, second) == HTTPStatus.OK
    code, _, said = await run("rotate", first[-4:])
    assert (code, said.startswith("Error: Two keys named 'till' are live")) == (1, True)
    assert await run("revoke", first[-4:]) == (0, "", "Revoked.")
    assert await status(app, first) == HTTPStatus.UNAUTHORIZED

    _, listed, _ = await run("list")
    _, every, _ = await run("list", "--all")
    assert [line.split()[1:3] for line in listed.splitlines()] == [[f"…{second[-4:]}", "live"]]
    assert "web shop / till: rewards:read rewards:write (last used 20" in listed
    assert [line.split()[2] for line in every.splitlines()] == ["live", "revoked"]
    assert first[:20] not in every
    assert (await run("revoke", "nope"))[::2] == (
        1,
        "Error: There is no key 'nope'; `loyalty keys list` shows those there are.",
    )
