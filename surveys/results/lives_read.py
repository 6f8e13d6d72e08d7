"""The SQL of what went before and after answers: one row a person, by who they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from loyalty.database import Connection
from loyalty.intervals import Answers
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts
from surveys.invitations.people import KEPT, PERSONS, now_of
from surveys.results import lives as rules
from surveys.results.coming_back import Returns, coming_back, fetch_of_persons, known_at
from surveys.results.forgetting import lives_of_nobody
from surveys.results.lives import OCCURRENCES, Life, Occurrence, Recommended
from surveys.results.queries import OF_KIND
from surveys.results.scores import Rate

Group = Literal["quiet_promoters", "buying_detractors"]
_TOLD = ("person", "score", "member", "at", "bought_at", "invited_at", "brought_at")
_A_DAY = timedelta(days=1)
GROUPS: tuple[Group, ...] = ("quiet_promoters", "buying_detractors")
# Friends of all who answered at once; of purchases, points and tiers, one look into an index for each person.
_LIVES = f"""
WITH RECURSIVE told AS MATERIALIZED (
  SELECT i.customer_id, r.score, r.member, r.first_scored_at AS at, r.invitation_id
  FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
  WHERE r.program_id = $1 AND r.first_scored_at >= $2 AND r.first_scored_at < $3 AND NOT r.rewarded
    AND (r.excluded_because IS NULL OR $5) AND i.customer_id IS NOT NULL AND {OF_KIND}
), asked AS (SELECT DISTINCT customer_id FROM told), {PERSONS},
latest AS MATERIALIZED (
  SELECT DISTINCT ON (s.person) s.person, t.score, t.member, t.at FROM told t JOIN survivor s ON s.asked = t.customer_id
  ORDER BY s.person, t.at DESC, t.invitation_id DESC
), claims AS (
  SELECT d.person, c.claimed_at AS at FROM referral c JOIN down d ON d.customer_id = c.referrer_id
  WHERE c.program_id = $1 AND c.state <> 'refused' AND c.claimed_at > $2
), invited AS (
  SELECT l.person, min(x.at) AS at FROM latest l JOIN (
    SELECT * FROM claims UNION ALL
    SELECT d.person, h.shared_at FROM referral_share h JOIN down d ON d.customer_id = h.customer_id
    WHERE h.program_id = $1 AND h.shared_at > $2
  ) x ON x.person = l.person AND x.at > l.at GROUP BY 1
), brought AS (
  SELECT l.person, min(c.at) AS at FROM latest l JOIN claims c ON c.person = l.person AND c.at > l.at GROUP BY 1
), points AS (
  SELECT l.person, min(e.effective_at) FILTER (WHERE e.kind = 'capture') AS redeemed_at,
    max(e.effective_at) FILTER (WHERE e.kind = 'expire' AND e.effective_at <= l.at) AS expired_at
  FROM latest l JOIN down d ON d.person = l.person CROSS JOIN LATERAL (
    SELECT kind, effective_at FROM entry
    WHERE program_id = $1 AND customer_id = d.customer_id AND kind IN ('capture', 'expire') OFFSET 0) e
  GROUP BY 1
), climbed AS (
  SELECT l.person, max(c.effective_at) FILTER (WHERE k.steps > 0) AS up_at,
    max(c.effective_at) FILTER (WHERE k.steps < 0) AS down_at
  FROM latest l JOIN down d ON d.person = l.person CROSS JOIN LATERAL (
    SELECT * FROM tier_change
    WHERE program_id = $1 AND customer_id = d.customer_id AND effective_at <= l.at OFFSET 0) c
  CROSS JOIN LATERAL (SELECT coalesce(max(t.place) FILTER (WHERE t.tier ->> 'key' = c.tier_to), 0)
      - coalesce(max(t.place) FILTER (WHERE t.tier ->> 'key' = c.tier_from), 0) AS steps
    FROM tier_scheme x CROSS JOIN LATERAL jsonb_array_elements(x.scheme -> 'tiers') WITH ORDINALITY AS t (tier, place)
    WHERE x.program_id = $1 AND x.version = c.scheme_version) k
  GROUP BY 1
), bought AS (
  SELECT l.person, max(o.at) AS at FROM latest l JOIN down d ON d.person = l.person CROSS JOIN LATERAL (
    SELECT p.placed_at AS at FROM purchase p CROSS JOIN LATERAL {KEPT} k
    WHERE p.program_id = $1 AND p.customer_id = d.customer_id AND p.state = 'recorded' AND NOT p.test
      AND p.placed_at <= $4 AND k.minor > 0
    ORDER BY p.placed_at DESC LIMIT 1) o
  GROUP BY 1
)
SELECT l.person, l.score, l.member, l.at, i.at AS invited_at, b.at AS brought_at, p.redeemed_at AS first_redemption,
  p.expired_at AS points_expired, c.up_at AS tier_up, c.down_at AS tier_down, o.at AS bought_at
