"""A member's own page over HTTP: what it shows, and what can be done there, with numbers."""

import html
import re
from datetime import timedelta
from email.message import EmailMessage
from urllib.parse import unquote
from uuid import uuid4

import asyncpg
import httpx
import pytest

from loyalty.account_page.tasks import clean_up
from loyalty.database import Database
from loyalty.jobs.job import Desk
from loyalty.mail.tasks import work_off
from loyalty.programs.facts import ProgramFacts
from loyalty.settings import Settings
from loyalty.verify import verify
from loyalty.web.logs import log_as_json
from tests.loyalty.account_page.conftest import BASE
from tests.nora import Nora
from tests.post_office import PostOffice


def text_of(page: str) -> str:
    """Read a page as its reader does."""
    body = page.partition("<body")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).replace("\u00a0", " ")


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', page)
    assert found
    return found[1]


async def says(phone: httpx.AsyncClient, path: str, status: int = 200, **headers: str) -> str:
    answer = await phone.get(path, headers=headers)
    assert answer.status_code == status, answer.text
    return text_of(answer.text)


async def send(phone: httpx.AsyncClient, page: str, path: str, **form: str) -> httpx.Response:
    """Send a form as its page has it."""
    csrf = csrf_of((await phone.get(page)).text)
    return await phone.post(path, data={"csrf": csrf, **form})


async def test_the_page_tells_what_there_is_what_ends_and_what_it_is_for(nora: Nora, phone: httpx.AsyncClient) -> None:
    told = await says(phone, f"/me/{await nora.link()}")

    assert "Hello Nora 226 points to spend" in told
    # 420 mature on 27 March and lose 250; 86 mature on 16 May and lose 30; the third order waits.
    assert "Use 170 points by 27 July 2026, or they are lost." in told
    assert "until 27 Jul 2026 170 until 16 Sep 2026 56 from 20 Jun 2026 127" in told
    assert "Branch Tree €396.50 more for Tree, by 11 Mar 2027" in told
    assert "5 € de remise 200 points Five euros off any order. Yours when you like" in told
    assert "Panier de saison 300 points A basket of what the garden gives this week. 74 points to go" in told
    assert "10 € de remise 450 points 224 points to go" in told
    assert "Visite du verger 150 points An afternoon among the trees, for two. from the tier Tree on" in told
    assert "Un bocal de miel" in told
    assert "You both get 500 points, with your friend’s first purchase of €50.00 or more." in told
    assert "June 2026 Redeemed: Un bocal de miel 10 Jun −250 You reached Branch 10 Jun You reached Leaf 10 Jun" in told
    assert "Purchase 5 Jun · €127.00 · web shop +127 May 2026" in told
    assert "Sent back 21 May · €30.00 · web shop −30 Purchase 1 May · €86.50 · web shop +86 Everything" in told
    assert "valid until 10 July 2026" in told


async def test_it_speaks_the_members_language_and_changes_it(nora: Nora, phone: httpx.AsyncClient) -> None:
    page = f"/me/{await nora.link()}"
    assert "Bonjour Nora 226 points à utiliser" in await says(phone, f"{page}?lang=fr")

    answer = await send(phone, page, f"{page}/language", language="fr")

    assert (answer.status_code, answer.headers["location"]) == (303, f"{page}?done=language#language")
    assert (await nora.call("GET", "members/nora"))["language"] == "fr"
    shown = await phone.get(page, headers={"Accept-Language": "en"})
    assert '<html lang="fr">' in shown.text
    assert "Utilisez 170 points avant la fin du 27 juillet 2026, sinon ils sont perdus." in text_of(shown.text)


