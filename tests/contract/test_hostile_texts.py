"""Every text that a shop, a customer or a colleague may word, worded as an attack, and every page and file read."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, quote, urljoin, urlsplit

import httpx
import pytest

from loyalty.auth.actions import create_key, sign_in_link
from loyalty.database import connect
from loyalty.earning.actions import start_program
from loyalty.programs.actions import ensure_storefront
from loyalty.settings import Settings
from tests.contract import story
from tests.contract.hostile import ELEMENT, Hostile, Reader, formulas, poisoned
from tests.contract.service import Service
from tests.contract.story import BASE, Json

pytestmark = pytest.mark.xdist_group("contract")
# In every run, what needs no waiting for the worker; in the long one, the whole story.
QUICK = [story._setting_up, story._shopping, story._spending, story._people, story._segments, story._asking]
EVERYWHERE = (
    "members?", "members.csv", "members/…?", "members/…?why", "members/…/timeline.csv", "rewards?", "rewards.csv",
    "rewards/…?", "rewards/…/redemptions.csv", "segments?", "segments.csv", "tiers?",
    "rules?", "rules/drafts/…?", "kpis/costs?", "survey-list?", "survey-cases/…?", "survey-cases.csv", "survey-voices?",
    "surveys?", "surveys/answers.csv", "keys?", "audit?", "audit.csv", "settings?", "team?", "account?",
)  # fmt: skip
_ONE_OF_MANY = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)|(?<=kpis/)(?!costs)[a-z0-9_]+(?=/|$)|(?<=segments/)[a-z-]+(?=/|$)"
)


class Visitor:
    """Somebody at the panel. `wrong`: what a text did; `met`: how often they stood on pages and in files."""

    def __init__(self, browser: httpx.Client, program: int, *, each: int) -> None:
        """Of each shape of address, `each` are opened; where it is more than one, as a part of a page, too."""
        self.browser, self.base, self.each = browser, f"/admin/p/{program}/", each
        self.wrong: list[str] = []
        self.met: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()

    def walk(self, *pages: str) -> None:
        """Open what can be reached by links."""
        waiting = [urljoin(self.base, page) for page in reversed(pages)]
        while waiting:
            parts = urlsplit(address := waiting.pop())
            asked = [name for name, _ in parse_qsl(parts.query)]
            shape = _ONE_OF_MANY.sub("…", parts.path.removeprefix(self.base))
            shape += "" if shape.endswith(".csv") else f"?{','.join(asked)}"
            if len(asked) <= 1 and self.seen[shape] < self.each:
                self.seen[shape] += 1
                waiting += [link for link in self.look(address, shape) if link.startswith(self.base)]

    def look(self, address: str, shape: str = "") -> list[str]:
        """Look at what comes; gives where it leads."""
        answer = self.browser.get(address, follow_redirects=True)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if not answer.is_success and "/preview/" not in address:  # of what customers will see, the links lead nowhere
            self.wrong.append(f"{address}: {answer.status_code}")
        if kind == "text/csv":
            self.wrong += [f"{address}: a formula: {cell[:60]!r}" for cell in formulas(answer.content)]
            self.met[shape] += answer.text.count(ELEMENT)
        if kind != "text/html":
            return []
        read = [Reader(answer.text)]
        if self.each > 1:
            read.append(Reader(self.browser.get(address, headers={"hx-request": "true"}).text))
        self.wrong += [f"{address}: {wrong}" for one in read for wrong in one.wrong]
        self.met[shape or address] += read[0].met
        return [found.partition("#")[0] for link in read[0].links if "lang=" not in (found := urljoin(address, link))]

    def look_for(self, page: str, pattern: str) -> str:
        """Find an address on a page."""
        found = re.search(pattern, self.browser.get(urljoin(self.base, page)).text)
        assert found, page
        return urljoin(self.base, found[0])

    def send(self, page: str, **form: str) -> None:
        """Send the form of a page to it."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.browser.get(page).text)
        assert found, page
        answer = self.browser.post(page, data={"csrf": found[1], **form}, follow_redirects=True)
        assert answer.is_success, (page, answer.status_code)


