"""The addresses of back-tests: ask for one, watch it, stop it, read what it came to."""

from decimal import Decimal

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.forms import said_in
from admin.members.addresses import id_of
from admin.pages import AnyRequest, part, redirect
from admin.rules.addresses import DRAFT, RULES, base_of, draft_address
from admin.rules.backtest_days import Days, opening_days, read_days
from admin.rules.backtest_page import make_backtest, make_listed, months_table
from admin.rules.refusals import refusal_said
from admin.rules.routes import Opened, opened
from admin.session import Visitor
from loyalty.backtests.facts import BacktestFacts, NewBacktest
from loyalty.earning.facts import DraftFacts
from loyalty.errors import Invalid

_START = f"{DRAFT}/backtest"
_ONE = f"{RULES}/backtests/{{backtest:str}}"


@get(_START)
async def ask(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show the form, filled with the last complete months, and the back-tests of this draft so far."""
    at = await opened(request, program_id, desk, visitor)
    calendar = await desk.calendar(at.program)
    days = opening_days(calendar) if calendar else None
    return await _form(at, at.draft(draft), days)


@post(_START, status_code=200)
async def start(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Start one on the draft as it stands."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found = at.draft(draft)
    days, chosen = read_days(said_in(await request.form()), at.f)
    if chosen is None:
        return await _form(at, found, days, status=422)
    new = NewBacktest(found.name, found.rules, *chosen, await _point_cost(at), found.draft_id)
    try:
        begun = await desk.backtests.start(at.program, at.staff.user_id, at.staff.request_id, new)
    except Invalid as refusal:
        return await _form(at, found, days, status=422, refusal=refusal_said(refusal, at.f))
    return redirect(f"{base_of(at.program)}/backtests/{begun.backtest_id}")


@get(_ONE)
async def backtest(
    request: AnyRequest,
    program_id: FromPath[str],
    backtest: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show how far it is, or what it came to. The part that changes is asked for again while it runs."""
    at = await opened(request, program_id, desk, visitor)
    one = await _found(at, backtest)
    movers = [*one.result.gained_most, *one.result.lost_most] if one.result else []
    people = await desk.named(at.program, [mover.customer_id for mover in movers]) if movers else []
    shown = make_backtest(at.program, at.seen, one, {found.customer_id: found for found in people}, at.f)
    if request.headers.get("hx-request") == "true":
        values = {"visitor": visitor.who, "program": at.program, "page": shown, "changes": at.changes}
        return part(request, "rules_backtest.html", "state", values)
    return await at.show("rules_backtest.html", shown)


@post(f"{_ONE}/cancel")
async def cancel(
    request: AnyRequest,
    program_id: FromPath[str],
    backtest: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Stop it."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    one = await _found(at, backtest)
    await desk.backtests.cancel(at.program, one.backtest_id)
    return redirect(f"{base_of(at.program)}/backtests/{one.backtest_id}")


@get(f"{_ONE}/months.csv")
async def months_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    backtest: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send the months."""
    at = await opened(request, program_id, desk, visitor)
    one = await _found(at, backtest)
    if one.result is None:
        raise NotFoundException
    return csv_response("back-test", *months_table(one.result, at.f))


async def _found(at: Opened, backtest: str) -> BacktestFacts:
    backtest_id = id_of(backtest)
    found = await at.desk.backtests.find(at.program, backtest_id) if backtest_id else None
    if found is None:
        raise NotFoundException
    return found


async def _form(
    at: Opened, found: DraftFacts, days: Days | None, *, status: int = 200, refusal: str = ""
) -> Response[str]:
    before = [one for one in await at.desk.backtests.latest(at.program) if one.draft_id == found.draft_id]
    shown = {
        "address": draft_address(at.program, found.draft_id),
        "draft": found.name,
        "days": days,
        "before": [make_listed(at.program, one, at.f) for one in before],
        "refusal": refusal,
    }
    return await at.show("rules_backtests.html", shown, status=status)


async def _point_cost(at: Opened) -> Decimal | None:
    """Give what a point costs today, less those that are never used; None where it is not entered."""
    entered = (await at.desk.entered(at.program)).point_costs.rows
    today = at.seen.now.astimezone(at.program.zone).date()
    known = max((one for one in entered if one.from_on <= today), key=lambda one: one.from_on, default=None)
    return None if known is None else known.cost_minor * (1 - known.breakage)


ROUTES = [ask, start, backtest, cancel, months_csv]
