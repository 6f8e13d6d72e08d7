"""The pages of a survey over HTTP: read by anybody any number of times, written by a form alone."""

import asyncio
import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar

from loyalty.web.logs import log_as_json
from surveys.plans.content import Texts
from tests.surveys.conftest import Poll

AT_ONCE = {"kind": "after_purchase", "days": 0}
BASE = "https://loyalty.verger.example"


@pytest.fixture
async def phone(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Give a browser without a key, on a phone that speaks English."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as client:
        yield client


@pytest.fixture
async def asked(poll: Poll) -> Poll:
    """Ask Ann about a purchase; her link was posted."""
    await poll.owner.execute("UPDATE program SET name = 'Maison Verger'")
    await poll.publishes(AT_ONCE, texts={"fr": Texts(thanks="Bertille lit chaque réponse.")})
    await poll.buys("o1")
    await poll.works()
    return poll


def text_of(page: str) -> str:
    """Read a page as its reader does."""
    body = page.partition("<body")[2].partition(">")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).strip()


async def sends(phone: httpx.AsyncClient, page: str, path: str, **form: str) -> httpx.Response:
    """Send a form as its page has it, and follow where it leads."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', (await phone.get(page)).text)
    assert found
    return await phone.post(path, data={"csrf": found[1], **form}, follow_redirects=True)


async def everything(poll: Poll) -> list[tuple[object, ...]]:
    """Read every row that surveys, events and the queue have."""
    tables = ("survey_invitation", "survey_response", "survey_change", "survey_case", "survey_suppression", "event",
              "survey_bounce", "survey_clock", "outbox", "mail", "adjustment")  # fmt: skip
    rows = []
    for table in tables:
        rows += [(table, row[0]) for row in await poll.owner.fetch(f"SELECT t::text FROM {table} t ORDER BY 1")]
    return rows


async def test_eleven_scanner_gets_at_once_write_nothing(asked: Poll, phone: httpx.AsyncClient) -> None:
    before, page = await everything(asked), f"/s/{asked.link()}"
    paths = [f"{page}?score={n}" for n in range(11)]
    paths += [f"{page}/unsubscribe", f"{page}/comment", f"{page}/thanks", page]
    answers = await asyncio.gather(*(phone.get(path) for path in paths))
    assert {answer.status_code for answer in answers} <= {200, 303}
    assert await everything(asked) == before


async def test_a_score_then_a_comment_then_thanks(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    first = await phone.get(f"{page}?score=9")
    assert "Your purchase of 3 March 2026" in text_of(first.text)
    assert "How likely are you to recommend Maison Verger to a friend or colleague?" in text_of(first.text)
    assert re.findall(r'value="(\d+)"\s+required\s+checked', first.text) == ["9"]
    assert "checked" not in (await phone.get(page)).text

    second = await sends(phone, page, page, score="9")
    assert second.url.path == f"{page}/comment"
    assert "Score kept: 9 Change What did you like most?" in text_of(second.text)
    third = await sends(phone, f"{page}/comment", f"{page}/comment", comment="The pears <3", publish="on")
    told = text_of(third.text)
    assert "Thank you, we have it." in told
    assert "Your score 9 out of 10 Your comment The pears <3" in told
    assert "You can change your answer until" in told
    again = await phone.get(page)
    assert "Thank you, we have it." in text_of(again.text)
    assert '"9"' in re.sub(r"\s+", " ", (await phone.get(f"{page}?change=score")).text)


@pytest.mark.parametrize(
    ("score", "expected"),
    [("10", "What did you like most?"), ("7", "What would have made it a 10?"), ("0", "What went wrong?")],
)
async def test_what_follows_goes_by_the_saved_score(
    asked: Poll, phone: httpx.AsyncClient, score: str, expected: str
) -> None:
    page = f"/s/{asked.link()}"
    assert expected in text_of((await sends(phone, page, page, score=score)).text)


@pytest.mark.parametrize("score", ["", "11", "-1", "9.5", "nine", "٩"])
async def test_a_score_that_is_none_is_said_beside_the_field(asked: Poll, phone: httpx.AsyncClient, score: str) -> None:
    page = f"/s/{asked.link()}"
    answer = await sends(phone, page, page, **({"score": score} if score else {}))
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "Choose a number from 0 to 10 first." in text_of(answer.text)
    assert 'aria-describedby="wrong"' in answer.text
    assert "autofocus" in answer.text
    assert await asked.owner.fetchval("SELECT count(*) FROM survey_response") == 0


async def test_a_comment_that_is_too_long_is_given_back_and_not_cut(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    await sends(phone, page, page, score="3")
    words = "pear " * 401
    answer = await sends(phone, f"{page}/comment", f"{page}/comment", comment=words)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert words in answer.text
    assert await asked.owner.fetchval("SELECT comment FROM survey_response") is None


async def test_it_speaks_french_to_who_speaks_french_and_keeps_a_chosen_language(
    asked: Poll, phone: httpx.AsyncClient
) -> None:
    await asked.owner.execute("UPDATE customer SET language = 'fr-CH'")
    page = f"/s/{asked.link()}"
    first = await phone.get(page)
    assert '<html lang="fr">' in first.text
    assert "Recommanderiez-vous Maison Verger à un ami ou à un collègue" in text_of(first.text)
    assert "Votre achat du 3 mars 2026" in text_of(first.text)
    english = await sends(phone, f"{page}?lang=en", f"{page}?lang=en", score="2")
    assert english.url.query == b"lang=en"
    assert "What went wrong?" in text_of(english.text)
    # The last page, in the shop's own words where it has any in that language.
    assert "The team reads every answer." in text_of((await phone.get(f"{page}?lang=en")).text)
    assert "Merci, c’est bien reçu. Bertille lit chaque réponse." in text_of((await phone.get(page)).text)


async def test_every_page_has_the_headers_of_a_secret(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    await sends(phone, page, page, score="9")
    for path in (page, f"{page}/comment", f"{page}/thanks", f"{page}/unsubscribe", "/s/1.nothing", f"{page}/else"):
        headers = (await phone.get(path)).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"].startswith("noindex")
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "http" not in policy
        assert "set-cookie" not in headers
    assert (await phone.post(page, data={"score": "3"})).headers["cache-control"] == "no-store"


async def test_unknown_truncated_and_revoked_links_are_one_page_and_ended_ones_another(
    asked: Poll, phone: httpx.AsyncClient
) -> None:
    link = asked.link()
    wrong = [f"/s/{link[:-1]}", f"/s/{link[:-3]}abc", "/s/99.nothing", "/s", f"/s/{link}/else"]
    pages = [await phone.get(path) for path in wrong]
    assert {answer.status_code for answer in pages} == {404}
    assert len({answer.text for answer in pages}) == 1
    await asked.owner.execute("UPDATE survey_invitation SET token_version = 2, token_sha256 = sha256('another')")
    revoked = await phone.get(f"/s/{link}")
    assert (revoked.status_code, revoked.text) == (404, pages[0].text)


async def test_an_ended_link_says_so_and_still_unsubscribes(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    await asked.at("2026-04-03T10:00")
    ended = await phone.get(page)
    assert ended.status_code == httpx.codes.GONE
    assert "This survey is over" in text_of(ended.text)
    assert "ann" not in ended.text.lower().replace("cannot", "")
    assert (await phone.post(f"{page}/unsubscribe")).status_code == httpx.codes.OK
    assert await asked.owner.fetchval("SELECT why FROM survey_suppression") == "unsubscribed"


async def test_a_mail_program_unsubscribes_with_one_post_and_no_redirect(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}/unsubscribe"
    assert "No more surveys from Maison Verger?" in text_of((await phone.get(page)).text)
    for _ in range(2):
        answer = await phone.post(page, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == httpx.codes.OK
        assert "You get no more surveys." in text_of(answer.text)
    assert await asked.owner.fetchval("SELECT count(*) FROM survey_suppression") == 1


async def test_who_was_merged_before_or_after_unsubscribing_is_not_asked_for_it_again(
    asked: Poll, phone: httpx.AsyncClient
) -> None:
    page = f"/s/{asked.link()}/unsubscribe"
    for order, who in (("m1", "anna"), ("m2", "annie")):
        await asked.buys(order, who, test=True)
    await asked.call("POST", "customers/ann/merge", 201, into="anna")
    await phone.post(page, data={"List-Unsubscribe": "One-Click"})
    assert "You get no more surveys." in text_of((await phone.get(page)).text)
    await asked.call("POST", "customers/anna/merge", 201, into="annie")
    assert "You get no more surveys." in text_of((await phone.get(page)).text)


async def test_a_form_from_elsewhere_is_not_believed(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    assert (await phone.post(page, data={"score": "9"})).status_code == httpx.codes.FORBIDDEN
    assert await asked.owner.fetchval("SELECT count(*) FROM survey_response") == 0


async def test_after_a_day_the_answer_stays_and_the_page_says_so(asked: Poll, phone: httpx.AsyncClient) -> None:
    page = f"/s/{asked.link()}"
    csrf = re.search(r'name="csrf" value="(.*?)"', (await phone.get(page)).text)
    assert csrf
    await sends(phone, page, page, score="9")
    await asked.at("2026-03-05T10:00")
    late = await phone.post(page, data={"csrf": csrf[1], "score": "0"})
    assert late.status_code == httpx.codes.CONFLICT
    assert "It stays as it was" in text_of(late.text)
    assert "Change" not in text_of((await phone.get(f"{page}?score=0")).text)
    assert await asked.owner.fetchval("SELECT score FROM survey_response") == 9


async def test_the_secret_is_in_no_log(
    asked: Poll, phone: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    log_as_json()
    page = f"/s/{asked.link()}"
    await sends(phone, page, page, score="3")
    await asked.owner.execute("ALTER TABLE survey_response RENAME TO gone")
    assert (await phone.get(page)).status_code == httpx.codes.INTERNAL_SERVER_ERROR
    printed = capsys.readouterr()
    assert "survey page failed" in printed.out + printed.err
    assert asked.link().partition(".")[2] not in printed.out + printed.err