async def _opened(url: str) -> tuple[str, int, str]:
    """Open a shop with a bad name; gives its key, the programme, and a link that signs in somebody with one."""
    async with connect(Settings(pool_size=2), url) as database, database.session() as session:
        program = await start_program(session, poisoned("Shop"), timezone="Europe/Paris", currency="EUR", mode="test")
        storefront, _ = await ensure_storefront(session, program.program_id, poisoned("web"))
        shop = {"program_id": program.program_id, "storefront_id": storefront.storefront_id or 0, "mode": program.mode}
        key = await create_key(session, name=poisoned("till"), **shop)  # type: ignore[arg-type]
        return key, program.program_id, urlsplit(await sign_in_link(session, "http://x", poisoned("m@x.example"))).path


@pytest.mark.parametrize(
    ("chapters", "each"),
    [pytest.param(QUICK, 1, id="quick"), pytest.param([story.tell], 2, id="all", marks=pytest.mark.long)],
)
def test_no_text_of_others_does_anything_on_any_page_or_in_any_file(
    service: Service, document: Json, chapters: Sequence[Callable[[Hostile], None]], each: int
) -> None:
    key, program, way_in = asyncio.run(_opened(service.database_url))
    with (
        service.client(key) as shop,
        httpx.Client(base_url=service.url, headers={"origin": service.url}, timeout=60) as browser,
    ):
        browser.post(way_in)
        say, visitor = Hostile(shop, document), Visitor(browser, program, each=each)
        for chapter in chapters:
            chapter(say)
        answers = {name: said.answer for name, said in say.said.items()}
        # The customer's own pages, and an answer in their words.
        survey, own = (urlsplit(answers[name]["url"]).path for name in ("invite_to_survey", "make_page_link"))
        visitor.look(survey)
        visitor.send(survey, score="2")
        visitor.send(f"{survey}/comment", comment=poisoned("So slow"), publish="yes")
        for address in (f"{survey}?change", f"{survey}/comment", f"{survey}/thanks", own, f"{own}/history"):
            visitor.look(address)
        # What staff is still at.
        draft = say("write_earning_draft", {"name": "Spring", "rules": [BASE | {"name": "One each"}]})["draft_id"]
        say(
            "tell_spend",
            {"spend_id": "x", "kind": "acquisition", "booked_on": "2026-01-01", "amount": "1", "note": "n"},
        )
        case = visitor.look_for("survey-cases", r"survey-cases/[0-9a-f-]{36}")
        visitor.send(case, note=poisoned("Called them"), do="keep")
        ann = visitor.look_for(f"members?q={quote(poisoned('ann@shop.example'))}", r"members/[0-9a-f-]{36}")
        drafts = [f"rules/drafts/{draft}{part}" for part in ("", "/publish", "/backtest", "/new-rule", "/rules/base")]
        visitor.walk(ann, case, *drafts, "kpis/costs", "kpis/costs/spend/entered.csv", "members", "audit.csv", "impact")
        for operation in _tables(document) & say.said.keys():
            told = say.said[operation]
            cells = formulas(shop.get(told.path, params=told.query).content)
            visitor.wrong += [f"{operation}: a formula: {cell[:60]!r}" for cell in cells]
    assert visitor.wrong == []
    # Nothing of it holds if the texts were not there to be seen.
    assert [shape for shape in EVERYWHERE if not visitor.met[shape]] == []


def _tables(document: Json) -> set[str]:
    """Name the operations that give a table as a file."""
    return {
        told["operationId"]
        for methods in document["paths"].values()
        for told in methods.values()
        if any("text/csv" in answer.get("content", {}) for answer in told["responses"].values())
    }
