"""Do they come back? Who bought again after an answer, after silence, and without ever having been asked.

Only whole stories are told: somebody whose days are not over yet is in neither number. The never surveyed are those who
were held out by lot where all else would have had them asked: on an occasion, in the sample, with consent and an
address, neither unsubscribed nor asked (or held out) within the quarantine. So the lot alone sets them apart from
whoever was sent an invitation, that is from promoters, passives, detractors and the silent together; each of these four
has chosen itself. Whom a letter did not reach was not silent, and who was rewarded for answering had another reason to
come: both are left out. Nothing is known of letters to the held out, so those that would have come back stay in.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from asyncpg import Record

from loyalty.database import Connection
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from surveys.invitations.people import KEPT, PERSONS, now_of
from surveys.results.lives import WITHIN_DAYS, rate_within
from surveys.results.queries import OF_KIND
from surveys.results.scores import Rate

Crowd = Literal["promoter", "passive", "detractor", "silent", "never_asked"]
CROWDS: tuple[Crowd, ...] = ("promoter", "passive", "detractor", "silent", "never_asked")
# One row a person and crowd: the first time in the period, and when after it that person bought next. Of the forgotten
# that is as coarse as it is counted.
_STORIES = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT i.customer_id, i.respondent_id, r.invitation_id,
    CASE WHEN r.score >= 9 THEN 'promoter' WHEN r.score >= 7 THEN 'passive' ELSE 'detractor' END AS crowd,
    r.first_scored_at AS at
  FROM survey_response r, LATERAL (SELECT customer_id, respondent_id, survey_id FROM survey_invitation
    WHERE program_id = $1 AND invitation_id = r.invitation_id OFFSET 0) i
  WHERE r.program_id = $1 AND r.first_scored_at >= $2 AND r.first_scored_at < $3
    AND (r.excluded_because IS NULL OR $5) AND NOT r.rewarded AND {OF_KIND}
  UNION ALL
  SELECT i.customer_id, i.respondent_id, i.invitation_id, 'silent', i.sent_at FROM survey_invitation i
  WHERE i.program_id = $1 AND i.sent_at >= $2 AND i.sent_at < $3 AND i.ends_at <= $4 AND i.bounced_at IS NULL
    AND {OF_KIND}
    AND NOT EXISTS (SELECT FROM survey_response r WHERE r.program_id = $1 AND r.invitation_id = i.invitation_id)
  UNION ALL
  SELECT i.customer_id, i.respondent_id, i.invitation_id, 'never_asked', i.due_at FROM survey_invitation i
  WHERE i.program_id = $1 AND i.reason = 'held_out' AND i.due_at >= $2 AND i.due_at < $3 AND {OF_KIND}
), asked AS (SELECT DISTINCT customer_id FROM told WHERE customer_id IS NOT NULL), {PERSONS},
first_time AS (
  SELECT s.person, t.crowd, min(t.at) AS at FROM told t JOIN survivor s ON s.asked = t.customer_id GROUP BY 1, 2
)
SELECT h.crowd, h.at, (
  SELECT min(o.at) FROM unnest(f.ids) AS m (id) CROSS JOIN LATERAL (
    SELECT p.placed_at AS at FROM purchase p CROSS JOIN LATERAL {KEPT} k
    WHERE p.program_id = $1 AND p.customer_id = m.id AND p.state = 'recorded' AND NOT p.test
      AND p.placed_at > h.at AND k.minor > 0
    ORDER BY p.placed_at LIMIT 1) o) AS next_at
FROM first_time h JOIN family f ON f.person = h.person
UNION ALL (
  SELECT DISTINCT ON (t.respondent_id, t.crowd) t.crowd, t.at, t.at + f.returned * interval '24 hours' AS next_at
  FROM told t JOIN survey_aftermath f ON f.program_id = $1 AND f.invitation_id = t.invitation_id
  WHERE t.customer_id IS NULL ORDER BY t.respondent_id, t.crowd, t.at)
"""  # noqa: S608 - our own parts
_ENDED = "SELECT max(closed_at) FROM survey WHERE program_id = $1 AND simulated"

# Nobody knows how many a recursion finds: expecting few, the planner would hold everybody against everybody.
_PLANNING = "SET LOCAL enable_nestloop = off"


@dataclass(frozen=True, slots=True)
class Returns:
    """Of each crowd, who bought again within 30, 60 and 90 days, of those whose days are over."""

    by_crowd: dict[Crowd, dict[int, Rate]]


async def known_at(connection: Connection, program_id: int, *, simulated: bool) -> datetime:
    """Tell up to when purchases are known: until now or, of what was made up over a sample, until that ends."""
    ended = await connection.fetchval(_ENDED, program_id) if simulated else None
    return ended or await now_of(connection, program_id)


async def coming_back(
    connection: Connection, program: ProgramFacts, start: date, end: date, *, simulated: bool = False
) -> Returns:
    """Follow those of a period of local days `[start, end)`, each person once per crowd, from the first time on."""
    since, until = (midnight_after(day - timedelta(days=1), program.zone) for day in (start, end))
    now = await known_at(connection, program.program_id, simulated=simulated)
    rows = await fetch_of_persons(connection, _STORIES, program.program_id, since, until, now, simulated)
    stories = [(row["crowd"], row["at"], row["next_at"]) for row in rows]
    return Returns({crowd: {days: rate_within(stories, crowd, days, now) for days in WITHIN_DAYS} for crowd in CROWDS})


async def fetch_of_persons(connection: Connection, sql: str, *arguments: object) -> list[Record]:
    """Ask what begins with everybody whom those asked have become."""
    async with connection.transaction():
        await connection.execute(_PLANNING)
        return await connection.fetch(sql, *arguments)
