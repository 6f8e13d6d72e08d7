"""Points for an answer: promised before, the same for every score, given once, and kept out of the score."""

import asyncio
import re
from http import HTTPStatus

import httpx
import pytest
from litestar import Litestar

from loyalty.verify import verify
from surveys.answers import actions as answers
from surveys.invitations.letters import survey_letter
from tests.surveys.conftest import Poll
from tests.surveys.test_survey_pages import AT_ONCE, BASE, text_of

PROMISE = "For your answer you get 50 points, whatever it says."


async def available(poll: Poll) -> int:
    found: int = (await poll.call("GET", "members/ann/balance"))["available"]
    return found


async def test_twenty_posts_at_once_make_one_response_one_reward_and_one_case(poll: Poll, app: Litestar) -> None:
    await poll.publishes(AT_ONCE, reward_points=50)
    await poll.joins("ann")
    await poll.buys("o1")
    await poll.works()
    page, before = f"/s/{poll.link()}", await available(poll)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept-Language": "en"}) as phone:
        shown = (await phone.get(page)).text
        assert PROMISE in text_of(shown)
        csrf = re.findall(r'name="csrf" value="(.*?)"', shown)[0]
        sent = await asyncio.gather(*(phone.post(page, data={"csrf": csrf, "score": "3"}) for _ in range(20)))
        # All at once is more than the pool lends in a second on a slow machine; who is told so sends it again.
        assert HTTPStatus.SEE_OTHER in {one.status_code for one in sent}
        assert {one.status_code for one in sent} <= {HTTPStatus.SEE_OTHER, HTTPStatus.SERVICE_UNAVAILABLE}
        assert (await phone.post(page, data={"csrf": csrf, "score": "9"})).status_code == HTTPStatus.SEE_OTHER
        assert PROMISE not in text_of((await phone.get(f"{page}?change=score")).text)
    assert await available(poll) == before + 50
    linked = await poll.owner.fetch(
        "SELECT a.cause, r.score, d.points FROM survey_response r JOIN award a USING (program_id, award_id)"
        " JOIN adjustment d USING (program_id, award_id) WHERE r.rewarded"
    )
    assert [tuple(row) for row in linked] == [("adjusted", 9, 50)]
    cases = await poll.owner.fetch("SELECT outcome FROM survey_case")
    assert [row["outcome"] for row in cases] == ["score_changed"]
    told = await poll.owner.fetch("SELECT type FROM event WHERE type LIKE 'survey.%' ORDER BY event_id")
    assert [row["type"] for row in told] == ["survey.sent", "survey.answered", "survey.case_opened"]
    results = await poll.call("GET", "survey-results?start=2026-03-01&end=2026-04-01")
    assert (results["all"]["answers"], results["funnel"]["scored"]) == (0, 1)
    report = await verify(poll.owner)
    assert not report.faults, report.faults


@pytest.mark.parametrize("score", [0, 10])
async def test_every_score_is_rewarded_alike_and_who_was_promised_nothing_is_in_the_score(
    poll: Poll, score: int
) -> None:
    await poll.publishes(AT_ONCE, reward_points=50)
    await poll.joins("ann")
    await poll.buys("o1")
    await poll.buys("o2", "bob")
    await poll.works()
    letters = [survey_letter(one, "", "https://verger.example") for one in poll.box.letters]
    promised = [(PROMISE in letter.text, PROMISE in (letter.html or "")) for letter in letters]
    assert promised == [(one.person.member, one.person.member) for one in poll.box.letters]
    before = await available(poll)
    for who in (0, 1):
        link = poll.link(who)
        await poll.verb(lambda tx, link=link: answers.score(tx, link, score, "fr"))
    assert await available(poll) == before + 50
    rows = await poll.owner.fetch("SELECT member, rewarded, award_id IS NOT NULL AS given FROM survey_response")
    assert sorted(tuple(row) for row in rows) == [(False, False, False), (True, True, True)]
    results = await poll.call("GET", "survey-results?start=2026-03-01&end=2026-04-01")
    assert results["all"]["answers"] == 1
