"""A programme in which nothing happened yet: each list says what is missing, and the one next step."""

import re

import httpx
from litestar import Litestar

from loyalty.auth.actions import first_link
from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts

SITE = "http://loyalty.test"
# Never empty, so not here: the team, which whoever looks is in, and the whole audit log, which has their coming in.
LISTS = (
    "impact", "kpis", "liability", "members", "members?state=left", "members?state=all", "purchases",
    "purchases/refused", "purchases/events", "rewards", "referrals", "surveys", "survey-list", "survey-cases",
    "survey-voices", "segments", "tiers", "imports", "exports", "keys", "audit?what=tiers",
)  # fmt: skip
# The step is the form of the page itself, which stands above the box.
BELOW_THEIR_FORM = ("imports", "exports")
_BOX, _STEP = re.compile(r'<div class="empty">(.*?)</div>', re.DOTALL), re.compile(r"<a [^>]*href=|<form ")


async def test_every_list_of_an_empty_programme_names_its_next_step(
    app: Litestar, database: Database, program: ProgramFacts
) -> None:
    async with database.session() as session:
        link = await first_link(session, SITE)
    assert link is not None
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"origin": SITE}) as browser:
        await browser.post(link)
        for path in LISTS:
            answer = await browser.get(f"/admin/p/{program.program_id}/{path}")
            assert answer.status_code == 200, path
            main = answer.text.partition("<main")[2]
            boxes = _BOX.findall(main)
            assert len(boxes) == 1, path
            if path in BELOW_THEIR_FORM:
                assert re.search(rf'<form [^>]*action="[^"]*/{path}"', main.partition('<div class="empty">')[0]), path
            else:
                assert _STEP.search(boxes[0]), path
            assert "<table" not in main, path
