"""What came of surveys, over HTTP."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Router, get
from litestar.params import QueryParameter

from loyalty.auth.scopes import of_room
from loyalty.errors import Invalid
from loyalty.programs.api import Reading, Writing
from loyalty.web.cursors import Cursor, PageSize, cursor_at, place_at
from loyalty.web.openapi import READING, problems
from surveys.plans.actions import found
from surveys.results.queries import results
from surveys.results.voices import voices
from surveys.results.wire import ResultsOut, VoiceList, VoiceOut, results_out

_LONGEST_DAYS = 3_700
# Room for the days before and after that a zone and a period to compare with need.
_EARLIEST, _LATEST = date(1970, 1, 1), date(9000, 1, 1)
Start = Annotated[date, QueryParameter(description="First local day of the programme's zone.")]
OfSurvey = Annotated[UUID | None, QueryParameter(name="survey_id", description="Only of this survey.")]
End = Annotated[date, QueryParameter(description="The local day after the last: exclusive.")]


@get("/survey-results", operation_id="get_survey_results", summary="Show what came of it", responses=problems(*READING))
async def show_results(
    source: Writing, connection: Reading, start: Start, end: End, of_survey: OfSurvey = None
) -> ResultsOut:
    """Show the score of a period, members beside non-members, with intervals, and the way from asking to answering."""
    first, after = checked_days(start, end)
    if of_survey is not None:
        await found(connection, source.program.program_id, of_survey)
    return results_out(start, end, await results(connection, source.program, first, after, of_survey))


def checked_days(start: date, end: date) -> tuple[date, date]:
    """Give both days if they make a period that can be looked at."""
    if start < _EARLIEST or end > _LATEST:
        msg = f"Days lie between {_EARLIEST} and {_LATEST}."
        raise Invalid(msg, pointer="/start" if start < _EARLIEST else "/end")
    if not 0 < (end - start).days <= _LONGEST_DAYS:
        msg = "end is a day after start, and at most ten years."
        raise Invalid(msg, pointer="/end")
    return start, end


@get(
    "/survey-testimonials",
    operation_id="list_survey_testimonials",
    summary="List testimonials",
    responses=problems(*READING),
)
async def show_voices(source: Writing, connection: Reading, limit: PageSize = 50, cursor: Cursor = None) -> VoiceList:
    """List comments that customers allow to be published now. Ask often: what is taken back is not told any more."""
    told = await voices(connection, source.program.program_id, limit + 1, place_at(cursor))
    data = [VoiceOut(one.score, one.comment, one.first_name, one.publish_at) for one in told[:limit]]
    last = told[limit - 1] if len(told) > limit else None
    return VoiceList(data, cursor_at(last.publish_at, last.invitation_id) if last else None)


router = Router(path="/v1", tags=["surveys"], opt=of_room("surveys"), route_handlers=[show_results, show_voices])