FROM latest l LEFT JOIN invited i ON i.person = l.person LEFT JOIN brought b ON b.person = l.person
LEFT JOIN points p ON p.person = l.person LEFT JOIN climbed c ON c.person = l.person
LEFT JOIN bought o ON o.person = l.person
ORDER BY l.person
"""  # noqa: S608 - our own parts
_CALLED = """
SELECT customer_id, array_agg(external_id ORDER BY external_id) AS external_ids FROM customer_alias
WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) AND namespace = $3 GROUP BY customer_id
"""


@dataclass(frozen=True, slots=True)
class Afterwards:
    """What became of a period's answers, as known `now`; by local days `[start, end)` of the answers."""

    now: datetime
    returns: Returns
    quiet_promoters: Rate
    buying_detractors: Rate
    by_occurrence: dict[Occurrence | None, Answers]
    recommended: dict[int, Recommended]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Those of a group, in the order of their ids, as known `now`."""

    now: datetime
    lives: Sequence[Life]


async def afterwards(
    connection: Connection, program: ProgramFacts, start: date, end: date, *, simulated: bool = False
) -> Afterwards:
    """Tell what became of those who were asked in a period of local days."""
    now = await known_at(connection, program.program_id, simulated=simulated)
    since, until = _instants(program, start, end)
    lives = [
        *await _lives(connection, program, start, end, now, simulated=simulated),
        *await lives_of_nobody(connection, program.program_id, since, until, simulated=simulated),
    ]
    return Afterwards(
        now=now,
        returns=await coming_back(connection, program, start, end, simulated=simulated),
        quiet_promoters=rules.quiet_promoters(lives, now),
        buying_detractors=rules.buying_detractors(lives, now),
        by_occurrence=rules.by_occurrence(lives),
        recommended=rules.recommended(lives, now),
    )


async def crowd(connection: Connection, program: ProgramFacts, start: date, end: date, group: Group) -> Crowd:
    """Name the promoters who have gone quiet, or the detractors who buy on."""
    now = await now_of(connection, program.program_id)
    lives = await _lives(connection, program, start, end, now)
    belongs = Life.gone_quiet if group == "quiet_promoters" else Life.buys_on
    return Crowd(now, [life for life in lives if belongs(life, now)])


async def called(
    connection: Connection, program_id: int, namespace: str, persons: Sequence[UUID]
) -> dict[UUID, list[str]]:
    """Tell what a storefront calls them."""
    rows = await connection.fetch(_CALLED, program_id, persons, namespace)
    return {row["customer_id"]: row["external_ids"] for row in rows}


def _instants(program: ProgramFacts, start: date, end: date) -> tuple[datetime, datetime]:
    return midnight_after(start - _A_DAY, program.zone), midnight_after(end - _A_DAY, program.zone)


async def _lives(
    connection: Connection, program: ProgramFacts, start: date, end: date, now: datetime, *, simulated: bool = False
) -> Sequence[Life]:
    """Read the latest answer of everybody who is known, in the order of their ids."""
    since, until = _instants(program, start, end)
    rows = await fetch_of_persons(connection, _LIVES, program.program_id, since, until, now, simulated)
    return [
        Life(
            **{name: row[name] for name in _TOLD},
            happened={what: row[what] for what in OCCURRENCES if row[what] is not None},
        )
        for row in rows
    ]
