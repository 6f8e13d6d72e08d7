"""The part "opinions": the answers to surveys, of each customer the latest, and how many were asked for one.

Known at K are the score and the exclusion that stood then, by the log of changes. Whether somebody counts as a member
was decided at the first score and is stored with it, so that it outlives the person's erasure.
"""

from collections.abc import Iterable, Mapping, Sequence

from asyncpg import Record

from kpi import periods
from kpi.facts import NOBODY
from kpi.parts.opinions import Opinions, Said
from kpi.periods import Days
from kpi.reading import Reading
from kpi.rows.known import Statement, statement
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of
from loyalty.intervals import Answers

# Each period's answers (what was made up is none), and of each person the latest. `named`: null of who was forgotten;
# whose answers they were is told by an id of nobody.
_ANSWERS = """
WITH RECURSIVE {people}, answers AS MATERIALIZED (
  SELECT coalesce(s.survivor, i.respondent_id) AS person, coalesce(s.survivor, i.customer_id) AS named, r.member,
    r.first_scored_at AS at, r.invitation_id, SCORE AS score, r.rewarded OR EXCLUDED AS left_out
  FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
  JOIN survey v ON v.program_id = $1 AND v.survey_id = i.survey_id AND NOT v.simulated
  LEFT JOIN survivors s ON s.customer_id = i.customer_id
  WHERE r.program_id = $1 AND r.first_scored_at <= {k}
    AND r.first_scored_at >= (SELECT min(b) FROM unnest($2::timestamptz[]) AS b)
    AND r.first_scored_at < (SELECT max(e) FROM unnest($3::timestamptz[]) AS e)
), told AS (
  SELECT n, a.* FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS p (begins, ends, n)
  JOIN answers a ON a.at >= p.begins AND a.at < p.ends
), latest AS (
  SELECT DISTINCT ON (n, person) * FROM told WHERE NOT left_out ORDER BY n, person, at DESC, invitation_id DESC
)"""
_CLASSES = """
SELECT n, member, count(*) FILTER (WHERE score >= 9) AS promoters, count(*) FILTER (WHERE score IN (7, 8)) AS passives,
  count(*) FILTER (WHERE score <= 6) AS detractors, 0 AS left_out FROM latest GROUP BY n, member
UNION ALL SELECT n, NULL, 0, 0, 0, count(*) FROM told WHERE left_out GROUP BY n"""
_NAMED = """
SELECT named, member, score >= 9 AS promotes FROM latest WHERE named IS NOT NULL"""
_STANDS = """(SELECT c.WHAT FROM survey_change c
    WHERE c.program_id = $1 AND c.invitation_id = r.invitation_id AND c.kind IN (KINDS) AND c.recorded_at <= {k}
    ORDER BY c.recorded_at DESC, c.change_id DESC LIMIT 1)"""
_SCORED = _STANDS.replace("WHAT", "score").replace("KINDS", "'scored', 'rescored'")
_TAKEN_OUT = _STANDS.replace("WHAT", "kind = 'excluded'").replace("KINDS", "'excluded', 'included'")


def _answers(sql: str) -> Statement:
    """Ask for what stands; now it is in the row."""
    now = (_ANSWERS + sql).replace("SCORE", "r.score").replace("EXCLUDED", "r.excluded_because IS NOT NULL")
    at = (_ANSWERS + sql).replace("SCORE", f"coalesce({_SCORED}, r.score)")
    at = at.replace("EXCLUDED", f"coalesce({_TAKEN_OUT}, false)")
    return Statement(statement(now, "$4").now, statement(at, "$4").at)


_SAID = _answers(_CLASSES)
_WHO = _answers(_NAMED)
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


@READERS.register("opinions")
async def read(asked: Asked) -> Mapping[Days, Opinions]:
    """Read what customers said in each of the periods; who they are only where one is asked for, to list them."""
    connection, limit, program_id = asked.connection, asked.reading.known.limit, asked.program.program_id
    if not await connection.fetchval(_ANY, program_id):
        return dict.fromkeys(asked.wanted, Opinions())
    ends = [[periods.instant(day, asked.program.zone) for day in side] for side in zip(*asked.wanted, strict=True)]
    answers = await _SAID.visit(connection, limit, program_id, *ends)
    who = await _WHO.visit(connection, limit, program_id, *ends) if len(asked.wanted) == 1 else []
    boundaries = boundaries_of(asked)
    invited = await _INVITED.fetch(connection, limit, program_id, boundaries)
    found = {}
    for n, days in enumerate(asked.wanted, 1):
        cells = range(*cells_of(asked, boundaries, days))
        own = [row for row in answers if row["n"] == n]
        sent = [row for row in invited if row["cell"] in cells]
        member, other = [await _said(asked.reading, own, sent, who, member=side) for side in (True, False)]
        found[days] = Opinions(member, other, sum(row["left_out"] for row in own))
    return found


async def _said(
    reading: Reading, answers: Iterable[Record], invited: Iterable[Record], who: Sequence[Record], *, member: bool
) -> Said:
    sums = [row for row in answers if row["member"] is member]
    sent = [row for row in invited if row["member"] is member]
    them = [row for row in who if row["member"] is member]
    return Said(
        answers=Answers(*(sum(row[name] for row in sums) for name in ("promoters", "passives", "detractors"))),
        answered=await reading.numbers(row["named"] for row in them) if them else NOBODY,
        promoters=await reading.numbers(row["named"] for row in them if row["promotes"]) if them else NOBODY,
        asked=sum(row["asked"] for row in sent),
        replied=sum(row["replied"] for row in sent),
    )
