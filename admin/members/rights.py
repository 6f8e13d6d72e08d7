"""The addresses of a person's rights: all that is known as a file, points let go, and forgetting, once it is typed."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import id_of, with_query
from admin.members.listing import name_of
from admin.pages import HEADERS, AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from loyalty.members.staff import Seen
from loyalty.programs.facts import ProgramFacts

GIVES_OUT = ("owner", "manager", "support")
RELEASES = ("owner", "manager", "support")
ERASES = ("owner", "manager")
_ONE = "/p/{program_id:str}/members/{customer:str}"


@dataclass(frozen=True)
class ErasePage:
    """What erasing would do, line by line. `types`: what has to be typed to mean it."""

    base: str
    name: str
    types: str
    lines: list[str]
    wrong: str = ""


@post(f"{_ONE}/export", status_code=200)
async def export(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Give everything that is known of a person, for the person. A form, so that it is written down who took it."""
    program, _ = await find_program(program_id, desk, visitor, GIVES_OUT)
    await check_form(request, desk, visitor)
    told = await desk.rights.export(program, _id(customer), visitor.who.user_id)
    if told is None:
        raise NotFoundException
    headers = {**HEADERS, "content-disposition": f'attachment; filename="customer-{_id(customer)}.json"'}
    return Response(told, media_type="application/json", headers=headers)


@post(f"{_ONE}/holds/{{hold:str}}/release")
async def release(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    hold: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Let go of points that are held for a reward; the page of the member says what came of it."""
    program, _ = await find_program(program_id, desk, visitor, RELEASES)
    await check_form(request, desk, visitor)
    seen = await _person(desk, program, customer)
    hold_id = next((one.hold_id for one in seen.purse.holds if one.hold_id == id_of(hold)), None)
    request_id = request.scope.get("state", {}).get("request_id", "")
    # One that is not there any more ran out, or was captured, since the page was made.
    code = "gone" if hold_id is None else await desk.rights.release(program, hold_id, visitor.who.user_id, request_id)
    base = f"/admin/p/{program_id}/members/{seen.person.customer_id}"
    return redirect(with_query(base, {"hold": "gone" if code else "released"}))


@get(f"{_ONE}/erase")
async def ask_erase(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Say what erasing would do, and ask to type who is meant."""
    program, _ = await find_program(program_id, desk, visitor, ERASES)
    return await _show(request, desk, visitor, program, await _person(desk, program, customer))


@post(f"{_ONE}/erase", status_code=200)
async def erase(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Forget a person for ever, where who is meant was typed."""
    program, _ = await find_program(program_id, desk, visitor, ERASES)
    await check_form(request, desk, visitor)
    seen = await _person(desk, program, customer)
    said, f = said_in(await request.form()), _format(request, program)
    typed = (said.get("typed") or [""])[-1]
    if " ".join(typed.split()).casefold() != _types(seen, f).casefold():
        wrong = f.words.gettext("That is not what stands above. Nothing was erased.")
        return await _show(request, desk, visitor, program, seen, wrong=wrong)
    request_id = request.scope.get("state", {}).get("request_id", "")
    if await desk.rights.erase(program, seen.person.customer_id, visitor.who.user_id, request_id):
        raise NotFoundException
    return redirect(f"/admin/p/{program_id}/members/{seen.person.customer_id}")


async def _person(desk: Desk, program: ProgramFacts, customer: str) -> Seen:
    found = await desk.member(program, _id(customer), None, None)
    if not isinstance(found, Seen) or not found.person.ids:
        raise NotFoundException
    return found


async def _show(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, seen: Seen, *, wrong: str = ""
) -> Response[str]:
    f = _format(request, program)
    base = f"/admin/p/{program.program_id}/members/{seen.person.customer_id}"
    name = name_of(seen.person.name, seen.person.email, seen.person.ids, f)
    shown = ErasePage(base, name, _types(seen, f), _lines(seen, f), wrong)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "member_erase.html", {**shell, "page": shown}, status=422 if wrong else 200)


def _lines(seen: Seen, f: Format) -> list[str]:
    """Say what erasing would do."""
    words, purse = f.words, seen.purse
    points = purse.available + purse.pending
    lines = [
        words.gettext("Name, e-mail, birthday, the shop’s ids, reasons, comments and answers are deleted."),
        words.gettext("Purchases stay in the totals without the person; figures of the past stay as they are."),
        words.gettext("The links to their own page and in mails stop working, and no mail is sent any more."),
        words.gettext("The shop’s id is never given again: whatever arrives for it later belongs to nobody."),
    ]
    if points:
        lost = words.ngettext("%(n)s point is lost.", "%(n)s points are lost.", points, n=f.number(points))
        lines.insert(0, lost)
    if purse.holds:
        n = len(purse.holds)
        lines.insert(
            0, words.ngettext("%(n)s reserved reward is let go.", "%(n)s reserved rewards are let go.", n, n=n)
        )
    if purse.is_member:
        lines.insert(0, words.gettext("The membership ends now."))
    return lines


def _types(seen: Seen, f: Format) -> str:
    """Give what has to be typed: what the page calls the person."""
    return " ".join(name_of(seen.person.name, seen.person.email, seen.person.ids, f).split())


def _id(customer: str) -> UUID:
    customer_id = id_of(customer)
    if customer_id is None:
        raise NotFoundException
    return customer_id


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


RIGHTS = [export, release, ask_erase, erase]
