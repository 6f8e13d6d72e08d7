"""What came of a period, all of one moment: the score, how it moved, who came back, and the cases that wait."""

from dataclasses import dataclass
from datetime import date

from loyalty.database import Connection
from loyalty.intervals import Answers
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts
from surveys.results.coming_back import known_at
from surveys.results.lives_read import Afterwards, afterwards
from surveys.results.queries import Results, results, rolling_scores
from surveys.staff import queries
from surveys.staff.facts import AnswersAsked, AnswersSeen


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
