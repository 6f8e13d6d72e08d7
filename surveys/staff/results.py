"""What came of a period, all of one moment: the score, how it moved, who came back, and the cases that wait."""

from dataclasses import dataclass
from datetime import date

from loyalty.database import Connection
from loyalty.intervals import Answers
from loyalty.points.dates import local_day, midnight_after
from loyalty.programs.facts import ProgramFacts
from surveys.plans.classes import HIGHEST
from surveys.results.coming_back import known_at
from surveys.results.lives_read import Afterwards, afterwards
from surveys.results.queries import Results, results, rolling_scores
from surveys.staff import queries
from surveys.staff.facts import FEED, AnswersAsked, AnswersSeen

_CLASSES = {"promoter": (9, HIGHEST), "passive": (7, 8), "detractor": (0, 6)}
_MOST_OF_A_FILE = 100_000


@dataclass(frozen=True, slots=True)
class ResultsSeen:
    """`rolling` ends with each day of the period, and begins where the first answer of its 90 days may lie."""

    asked: AnswersAsked
    results: Results
    rolling: list[tuple[date, Answers]]
    afterwards: Afterwards
    cases: dict[str, int]
    feed: AnswersSeen


async def see_results(
    connection: Connection, program: ProgramFacts, asked: AnswersAsked, feed: AnswersSeen
) -> ResultsSeen:
    """Count what came of a period."""
    told = (asked.start, asked.end)
    now = await known_at(connection, program.program_id, simulated=asked.simulated)
    # Of made-up cases none is late because the sample is old.
    today = local_day(now, program.zone)
    # First what is quick: the last of them tells the planner how to go about it until the transaction ends.
    cases = await queries.counts(connection, program.program_id, today, None, simulated=asked.simulated)
    found = await results(connection, program, *told, asked.survey_id, simulated=asked.simulated)
    line = await rolling_scores(connection, program, *told, asked.survey_id, simulated=asked.simulated)
    later = await afterwards(connection, program, *told, simulated=asked.simulated)
    return ResultsSeen(asked, found, line, later, cases, feed)


async def read_answers(
    connection: Connection, program: ProgramFacts, asked: AnswersAsked, *, whole: bool = False
) -> AnswersSeen:
    """Read a page of answers, or all."""
    since, until = (midnight_after(day, program.zone) for day in (_before(asked.start), _before(asked.end)))
    low, high = _CLASSES.get(asked.nps_class or "", (0, HIGHEST))
    if asked.score is not None:
        low = high = asked.score
    found = await queries.answers(
        connection,
        program.program_id,
        since,
        until,
        asked.simulated,
        asked.survey_id,
        low,
        high,
        asked.member,
        asked.commented,
        asked.open_case,
        asked.published,
        None if whole else asked.after,
        _MOST_OF_A_FILE if whole else FEED + 1,
    )
    return AnswersSeen(found if whole else found[:FEED], not whole and len(found) > FEED)


def _before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)
