"""The addresses of the people: the list, one of them, their files, and the form that adjusts points."""

from dataclasses import replace
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked, id_of, place_of, search_of, search_said, with_query
from admin.members.adjusting import AdjustForm, asked_for, errors_of, form_from, outcome_of, points_of, still_busy
from admin.members.answers import Besides, besides
from admin.members.listing import make_listing, people_table
from admin.members.page import Asked, make_member
from admin.members.purse import lots_table
from admin.members.rights import ERASES, GIVES_OUT, RIGHTS
from admin.members.telling import Teller
from admin.members.timeline import timeline_table
from admin.pages import AnyRequest, kept, page, part, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.tiers.listing import names_of
from admin.views.part import make_views
from loyalty.account_page.staff import StaffLink
from loyalty.errors import InFlight
from loyalty.idempotency.refusals import AnswerErased, KeyExpired, KeyReused
from loyalty.members.people import People, Search
from loyalty.members.staff import Seen
from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager", "analyst", "support")
ADJUSTS = ("owner", "manager", "support")
MAKES_LINKS = ("owner", "manager", "support")
HOLDS_TIERS = ("owner", "manager")
SEES_ORDERS = ("owner", "manager", "analyst")
SEES_CASES = ("owner", "manager", "analyst")


@get("/p/{program_id:str}/members")
async def people(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Show a page of people. An address that can be said shorter is sent to its one form."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    said = asked(request)
    search = search_of(said)
    if {name: value for name, value in said.items() if name != "lang"} != _spoken(search):
        return redirect(with_query(request.url.path, search_said(search)), kept(request))
    f = Format(reader_of(request).language, program.currency)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    found = await desk.people(program, search)
    views = await make_views(desk, visitor, program, "members", said)
    return page(request, "members.html", {**shell, "page": make_listing(program, search, found, f), "views": views})


@get("/p/{program_id:str}/members.csv")
async def people_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list as it is on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    found: People = await desk.people(program, search_of(asked(request)))
    return csv_response("members", *people_table(program, found, Format(reader_of(request).language, program.currency)))


@get("/p/{program_id:str}/members/{customer:str}")
async def member(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Show somebody; who was merged is shown as the other."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await _seen(request, desk, program, customer)
    if isinstance(seen, UUID):
        return redirect(f"/admin/p/{program_id}/members/{seen}", kept(request))
    return await _show(request, desk, visitor, program, seen, AdjustForm())


@get("/p/{program_id:str}/members/{customer:str}/timeline.csv")
async def timeline_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send the page of the timeline with the same address."""
    program, f, seen = await _figures(request, program_id, customer, desk, visitor)
    others = await _others(request, desk, visitor, program, seen)
    teller = Teller(f, program.zone, names_of(seen.tier, f))
    return csv_response("timeline", *timeline_table(seen.timeline, teller, others))


@get("/p/{program_id:str}/members/{customer:str}/lots.csv")
async def lots_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send the lots."""
    program, f, seen = await _figures(request, program_id, customer, desk, visitor)
    return csv_response("lots", *lots_table(seen.purse, f, program.zone))


@post("/p/{program_id:str}/members/{customer:str}/adjust")
async def adjust(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Give or take points, once for each form; what is wrong with it is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, ADJUSTS)
    await check_form(request, desk, visitor)
    seen = await _seen(request, desk, program, customer)
    if isinstance(seen, UUID):
        return redirect(f"/admin/p/{program_id}/members/{seen}")
    f = Format(reader_of(request).language, program.currency)
    form = form_from({name: str(value) for name, value in (await request.form()).items()}, f)
    if form.errors:
        return await _show(request, desk, visitor, program, seen, form, status=422)
    request_id = request.scope.get("state", {}).get("request_id", "")
    try:
        done = await desk.adjust(program, asked_for(form, visitor.who.user_id, request_id, seen.person.customer_id))
        code = done.code
    except InFlight:
        # Under the same key: if it was done meanwhile, it is not done again.
        return await _show(request, desk, visitor, program, seen, replace(form, errors=still_busy(f)), status=503)
    except (KeyReused, KeyExpired, AnswerErased) as refusal:
        done, code = None, refusal.code
    base = f"/admin/p/{program_id}/members/{seen.person.customer_id}"
    if done is not None and done.award_id is not None:
        return redirect(with_query(base, {"done": str(done.award_id)}))
    form = form.refused(errors_of(code, seen.purse.available, f))
    return await _show(request, desk, visitor, program, seen, form, status=409)


@get("/p/{program_id:str}/members/{customer:str}/adjust/try")
async def try_adjusting(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Say what would come of the form as it is filled in, for its line: nothing is done."""
    program, _ = await find_program(program_id, desk, visitor, ADJUSTS)
    customer_id, f = id_of(customer), Format(reader_of(request).language, program.currency)
    form = form_from(asked(request), f)
    points = points_of(form)
    tried = await desk.try_adjustment(program, customer_id, points or 0) if customer_id and points else None
    if customer_id is None or (points and tried is None):
        raise NotFoundException
    return part(request, "parts/adjust.html", "outcome", {"outcome": outcome_of(form, tried, f, program.zone)})


@post("/p/{program_id:str}/members/{customer:str}/page-link")
async def make_link(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Make a link to the member's own page, and show it: this once, to be passed on."""
    program, _ = await find_program(program_id, desk, visitor, MAKES_LINKS)
    await check_form(request, desk, visitor)
    seen = await _seen(request, desk, program, customer)
    if isinstance(seen, UUID):
        return redirect(f"/admin/p/{program_id}/members/{seen}")
    request_id = request.scope.get("state", {}).get("request_id", "")
    made = await desk.page_links.make(program, seen.person.customer_id, visitor.who.user_id, request_id)
    return await _show(request, desk, visitor, program, seen, AdjustForm(), link=made)


async def _seen(request: AnyRequest, desk: Desk, program: ProgramFacts, customer: str) -> Seen | UUID:
    """Read what the address asks for; the id of another customer, when this one was merged into that."""
    customer_id, said = id_of(customer), asked(request)
    if customer_id is None:
        raise NotFoundException
    after = place_of(said["after"]) if said.get("after") else None
    found = await desk.member(program, customer_id, after, id_of(said.get("why", "")))
    if isinstance(found, Seen):
        return found
    if found is None or found.merged_into is None:
        raise NotFoundException
    return found.merged_into


async def _show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    seen: Seen,
    form: AdjustForm,
    *,
    link: StaffLink | None = None,
    status: int = 200,
) -> Response[str]:
    said = asked(request)
    wanted = Asked(*(said.get(name, "") for name in ("after", "why", "done", "tier", "hold")))
    f = Format(reader_of(request).language, program.currency)
    role = visitor.who.role
    may = {
        "sees_orders": role in SEES_ORDERS,
        "holds_tiers": role in HOLDS_TIERS,
        "makes_links": role in MAKES_LINKS,
        "gives_out": role in GIVES_OUT,
        "erases": role in ERASES,
    }
    others = await _others(request, desk, visitor, program, seen)
    shown = make_member(program, seen, wanted, form if role in ADJUSTS else None, f, **may, link=link, others=others)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "member.html", {**shell, "page": shown}, status=status)


async def _others(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, seen: Seen
) -> list[Besides]:
    """Read what the timeline tells besides points."""
    f, after = Format(reader_of(request).language, program.currency), asked(request).get("after", "")
    answers = await desk.surveys.of_person(program, seen.person.customer_id)
    folder = f"/admin/p/{program.program_id}/survey-cases" if visitor.who.role in SEES_CASES else ""
    before = place_of(after).at if after else None
    return besides(answers, seen.timeline, before, folder, Teller(f, program.zone))


async def _figures(
    request: AnyRequest, program_id: str, customer: str, desk: Desk, visitor: Visitor
) -> tuple[ProgramFacts, Format, Seen]:
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await _seen(request, desk, program, customer)
    if isinstance(seen, UUID):
        raise NotFoundException
    return program, Format(reader_of(request).language, program.currency), seen


def _spoken(search: Search) -> dict[str, str]:
    return {name: value for name, value in search_said(search).items() if value}


ROUTES = [people, people_csv, member, timeline_csv, lots_csv, try_adjusting, adjust, make_link, *RIGHTS]
