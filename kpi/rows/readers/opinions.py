"""The part "opinions": the answers to surveys, of each customer the latest, and how many were asked for one.

Known at K are the score and the exclusion that stood then, by the log of changes. Whether somebody counts as a member
was decided at the first score and is stored with it, so that it outlives the person's erasure.
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from asyncpg import Record

from kpi import periods
from kpi.facts import Customers
from kpi.parts.opinions import Opinions, Said
from kpi.periods import Days
from kpi.reading import Reading
from kpi.rows.known import Statement, statement
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of
from loyalty.intervals import Answers

# What was made up is no answer. `named`: null of who was forgotten; whose answers they were is told by an id of nobody.
_ANSWERS = """
WITH RECURSIVE {people}
SELECT coalesce(s.survivor, i.respondent_id) AS person, coalesce(s.survivor, i.customer_id) AS named, r.member,
  r.first_scored_at, SCORE AS score, r.rewarded OR EXCLUDED AS left_out
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id AND NOT v.simulated
LEFT JOIN survivors s ON s.customer_id = i.customer_id
WHERE r.program_id = $1 AND r.first_scored_at >= ($2::timestamptz[])[1]
  AND r.first_scored_at < ($2::timestamptz[])[cardinality($2::timestamptz[])] AND r.first_scored_at <= {k}
ORDER BY r.first_scored_at, r.invitation_id
"""
_STANDS = """(SELECT c.WHAT FROM survey_change c
    WHERE c.program_id = $1 AND c.invitation_id = r.invitation_id AND c.kind IN (KINDS) AND c.recorded_at <= {k}
    ORDER BY c.recorded_at DESC, c.change_id DESC LIMIT 1)"""
_SCORED = _STANDS.replace("WHAT", "score").replace("KINDS", "'scored', 'rescored'")
_TAKEN_OUT = _STANDS.replace("WHAT", "kind = 'excluded'").replace("KINDS", "'excluded', 'included'")


def _answers() -> Statement:
    """Ask for what stands; now it is in the row."""
    now = _ANSWERS.replace("SCORE", "r.score").replace("EXCLUDED", "r.excluded_because IS NOT NULL")
    at = _ANSWERS.replace("SCORE", f"coalesce({_SCORED}, r.score)")
    at = at.replace("EXCLUDED", f"coalesce({_TAKEN_OUT}, false)")
    return Statement(statement(now).now, statement(at).at)


_SAID = _answers()
_INVITED = statement("""
SELECT width_bucket(i.sent_at, $2::timestamptz[]) AS cell, i.member, count(*) AS asked,
  count(r.invitation_id) AS replied
FROM survey_invitation i JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id AND NOT v.simulated
LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id AND r.first_scored_at <= {k}
WHERE i.program_id = $1 AND i.sent_at >= ($2::timestamptz[])[1]
  AND i.sent_at < ($2::timestamptz[])[cardinality($2::timestamptz[])] AND i.sent_at <= {k}
GROUP BY 1, 2
""")
_ANY = """
SELECT EXISTS (SELECT FROM survey v JOIN survey_invitation i ON i.program_id = $1 AND i.survey_id = v.survey_id
  WHERE v.program_id = $1 AND NOT v.simulated)
"""
_PROMOTERS_FROM, _PASSIVES_FROM = 9, 7


@READERS.register("opinions")
async def read(asked: Asked) -> Mapping[Days, Opinions]:
    """Read what customers said in each of the periods."""
    connection, limit, program_id = asked.connection, asked.reading.known.limit, asked.program.program_id
    if not await connection.fetchval(_ANY, program_id):
        return dict.fromkeys(asked.wanted, Opinions())
    boundaries = boundaries_of(asked)
    answers = await _SAID.fetch(connection, limit, program_id, boundaries)
    invited = await _INVITED.fetch(connection, limit, program_id, boundaries)
    numbers = await _numbers(asked.reading, {answer["named"] for answer in answers if answer["named"]})
    times = [answer["first_scored_at"] for answer in answers]
    found = {}
    for days in asked.wanted:
        start, end = (bisect_left(times, periods.instant(day, asked.program.zone)) for day in days)
        cells = range(*cells_of(asked, boundaries, days))
        found[days] = _opinions(answers[start:end], [row for row in invited if row["cell"] in cells], numbers)
    return found


async def _numbers(reading: Reading, ids: Collection[UUID]) -> dict[UUID, int]:
    """Give the numbers of those who have one, for all periods at once."""
    numbers = await reading.numbers(ids)
    return dict(zip(await reading.named(numbers), numbers, strict=True))


def _opinions(answers: Sequence[Record], invited: Sequence[Record], numbers: Mapping[UUID, int]) -> Opinions:
    counted = [answer for answer in answers if not answer["left_out"]]
    # They come in the order of time, so the latest of a person stands.
    latest = {answer["person"]: answer for answer in counted}.values()
    member, other = (
        _said(
            [answer for answer in latest if answer["member"] is status],
            [row for row in invited if row["member"] is status],
            numbers,
        )
        for status in (True, False)
    )
    return Opinions(member, other, len(answers) - len(counted))


def _said(latest: Sequence[Record], invited: Sequence[Record], numbers: Mapping[UUID, int]) -> Said:
    promoters = [answer for answer in latest if answer["score"] >= _PROMOTERS_FROM]
    passives = sum(_PASSIVES_FROM <= answer["score"] < _PROMOTERS_FROM for answer in latest)
    answered, promoting = (
        Customers(numbers[answer["named"]] for answer in some if answer["named"] in numbers)
        for some in (latest, promoters)
    )
    return Said(
        answers=Answers(len(promoters), passives, len(latest) - len(promoters) - passives),
        answered=answered,
        promoters=promoting,
        asked=sum(row["asked"] for row in invited),
        replied=sum(row["replied"] for row in invited),
    )
