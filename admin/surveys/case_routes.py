"""The addresses of cases: the queue, one of them, and what is done about it."""

from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in
from admin.members.addresses import asked, id_of, with_query
from admin.pages import AnyRequest, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.surveys.cases import STATES, CaseForm, cases_table, make_case, make_cases
from admin.surveys.showing import CASES, CHANGES, SEES, by, format_of, known_id, show
from admin.surveys.words import CHOSEN_OUTCOMES, refusal_said
from loyalty.errors import EditedMeanwhile
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import CaseSeen, CasesSeen

_ONE = f"{CASES}/{{case:str}}"
_MOST_POINTS = 1_000_000
_LONGEST = 2_000
_LONGEST_REASON = 300


@get(CASES)
async def cases(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the queue: those due first before the others."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen, told, simulated, both = await _seen(request, desk, visitor, program)
    shown = make_cases(program, seen, told, format_of(request, program), both=both, simulated=simulated)
    return await show(request, desk, visitor, program, "survey_cases.html", {"page": shown, "tab": "cases"})


@get(f"{CASES}.csv")
async def cases_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the queue as it is on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen, _told, simulated, _both = await _seen(request, desk, visitor, program)
    name = "simulated-cases" if simulated else "survey-cases"
    return csv_response(name, *cases_table(program, seen, format_of(request, program)))


@get(_ONE)
async def case(
    request: AnyRequest,
    program_id: FromPath[str],
    case: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a case."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program, await _case(desk, program, case))


@post(_ONE, status_code=200)
async def take(
    request: AnyRequest,
    program_id: FromPath[str],
    case: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Say who takes care of it and what was found; close it, with points or without."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen = await _case(desk, program, case)
    if seen.answer.simulated:
        raise NotFoundException
    f = format_of(request, program)
    said = {name: values[-1] for name, values in said_in(await request.form()).items()}
    form = CaseForm(
        said.get("note", seen.note or "")[:_LONGEST], said.get("points", ""), said.get("reason", "")[:_LONGEST_REASON]
    )
    if said.get("do") == "gesture":
        errors = _wrong(form, f)
        if errors:
            form = CaseForm(form.note, form.points, form.reason, errors)
            return await _show(request, desk, visitor, program, seen, form, status=422)
        points = int("".join(form.points.split()))
        code = await desk.surveys.gesture(program, by(request, visitor), seen.case_id, points, form.reason)
    elif said.get("do") == "close":
        outcome = said.get("outcome", "")
        if outcome not in CHOSEN_OUTCOMES:
            form = CaseForm(form.note, errors={"outcome": f.words.gettext("Choose what came of it.")})
            return await _show(request, desk, visitor, program, seen, form, status=422)
        code = await desk.surveys.close_case(program, by(request, visitor), seen.case_id, outcome)
    else:
        told = id_of(said.get("owner", ""))
        owner = next((one.user_id for one in await desk.surveys.owners() if one.user_id == told), None)
        was = (id_of(said.get("was_owner", "")), said["was_note"] or None) if "was_note" in said else None
        code = await desk.surveys.edit_case(program, seen.case_id, owner, form.note or None, was)
        if code == EditedMeanwhile.code:
            seen = await _case(desk, program, case)
            return await _show(request, desk, visitor, program, seen, form, stale=True, status=409)
    return redirect(with_query(f"/admin/p/{program_id}/survey-cases/{seen.case_id}", {"did": code or "kept"}))


def _wrong(form: CaseForm, f: Format) -> dict[str, str]:
    """Say what is wrong with a gesture."""
    words, errors = f.words, {}
    plain = "".join(form.points.split())
    if not (plain.isascii() and plain.isdecimal() and len(plain) < 10 and 0 < int(plain) <= _MOST_POINTS):  # noqa: PLR2004 - digits of an int
        errors["points"] = words.gettext(
            "Write a whole number from %(low)s to %(high)s.", low="1", high=f.number(_MOST_POINTS)
        )
    if not form.reason:
        errors["reason"] = words.gettext("This is needed.")
    return errors


async def _seen(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts
) -> tuple[CasesSeen, tuple[str, bool, UUID | None], bool, bool]:
    """Read the page of the queue that the address means."""
    said, listed = asked(request), await desk.surveys.listed(program)
    simulated = listed.has_simulated and (said.get("answers") == "simulated" or not listed.has_real)
    state, mine = next((one for one in STATES if one == said.get("state")), STATES[0]), said.get("mine") == "1"
    after = id_of(said.get("after", ""))
    found = await desk.surveys.cases(program, state, after, visitor.who.user_id, mine=mine, simulated=simulated)
    return found, (state, mine, after), simulated, listed.has_real and listed.has_simulated


async def _case(desk: Desk, program: ProgramFacts, told: str) -> CaseSeen:
    found = await desk.surveys.case(program, known_id(told))
    if found is None:
        raise NotFoundException
    return found


async def _show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    seen: CaseSeen,
    form: CaseForm | None = None,
    *,
    stale: bool = False,
    status: int = 200,
) -> Response[str]:
    f, changes = format_of(request, program), visitor.who.role in CHANGES
    owners = await desk.surveys.owners() if changes else []
    today = await desk.surveys.today(program, simulated=seen.answer.simulated)
    shown = make_case(program, seen, today, owners, visitor.who.user_id, f, changes=changes, form=form)
    did = asked(request).get("did", "") if form is None else ""
    notice = f.words.gettext("Saved.") if did == "kept" else ""
    refusal = refusal_said(did, f) if did and not notice else ""
    values = {"page": shown, "tab": "cases", "notice": notice, "refusal": refusal, "stale": stale}
    return await show(request, desk, visitor, program, "survey_case.html", values, status=status)


CASE_ROUTES = [cases, cases_csv, case, take]
