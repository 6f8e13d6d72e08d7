"""The addresses about the programme's effect: why a gap is none, estimates, the holdout, objectives."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.choice import said_in
from admin.desk import Desk
from admin.effects.gap import make_gap
from admin.effects.holdout import HOPED, SHARE, make_holdout, read_percent
from admin.effects.objectives import measures, read_aim, sides
from admin.format import Format
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from kpi.impact.horizon import WEEKS
from loyalty.holdouts.rules import BASIS_POINTS
from loyalty.programs.facts import ProgramFacts

ROLES = ("owner", "manager", "analyst")
ACTS = ("owner", "manager")
# So many of 10,000 are one of a hundred.
_OF_A_PERCENT = BASIS_POINTS // 100


@get("/p/{program_id:str}/impact/gap")
async def gap(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Explain why a gap is not an effect."""
    program, programs = await find_program(program_id, desk, visitor, ROLES)
    shown = make_gap(await desk.effects.evidence(program), _format(request, program))
    return page(
        request, "impact_gap.html", {"visitor": visitor.who, "program": program, "programs": programs, "gap": shown}
    )


@post("/p/{program_id:str}/impact/estimate")
async def estimate(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Have the effect estimated now."""
    program, _ = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    await desk.effects.estimate(program, visitor.who.user_id)
    return redirect(f"/admin/p/{program.program_id}/impact#evidence")


@post("/p/{program_id:str}/impact/estimate/cancel")
async def cancel(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Stop an estimate; one that has ended stays as it is."""
    program, _ = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    if await desk.effects.cancel(program, _id((await _sent(request)).get("estimate_id", ""))):
        raise NotFoundException
    return redirect(f"/admin/p/{program.program_id}/impact#evidence")


@get("/p/{program_id:str}/impact/holdout")
async def holdout(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the holdout, and when one would be able to tell."""
    program, _ = await find_program(program_id, desk, visitor, ROLES)
    return await _holdout(request, desk, visitor, program)


@post("/p/{program_id:str}/impact/holdout")
async def start(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Start a holdout."""
    program, _ = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    sent = await _sent(request)
    weeks = sent.get("weeks", "")
    if weeks not in {str(one) for one in WEEKS}:
        raise NotFoundException
    share = read_percent(sent.get("share", ""))
    # A share that was not understood must not become another one: what begins here runs for weeks.
    if share is None:
        refused = "unreadable"
    else:
        held_out = round(share * _OF_A_PERCENT)
        refused = await desk.effects.hold_out(program, visitor.who.user_id, held_out, int(weeks))
    if not refused:
        return redirect(f"/admin/p/{program.program_id}/impact/holdout")
    words = _format(request, program).words
    told = {
        "holdout_running": words.gettext("A holdout runs already."),
        "unreadable": words.gettext("Give a share from 0.1 to 99 percent."),
    }
    why = told.get(refused, words.gettext("There are too few customers who are no members: both groups need somebody."))
    return await _holdout(request, desk, visitor, program, why)


@post("/p/{program_id:str}/impact/holdout/stop")
async def stop(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Stop a holdout."""
    program, _ = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    holdout_id = _id((await _sent(request)).get("holdout_id", ""))
    if await desk.effects.stop(program, visitor.who.user_id, holdout_id):
        raise NotFoundException
    return redirect(f"/admin/p/{program.program_id}/impact/holdout")


@get("/p/{program_id:str}/impact/objectives")
async def objectives(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form of an objective."""
    program, programs = await find_program(program_id, desk, visitor, ACTS)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "impact_objectives.html", {**shell, "page": _form(request, program, said_in(request), "")})


@post("/p/{program_id:str}/impact/objectives")
async def aim(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Set an objective."""
    program, programs = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    sent, words = await _sent(request), _format(request, program).words
    wanted = read_aim(sent, program.digits)
    refused = "unreadable" if wanted is None else await desk.effects.aim(program, visitor.who.user_id, wanted)
    if not refused:
        return redirect(f"/admin/p/{program.program_id}/impact#objectives")
    told = {
        "unreadable": words.gettext("Give a number as the target, and a day."),
        "conflict": words.gettext("There are twelve objectives already; withdraw one first."),
    }
    why = told.get(refused, words.gettext("The day must lie in the future, and the key figure tell members apart."))
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    shown = _form(request, program, sent, why)
    return page(request, "impact_objectives.html", {**shell, "page": shown}, status=422)


@post("/p/{program_id:str}/impact/objectives/withdraw")
async def withdraw(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Pursue an objective no more; once more changes nothing."""
    program, _ = await find_program(program_id, desk, visitor, ACTS)
    await check_form(request, desk, visitor)
    await desk.effects.withdraw(program, _id((await _sent(request)).get("objective_id", "")))
    return redirect(f"/admin/p/{program.program_id}/impact#objectives")


async def _holdout(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, refused: str = ""
) -> Response[str]:
    said = said_in(request)
    asked = (read_percent(said.get("share", "")) or SHARE, read_percent(said.get("hoped", "")) or HOPED)
    seen = await desk.effects.evidence(program)
    planned = await desk.effects.planned(program, round(asked[0] * _OF_A_PERCENT), asked[1] / 100)
    shown = make_holdout(
        seen,
        planned,
        asked,
        program.timezone,
        _format(request, program),
        may=visitor.who.role in ACTS,
        refused=refused,
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "impact_holdout.html", {**shell, "page": shown}, status=422 if refused else 200)


def _form(request: AnyRequest, program: ProgramFacts, said: dict[str, str], refused: str) -> dict[str, object]:
    f = _format(request, program)
    written = {name: said.get(name, "") for name in ("kpi", "side", "target", "due_on")}
    return {"measures": measures(f), "sides": sides(f), "said": written, "refused": refused}


async def _sent(request: AnyRequest) -> dict[str, str]:
    """Read a form; PostgreSQL stores no NUL."""
    return {name: str(value).replace("\0", "") for name, value in (await request.form()).items()}


def _id(written: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise NotFoundException from None


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [gap, estimate, cancel, holdout, start, stop, objectives, aim, withdraw]
