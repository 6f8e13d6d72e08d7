"""The addresses of what came of surveys: the page of results, its files, testimonials, leaving an answer out."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.forms import said_in
from admin.members.addresses import asked
from admin.pages import AnyRequest, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.surveys.asked import View, view_of, without_page
from admin.surveys.case_routes import CASE_ROUTES
from admin.surveys.feed import answers_table, make_answer
from admin.surveys.plans import PLANS
from admin.surveys.results import TABLES, make_results
from admin.surveys.showing import CHANGES, RESULTS, SEES, VOICES, by, format_of, known_id, show
from admin.surveys.tables import MAKERS
from admin.surveys.words import refusal_said
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import SurveysSeen

_LONGEST_REASON = 300


@get(RESULTS)
async def results(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what came of the surveys of some days."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    view, listed = await _view(request, desk, program)
    f = format_of(request, program)
    told = await desk.surveys.results(program, view.asked)
    changes = visitor.who.role in CHANGES
    shown = make_results(program, view, listed, told, f, changes=changes)
    did = asked(request).get("did", "")
    notice = refusal_said(did, f) if did else ""
    values = {"page": shown, "tab": "surveys", "here": str(request.url.path), "notice": notice}
    return await show(request, desk, visitor, program, "surveys.html", values)


@get(f"{RESULTS}/{{file:str}}")
async def results_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    file: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send one table of the page with the same address; of answers all, and who gave them."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    table, dot, ending = file.rpartition(".")
    if f"{dot}{ending}" != ".csv" or table not in TABLES:
        raise NotFoundException
    view, _listed = await _view(request, desk, program)
    f = format_of(request, program)
    name = f"simulated-{table}" if view.asked.simulated else f"survey-{table}"
    if table == "answers":
        told = await desk.surveys.answers(program, without_page(view.asked), whole=True)
        return csv_response(name, *answers_table(program, told.answers, f))
    return csv_response(name, *MAKERS[table](await desk.surveys.results(program, view.asked), f))


@get(VOICES)
async def voices(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what customers allow to be published, as long as they allow it."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    view, _listed = await _view(request, desk, program)
    f, simulated = format_of(request, program), view.asked.simulated
    told = await desk.surveys.voices(program, simulated=simulated)
    rows = [make_answer(program, one, f) for one in told]
    values = {"rows": rows, "tab": "voices", "simulated": simulated}
    return await show(request, desk, visitor, program, "survey_voices.html", values)


@post("/p/{program_id:str}/survey-answers/{answer:str}/leave-out")
async def leave_out(
    request: AnyRequest,
    program_id: FromPath[str],
    answer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Keep an answer out of the score with a reason; without one, let it back in."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    said = said_in(await request.form())
    because = (said.get("because") or [""])[-1][:_LONGEST_REASON] or None
    code = await desk.surveys.exclude(program, by(request, visitor), known_id(answer), because)
    return redirect(f"/admin/p/{program_id}/surveys{f'?did={code}' if code else ''}")


async def _view(request: AnyRequest, desk: Desk, program: ProgramFacts) -> tuple[View, SurveysSeen]:
    listed = await desk.surveys.listed(program)
    today = await desk.surveys.today(program)
    path = f"/admin/p/{program.program_id}/surveys"
    return view_of(program, asked(request), listed, today, path), listed


ROUTES = [results, results_csv, voices, leave_out, *PLANS, *CASE_ROUTES]
