"""Coming in through the whole application: sessions that cannot be planted or kept, and what is written down of it."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from litestar import Litestar

from loyalty.auth.actions import first_link, sign_in_link
from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts

SITE = "http://loyalty.test"
PASSWORD = "correct horse battery"


@pytest.fixture
async def browser(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"origin": SITE}) as client:
        yield client


async def link(database: Database) -> str:
    async with database.session() as session:
        return urlsplit(await sign_in_link(session, SITE, "maya@example.com")).path


def bring(browser: httpx.AsyncClient, secret: str) -> None:
    """Have the browser bring this cookie, and no other."""
    browser.cookies.clear()
    browser.cookies.set("loyalty", secret)


async def csrf(browser: httpx.AsyncClient, path: str) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', (await browser.get(path)).text)
    assert found
    return found[1]


async def test_the_first_owner_is_let_in_where_nobody_was_before(
    browser: httpx.AsyncClient, database: Database
) -> None:
    async with database.session() as session:
        first = await first_link(session, SITE)
    assert first is not None
    come = await browser.post(urlsplit(first).path)
    assert (come.status_code, "loyalty" in come.cookies) == (303, True)
    async with database.session() as session:
        assert await first_link(session, SITE) is None


async def test_a_session_can_be_neither_planted_nor_kept(
    browser: httpx.AsyncClient, database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    account = f"/admin/p/{program.program_id}/account"
    # Fixation: what somebody else put into the browser is not what the session goes by.
    bring(browser, "planted")
    first = (await browser.post(await link(database))).cookies["loyalty"]
    assert first != "planted"
    # Rotation: coming in again ends the session that this browser had.
    bring(browser, first)
    second = (await browser.post(await link(database))).cookies["loyalty"]
    bring(browser, first)
    assert (await browser.get(account)).headers["location"].startswith("/admin/sign-in?next=")
    bring(browser, second)
    # Theft: a new password leaves the thief outside, and this browser in.
    answer = await browser.post(
        f"{account}/password", data={"csrf": await csrf(browser, account), "password": PASSWORD, "again": PASSWORD}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, f"{account}?did=password")
    third = answer.cookies["loyalty"]
    bring(browser, second)
    assert (await browser.get(account)).status_code == 303
    bring(browser, third)
    assert (await browser.get(account)).status_code == 200
    # Nothing that is stored opens anything.
    kept = str(
        [dict(row) for row in await owner.fetch('SELECT * FROM session CROSS JOIN "user" CROSS JOIN staff_action')]
    )
    assert not any(secret in kept for secret in (first, second, third, PASSWORD))
    assert await owner.fetch("SELECT name, status, program_id FROM staff_action ORDER BY at") == [
        ("sign_in.use_link", 303, None),
        ("sign_in.use_link", 303, None),
        ("account.set_password", 303, None),
    ]
    # So it shows in the audit log of any programme.
    assert (await browser.get(f"/admin/p/{program.program_id}/audit")).text.count("Signed in by a link") >= 2


async def test_the_door_answers_alike_and_believes_only_its_own_page(
    browser: httpx.AsyncClient, database: Database, program: ProgramFacts
) -> None:
    await browser.post(await link(database))
    account = f"/admin/p/{program.program_id}/account"
    form = {"csrf": await csrf(browser, account), "password": PASSWORD, "again": PASSWORD}
    await browser.post(f"{account}/password", data=form)
    browser.cookies.clear()
    known = {"email": "maya@example.com", "password": "a wrong guess"}
    unknown = {"email": "nora@example.com", "password": "a wrong guess"}
    for expected in [401] * 5 + [429]:
        answers = [await browser.post("/admin/sign-in", data=told) for told in (known, unknown)]
        assert [answer.status_code for answer in answers] == [expected, expected]
        said = [re.sub(r"\d+ second|maya|nora", "", answer.text) for answer in answers]
        assert said[0] == said[1]
        assert [answer.headers.get("set-cookie") for answer in answers] == [None, None]
    assert int(answers[0].headers["retry-after"]) in range(1, 16)
    # A page of somebody else cannot sign a browser in as them.
    elsewhere = await browser.post("/admin/sign-in", data=known, headers={"origin": "https://evil.example"})
    assert elsewhere.status_code == 403
    # A link still lets in whoever the guesses of others keep waiting; and leads nowhere but home.
    answer = await browser.post(f"{await link(database)}?next=https://evil.example&lang=en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/impact")