async def test_nothing_of_the_page_is_kept_listed_or_passed_on(nora: Nora, phone: httpx.AsyncClient) -> None:
    token = await nora.link()
    for path in (f"/me/{token}", f"/me/{token}/export", f"/me/{token}/code.svg", "/me/nobody"):
        headers = (await phone.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "noindex" in headers["x-robots-tag"]
        assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
        assert "script-src" not in headers["content-security-policy"]
        assert "set-cookie" not in headers
    assert "<script" not in (page := (await phone.get(f"/me/{token}")).text)
    assert "style=" not in page


async def test_only_hashes_of_links_are_stored_and_several_live(nora: Nora, owner: asyncpg.Connection) -> None:
    first, second = await nora.link(), await nora.link()

    stored = await owner.fetch("SELECT to_jsonb(l)::text AS row FROM page_link l")

    assert len(stored) == 2
    assert len(first.partition(".")[2]) == 43
    assert not any(token.partition(".")[2] in row["row"] for row in stored for token in (first, second))
    bodies = await owner.fetchval("SELECT count(*) FROM idempotency WHERE convert_from(body, 'UTF8') LIKE '%/me/%'")
    assert bodies == 0


async def test_unknown_broken_and_ended_links_get_one_page(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    token = await nora.link()
    other = f"2.{token.partition('.')[2]}"
    unknown = [
        f"/me/{token[:-1]}",
        f"/me/{token[:-1]}B",
        f"/me/{other}",
        "/me/1.é",
        "/me",
        "/me/a/b/c",
        f"/erase/{token}",
    ]
    pages = {await says(phone, path, 404) for path in unknown}
    assert len(pages) == 1
    assert "This link does not work any more" in pages.pop()
    assert "Ce lien ne fonctionne plus" in await says(phone, "/me/x", 404, **{"Accept-Language": "fr-CH, en;q=0.5"})
    assert "Ce lien ne fonctionne plus" in await says(phone, "/me/x?lang=fr", 404)

    await owner.execute("UPDATE program SET clock_offset = clock_offset + $1", timedelta(days=30, minutes=1))
    assert "This link does not work any more" in await says(phone, f"/me/{token}", 410)
    assert "Hello Nora" in await says(phone, f"/me/{await nora.link()}")


async def test_leaving_says_what_becomes_of_the_points_and_closes_the_page(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    token = await nora.link()
    page = f"/me/{token}"
    asked = await says(phone, f"{page}/leave")
    assert "Your 353 points stay yours, with their dates, but can be spent only after joining again." in asked

    assert (await phone.post(f"{page}/leave", data={"csrf": "0" * 64})).status_code == 403
    strange = {"csrf": csrf_of((await phone.get(page)).text)}
    answer = await phone.post(f"{page}/leave", data=strange, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert (await nora.call("GET", "members/nora"))["state"] == "member"

    left = await send(phone, page, f"{page}/leave")

    assert "You have left the programme." in text_of(left.text)
    assert (await nora.call("GET", "members/nora"))["state"] == "left"
    assert await owner.fetchval("SELECT actor FROM award WHERE cause = 'left'") == "member"
    await says(phone, page, 404)
    refused = await nora.api.post("/v1/members/nora/page-links")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_a_member")
    await owner.execute("UPDATE program SET clock_offset = clock_offset + interval '1 hour'")
    await nora.call("POST", "members", customer_id="nora", joined_at="2026-06-10T08:30:00Z")
    await says(phone, page, 404)
    assert "353" not in await says(phone, f"/me/{await nora.link()}")


async def test_leaving_says_when_points_are_lost(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await owner.execute('UPDATE program SET policies = policies || \'{"on_leaving": "forfeit"}\'')
    page = f"/me/{await nora.link()}"

    assert "Your 353 points are lost for good." in await says(phone, f"{page}/leave")


@pytest.mark.parametrize(
    ("channel", "begins"),
    [("whatsapp", "https://wa.me/?text="), ("email", "mailto:?subject="), ("sms", "sms:?&body=")],
)
async def test_sharing_is_recorded_and_opens_the_words(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection, channel: str, begins: str
) -> None:
    page = f"/me/{await nora.link()}"
    code = (await nora.call("GET", "members/nora/referral-code"))["code"]

    answer = await send(phone, page, f"{page}/share", channel=channel)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(begins)
    words = f"with my code {code} you start with 500 points. https://verger.example/bienvenue?ref={code}"
    assert words in unquote(answer.headers["location"])
    assert [tuple(row) for row in await owner.fetch("SELECT channel FROM referral_share")] == [(channel,)]


async def test_without_terms_nobody_is_asked_to_bring_friends(nora: Nora, phone: httpx.AsyncClient) -> None:
    await nora.call("PUT", "referral-terms", on=False)
    page = f"/me/{await nora.link()}"

    assert "Bring a friend" not in await says(phone, page)
    assert (await send(phone, page, f"{page}/share", channel="sms")).headers["location"] == page
    await says(phone, f"{page}/code.svg", 404)


async def test_the_export_is_a_file_of_everything(nora: Nora, phone: httpx.AsyncClient) -> None:
    answer = await phone.get(f"/me/{await nora.link()}/export")

    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    told = answer.json()
    assert told["profile"][0]["email"] == "nora@example.org"
    assert len(told["purchases"]) == 3
    assert len(told["page_links"]) == 1


async def test_the_history_goes_page_by_page(nora: Nora, phone: httpx.AsyncClient) -> None:
    for number in range(40):
        await nora.buys(f"h{number}", "1.00", 60 + number / 10)
    page = f"/me/{await nora.link()}/history"

    first = (await phone.get(page)).text
    older = re.search(r'href="([^"]+history\?after=[^"]+)"', first)
    assert older
    second = (await phone.get(html.unescape(older[1]))).text

    assert first.count('class="moved') + second.count('class="moved') == 45
    assert "You joined" in text_of(second)
    for strange in ("x", "~~", "2026-06-10~x~", "0001-01-01T00:00:00+14:00~" + "0" * 32 + "~", "%00"):
        assert (await phone.get(f"{page}?after={strange}")).status_code == 200


async def test_erasing_needs_the_link_in_a_letter_and_a_second_yes(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, settings: Settings,
    post_office: PostOffice,
) -> None:  # fmt: skip
    page = f"/me/{await nora.link()}"
    assert "we send a link to n•••@example.org" in await says(phone, f"{page}/delete")

    for _ in range(2):
        answer = await send(phone, f"{page}/delete", f"{page}/delete")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{page}/delete")
    assert "We sent you an e-mail on 10 Jun 2026, 10:0" in await says(phone, f"{page}/delete")
    await work_off(database, 1, settings)

    [mail] = post_office.mails
    assert (mail["To"], mail["Subject"]) == ("nora@example.org", "Delete your data at Maison Verger?")
    assert mail["From"] == "Maison Verger <bonjour@verger.example>"
    assert await owner.fetch("SELECT state, letter FROM mail") == [("sent", None)]
    confirm = link_in(mail)
    assert confirm != page

    assert "You lose 353 points." in await says(phone, confirm)
    assert "Hello Nora" in await says(phone, page)
    done = await send(phone, confirm, confirm)

    assert "Maison Verger does not know you any more." in text_of(done.text)
    await says(phone, page, 404)
    await says(phone, confirm, 404)
    assert (await nora.api.get("/v1/members/nora")).status_code == 404
    assert await owner.fetchval("SELECT count(*) FROM mail") == 0
    report = await verify(owner)
    assert not report.faults, report.faults


def link_in(mail: EmailMessage) -> str:
    """Find the link, in both ways of saying it."""
    plain, rich = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert rich is not None
    found = re.search(rf"{BASE}(/erase/\S+)", plain.get_content())
    assert found
    assert f'href="{BASE}{found[1]}"' in rich.get_content()
    return found[1]


async def test_who_has_no_address_is_told_whom_to_ask(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    await owner.execute("UPDATE customer SET email = NULL")
    page = f"/me/{await nora.link()}"

    assert "Ask Maison Verger to delete your data." in await says(phone, f"{page}/delete")
    await send(phone, f"{page}/delete", f"{page}/delete")
    assert await owner.fetchval("SELECT count(*) FROM mail") == 0


async def test_the_erasing_link_ends_after_a_day(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, settings: Settings,
    post_office: PostOffice,
) -> None:  # fmt: skip
    page = f"/me/{await nora.link()}"
    await send(phone, f"{page}/delete", f"{page}/delete")
    await work_off(database, 1, settings)
    await owner.execute("UPDATE program SET clock_offset = clock_offset + $1", timedelta(hours=24, minutes=1))

    assert "This link does not work any more" in await says(phone, link_in(post_office.mails[0]), 410)
    assert "We sent you" not in await says(phone, f"{page}/delete")


async def test_who_was_merged_comes_to_the_others_page(nora: Nora, phone: httpx.AsyncClient) -> None:
    await nora.call("POST", "members", customer_id="nora-2", joined_at=nora.ago(50), name="Nora W.")
    url = (await nora.call("POST", "members/nora-2/page-links"))["url"]

    await nora.call("POST", "customers/nora-2/merge", into="nora")

    assert "226 points to spend" in await says(phone, url.removeprefix(BASE))


async def test_no_link_is_ever_written_into_the_log(
    nora: Nora, phone: httpx.AsyncClient, owner: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await nora.link()
    log_as_json()
    await phone.get(f"/me/{token}")
    await owner.execute("ALTER TABLE reward RENAME TO broken")
    failed = await phone.get(f"/me/{token}")
    await owner.execute("ALTER TABLE broken RENAME TO reward")

    assert failed.status_code == 500
    assert "Something of ours failed." in text_of(failed.text)
    logged = capsys.readouterr()
    assert "own page failed" in logged.err
    assert failed.headers["x-request-id"] in logged.err
    assert token.partition(".")[2] not in logged.err + logged.out


async def test_making_links_needs_its_own_scope(nora: Nora, owner: asyncpg.Connection) -> None:
    await owner.execute("UPDATE api_key SET scopes = ARRAY['members:write']")
    nora.api._transport.app.state.known_keys._known.clear()  # type: ignore[attr-defined]

    refused = await nora.api.post("/v1/members/nora/page-links")

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "page_links:write" in refused.json()["detail"]


async def test_an_unknown_member_gets_no_link(nora: Nora) -> None:
    assert (await nora.api.post("/v1/members/unknown/page-links")).status_code == 404


async def test_links_that_ended_long_ago_are_deleted(
    nora: Nora, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    await nora.link()
    desk = Desk(database, program.program_id, uuid4(), 1, program.created_at)
    await owner.execute("UPDATE program SET clock_offset = clock_offset + interval '394 days'")
    await clean_up(desk)
    assert await owner.fetchval("SELECT count(*) FROM page_link") == 1

    await owner.execute("UPDATE program SET clock_offset = clock_offset + interval '2 days'")
    await clean_up(desk)
    assert await owner.fetchval("SELECT count(*) FROM page_link") == 0
