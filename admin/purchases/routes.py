"""The addresses of what arrived: the list, its file, one purchase, and the events."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import asked, id_of
from admin.pages import AnyRequest, page, reader_of
from admin.program import find_program
from admin.purchases import events as told
from admin.purchases.addresses import SEES, asked_for, filters_of
from admin.purchases.listing import make_listing, table
from admin.purchases.page import make_purchase
from admin.session import Visitor
from admin.views.part import make_views
from loyalty.programs.facts import ProgramFacts


@get("/p/{program_id:str}/purchases")
async def purchases(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show a page of purchases, newest first."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    filters = filters_of(asked(request))
    seen = await desk.purchases.seen(program, asked_for(filters, program))
    shown = make_listing(program, filters, seen, await desk.keys.storefronts(program), _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    views = await make_views(desk, visitor, program, "purchases", asked(request))
    return page(request, "purchases.html", {**shell, "page": shown, "views": views})


@get("/p/{program_id:str}/purchases.csv")
async def purchases_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list as it is on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await desk.purchases.seen(program, asked_for(filters_of(asked(request)), program))
    return csv_response("purchases", *table(program, seen, _format(request, program)))


@get("/p/{program_id:str}/purchases/{purchase:str}")
async def purchase(
    request: AnyRequest,
    program_id: FromPath[str],
    purchase: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a purchase with all that was told of it, and all that it led to."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    number = id_of(purchase)
    opened = await desk.purchases.opened(program, number) if number else None
    if opened is None:
        raise NotFoundException
    shown = make_purchase(program, opened, _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "purchase.html", {**shell, "page": shown})


@get("/p/{program_id:str}/purchases/events")
async def events(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what was told, newest first."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    filters = told.filters_of(asked(request))
    seen = await desk.events.seen(program.program_id, told.asked_for(filters, program))
    shown = told.make_events(program, filters, seen, _format(request, program))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "events.html", {**shell, "page": shown})


@get("/p/{program_id:str}/purchases/events.csv")
async def events_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the events as they are on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    filters = told.filters_of(asked(request))
    seen = await desk.events.seen(program.program_id, told.asked_for(filters, program))
    return csv_response("events", *told.table(program, seen, _format(request, program)))


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [purchases, purchases_csv, purchase, events, events_csv]
