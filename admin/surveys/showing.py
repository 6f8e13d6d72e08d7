"""What the addresses of surveys share: who may see and change, the frame of every page, ids in addresses."""

from collections.abc import Mapping
from uuid import UUID

from litestar import Response
from litestar.exceptions import NotFoundException

from admin.desk import Desk
from admin.format import Format
from admin.members.addresses import id_of
from admin.pages import AnyRequest, page, reader_of
from admin.session import Visitor
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import BySurveyForm, SurveySeen

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
RESULTS = "/p/{program_id:str}/surveys"
LIST = "/p/{program_id:str}/survey-list"
ONE = f"{LIST}/{{survey:str}}"
NEW = "/p/{program_id:str}/new-survey"
POLICY = "/p/{program_id:str}/survey-policy"
CASES = "/p/{program_id:str}/survey-cases"
VOICES = "/p/{program_id:str}/survey-voices"


async def show(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    template: str,
    values: Mapping[str, object],
    *,
    status: int = 200,
) -> Response[str]:
    """Render a page of surveys, in the frame of all."""
    base = f"/admin/p/{program.program_id}"
    f = format_of(request, program)
    tabs = [
        (f"{base}/surveys", f.words.gettext("Results"), "surveys"),
        (f"{base}/survey-cases", f.words.pgettext("survey", "Cases"), "cases"),
        (f"{base}/survey-voices", f.words.gettext("Testimonials"), "voices"),
        (f"{base}/survey-list", f.words.pgettext("page", "Surveys"), "list"),
        (f"{base}/survey-policy", f.words.gettext("Policy"), "policy"),
    ]
    frame = {
        "visitor": visitor.who,
        "program": program,
        "programs": await desk.programs(),
        "tabs": tabs,
        "changes": visitor.who.role in CHANGES,
        "origin": (program.data_origin or {}).get(f.language, ""),
    }
    return page(request, template, {**frame, **values}, status=status)


def format_of(request: AnyRequest, program: ProgramFacts) -> Format:
    """Speak as the reader does, in the programme’s currency."""
    return Format(reader_of(request).language, program.currency)


def by(request: AnyRequest, visitor: Visitor, key: str = "") -> BySurveyForm:
    """Say who sent a form."""
    return BySurveyForm(visitor.who.user_id, request.scope.get("state", {}).get("request_id", ""), key)


async def survey_of(desk: Desk, program: ProgramFacts, survey: str) -> SurveySeen:
    """Find the survey of an address."""
    survey_id = id_of(survey)
    found = await desk.surveys.seen(program, survey_id) if survey_id else None
    if found is None:
        raise NotFoundException
    return found


def known_id(text: str) -> UUID:
    """Read an id of an address; what is none leads nowhere."""
    found = id_of(text)
    if found is None:
        raise NotFoundException
    return found
