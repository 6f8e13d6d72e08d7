"""What came of surveys: score and interval, members beside non-members, day by day, and the way to an answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from loyalty.customers.survivors import SURVIVORS
from loyalty.database import Connection
from loyalty.intervals import Answers, Interval, NpsDifference, nps_interval
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from surveys.plans.classes import HIGHEST
from surveys.results.scores import ROLLING_DAYS, Answer, Rate, compared, rolling, tally

_SURVIVORS = ", ".join(f"{name} AS ({sql})" for name, sql in SURVIVORS.items())
# Of invitations `i`: real ones or ($5) simulated ones, never both.
OF_KIND = "$5 = (SELECT v.simulated FROM survey v WHERE v.program_id = $1 AND v.survey_id = i.survey_id)"
# Answers that count, of one person under one id; the forgotten keep the id of nobody that they were given.
_ANSWERS = f"""
WITH RECURSIVE {_SURVIVORS}
SELECT coalesce(s.survivor, i.respondent_id) AS respondent_id, r.score, r.first_scored_at, r.member
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
LEFT JOIN survivors s ON s.customer_id = i.customer_id
WHERE r.program_id = $1 AND r.first_scored_at >= $2 AND r.first_scored_at < $3 AND NOT r.rewarded
  AND (r.excluded_because IS NULL OR $5) AND ($4::uuid IS NULL OR i.survey_id = $4) AND {OF_KIND}
ORDER BY r.first_scored_at, r.invitation_id
"""  # noqa: S608 - our own parts
_FUNNEL = f"""
SELECT count(*) AS eligible, count(*) FILTER (WHERE i.reason IS NULL) AS invited, count(i.sent_at) AS sent,
  count(i.bounced_at) AS bounced, count(r.invitation_id) AS scored, count(r.commented_at) AS commented
FROM survey_invitation i
LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id
WHERE i.program_id = $1 AND i.planned_at >= $2 AND i.planned_at < $3 AND ($4::uuid IS NULL OR i.survey_id = $4)
  AND {OF_KIND}
"""  # noqa: S608 - our own parts
_REASONS = f"""
SELECT i.reason, count(*) AS n FROM survey_invitation i
WHERE i.program_id = $1 AND i.planned_at >= $2 AND i.planned_at < $3 AND ($4::uuid IS NULL OR i.survey_id = $4)
  AND {OF_KIND}
  AND i.reason IS NOT NULL
GROUP BY i.reason ORDER BY n DESC, i.reason
"""  # noqa: S608 - our own parts
_INVITED_BY_STATUS = f"""
SELECT i.member, count(*) AS sent, count(r.invitation_id) AS scored
FROM survey_invitation i
LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id
WHERE i.program_id = $1 AND i.sent_at >= $2 AND i.sent_at < $3 AND ($4::uuid IS NULL OR i.survey_id = $4)
  AND {OF_KIND}
GROUP BY i.member
"""  # noqa: S608 - our own parts


@dataclass(frozen=True, slots=True)
class Group:
    """The answers of some, and how many of those who were asked gave one."""

    answers: Answers
    response: Rate

    @property
    def interval(self) -> Interval | None:
        """The interval of the score, within ±100."""
        return nps_interval(self.answers)


@dataclass(frozen=True, slots=True)
class Funnel:
    """From an occasion to a comment. `reasons`: why the others were not asked, the most frequent first."""

    eligible: int
    invited: int
    sent: int
    bounced: int
    scored: int
    commented: int
    reasons: dict[str, int]


@dataclass(frozen=True, slots=True)
class Results:
    """A period of local days `[start, end)`: of each customer the latest answer, by the status at its first score.

    `histogram`: how many gave each score, 0 to 10. `difference` and `change` are None where a side has too few answers;
    `change` is against the same number of days before, which had the answers `earlier`.
    """

    everybody: Group
    members: Group
    others: Group
    histogram: Sequence[int]
    difference: NpsDifference | None
    change: NpsDifference | None
    earlier: Answers
    funnel: Funnel


@dataclass(frozen=True, slots=True)
class _Row:
    answer: Answer
    member: bool


async def results(
    connection: Connection,
    program: ProgramFacts,
    start: date,
    end: date,
    survey_id: UUID | None = None,
    *,
    simulated: bool = False,
) -> Results:
    """Count a period's answers, of all surveys or of one: the real ones, or the simulated ones."""
    since, until = _instant(start, program), _instant(end, program)
    before = _instant(start - (end - start), program)
    rows = _latest(await _answers(connection, program.program_id, since, until, survey_id, simulated))
    earlier = _latest(await _answers(connection, program.program_id, before, since, survey_id, simulated))
    told = (program.program_id, since, until, survey_id, simulated)
    asked = {
        row["member"]: Rate(row["scored"], row["sent"]) for row in await connection.fetch(_INVITED_BY_STATUS, *told)
    }
    members, others = (
        Group(_tally(row for row in rows if row.member is member), asked.get(member, Rate(0, 0)))
        for member in (True, False)
    )
    answers = _tally(rows)
    all_asked = Rate(sum(rate.num for rate in asked.values()), sum(rate.den for rate in asked.values()))
    return Results(
        everybody=Group(answers, all_asked),
        members=members,
        others=others,
        histogram=[sum(row.answer.score == score for row in rows) for score in range(HIGHEST + 1)],
        difference=compared(members.answers, others.answers),
        change=compared(answers, _tally(earlier)),
        earlier=_tally(earlier),
        funnel=await _funnel(connection, told),
    )


async def rolling_scores(
    connection: Connection,
    program: ProgramFacts,
    start: date,
    end: date,
    survey_id: UUID | None = None,
    *,
    simulated: bool = False,
) -> list[tuple[date, Answers]]:
    """Pool the answers of the last 90 local days, by the end of each local day of `[start, end)`."""
    since = _instant(start - timedelta(days=ROLLING_DAYS), program)
    rows = await _answers(connection, program.program_id, since, _instant(end, program), survey_id, simulated)
    return rolling([row.answer for row in rows], start, end - timedelta(days=1), program.zone)


def _instant(day: date, program: ProgramFacts) -> datetime:
    return midnight_after(day - timedelta(days=1), program.zone)


async def _answers(
    connection: Connection,
    program_id: int,
    since: datetime,
    until: datetime,
    survey_id: UUID | None,
    simulated: bool,  # noqa: FBT001 - as bound
) -> list[_Row]:
    rows = await connection.fetch(_ANSWERS, program_id, since, until, survey_id, simulated)
    return [_Row(Answer(row["respondent_id"], row["score"], row["first_scored_at"]), row["member"]) for row in rows]


def _latest(rows: Sequence[_Row]) -> list[_Row]:
    """Keep the latest answer of each customer; they come in the order of time."""
    return list({row.answer.respondent_id: row for row in rows}.values())


def _tally(rows: Iterable[_Row]) -> Answers:
    return tally(row.answer.score for row in rows)


async def _funnel(connection: Connection, told: tuple[int, datetime, datetime, UUID | None, bool]) -> Funnel:
    row = await connection.fetchrow(_FUNNEL, *told)
    reasons = {one["reason"]: one["n"] for one in await connection.fetch(_REASONS, *told)}
    return Funnel(**dict(row or {}), reasons=reasons)
