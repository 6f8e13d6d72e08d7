"""A reward as its page shows it, to whoever may see it."""

from uuid import UUID, uuid4

from litestar import Response
from litestar.exceptions import NotFoundException
from msgspec import structs

from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked, id_of
from admin.pages import AnyRequest, page, reader_of
from admin.rewards.listing import make_page
from admin.session import Visitor
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.staff import Takers

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
LIST = "/p/{program_id:str}/rewards"
ONE = f"{LIST}/{{reward:str}}"


async def show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    reward: str,
    refusal: str = "",
    status: int = 422,
) -> Response[str]:
    """Show a reward with a page of those who asked for it; `refusal`: why codes were not taken."""
    said = asked(request)
    after = id_of(said.get("after", ""))
    f = format_of(request, program)
    seen = without_codes(visitor, await seen_of(desk, program, reward, after))
    shown = make_page(program, seen, after, f)
    added, known = (number_of(said.get(name, "")) for name in ("added", "known"))
    notice = ""
    if added is not None:
        notice = f.words.ngettext("%(n)s code came in.", "%(n)s codes came in.", added, n=f.number(added))
        if known:
            twice = f.words.ngettext("%(n)s was known already.", "%(n)s were known already.", known, n=f.number(known))
            notice = f"{notice} {twice}"
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    more = {"changes": visitor.who.role in CHANGES, "refusal": refusal, "notice": notice, "key": str(uuid4())}
    return page(request, "reward.html", {**shell, "page": shown, **more}, status=status if refusal else 200)


async def seen_of(
    desk: Desk, program: ProgramFacts, reward: str, after: UUID | None = None, *, whole: bool = False
) -> Takers:
    """Find the reward of an address."""
    reward_id = id_of(reward)
    found = await desk.rewards.seen(program, reward_id, after, whole=whole) if reward_id else None
    if found is None:
        raise NotFoundException
    return found


def without_codes(visitor: Visitor, seen: Takers) -> Takers:
    """Keep codes, which are worth money, from those who only read figures."""
    if visitor.who.role in CHANGES:
        return seen
    return structs.replace(seen, takers=[structs.replace(taker, code=None) for taker in seen.takers])


def number_of(text: str) -> int | None:
    """Read a whole number; None when it is none."""
    return int(text[:9]) if text.isascii() and text.isdecimal() else None


def format_of(request: AnyRequest, program: ProgramFacts) -> Format:
    """Speak as the reader does, in the programme’s currency."""
    return Format(reader_of(request).language, program.currency)
