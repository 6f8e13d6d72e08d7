"""The addresses of the costs: the page with its forms, the withdrawal of an entry, and the files."""

from dataclasses import replace
from datetime import date

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.choice import said_in
from admin.costs.addresses import ENTERS, CameFrom, costs_address
from admin.costs.forms import read_point_cost, read_spend
from admin.costs.page import Forms, make_costs
from admin.costs.reading import day_of
from admin.costs.sheets import SHEETS, make_sheet
from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.impact.routes import ROLES
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from kpi.inputs.facts import NewPointCost, NewSpend
from kpi.inputs.staff import Staff
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts


@get("/p/{program_id:str}/kpis/costs")
async def costs(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what is entered; who may, enters more."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    forms = Forms().starting(CameFrom.of(said_in(request)))
    return await _show(request, desk, visitor, program, forms)


@post("/p/{program_id:str}/kpis/costs")
async def enter(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Enter the cost of a point, or money spent; what is wrong with it is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, ENTERS)
    await check_form(request, desk, visitor)
    f, came = _format(request, program), CameFrom.of(said_in(request))
    sent, forms = await _sent(request), Forms().starting(came)
    item: NewPointCost | NewSpend | None
    if sent.get("sheet") == "spend":
        form, item = read_spend(sent, program, f)
        forms, done = replace(forms, spend=form), "spend"
    else:
        point_cost, item = read_point_cost(sent, program, f)
        forms, done = replace(forms, point_cost=point_cost), "point-cost"
    if item is None:
        return await _show(request, desk, visitor, program, forms, status=422)
    await desk.enter(program, _staff(request, visitor), item)
    return redirect(f"{costs_address(program.program_id, came, {'done': done})}#{done}")


@post("/p/{program_id:str}/kpis/costs/withdraw")
async def withdraw(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Withdraw an entry; withdrawing it again changes nothing."""
    program, _ = await find_program(program_id, desk, visitor, ENTERS)
    await check_form(request, desk, visitor)
    sent, came = await _sent(request), CameFrom.of(said_in(request))
    key: date | str | None = sent.get("spend_id") or day_of(sent.get("from_on", ""))
    if key is None:
        raise NotFoundException
    try:
        await desk.withdraw(program, _staff(request, visitor), key)
    except NotFound:
        raise NotFoundException from None
    place = "spend" if isinstance(key, str) else "point-cost"
    return redirect(f"{costs_address(program.program_id, came, {'done': f'{place}-withdrawn'})}#{place}")


@get("/p/{program_id:str}/kpis/costs/{sheet:str}/entered.csv")
async def entered_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    sheet: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send what is entered of one kind, as it is on the page."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    if sheet not in SHEETS:
        raise NotFoundException
    made = make_sheet(sheet, await desk.entered(program), program, _format(request, program))
    return csv_response(sheet, [column.name for column in made.columns], [line.exact for line in made.lines])


async def _show(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, forms: Forms, *, status: int = 200
) -> Response[str]:
    said, may = said_in(request), visitor.who.role in ENTERS
    done = "" if status != 200 else said.get("done", "")  # noqa: PLR2004 - a refusal did nothing
    shown = make_costs(
        program, CameFrom.of(said), done, await desk.entered(program), forms if may else None, _format(request, program)
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "costs.html", {**shell, "page": shown}, status=status)


async def _sent(request: AnyRequest) -> dict[str, str]:
    """Read a form; PostgreSQL stores no NUL."""
    return {name: str(value).replace("\0", "") for name, value in (await request.form()).items()}


def _staff(request: AnyRequest, visitor: Visitor) -> Staff:
    return Staff(visitor.who.user_id, request.scope.get("state", {}).get("request_id", ""))


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [costs, enter, withdraw, entered_csv]
