"""Forgetting a person leaves every figure of what came afterwards as it was: what counts is kept, of nobody.

It is a part of the erasure's one statement, so it reads what the other parts of it take away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from asyncpg import Record

from loyalty.customers.persons import Person, forgetter
from loyalty.database import Connection
from loyalty.statements import Part
from surveys.invitations.people import KEPT
from surveys.results.lives import OCCURRENCES, QUIET_AFTER, SHORTLY, WITHIN_DAYS, Life
from surveys.results.queries import OF_KIND

_HOURS = 24


def _within(at: str) -> str:
    """Say within how many days something came, as coarsely as it is counted."""
    cases = " ".join(f"WHEN {at} <= x.at + interval '{days * _HOURS} hours' THEN {days}" for days in WITHIN_DAYS)
    return f"CASE {cases} END"


def _hours(span: timedelta) -> str:
    return f"interval '{span.days * _HOURS} hours'"


def _shortly(at: str) -> str:
    return f"{at} <= x.at AND x.at < {at} + {_hours(SHORTLY)}"


_THEIRS = "program_id = $1 AND customer_id = ANY({0}::uuid[])"
_CLAIMS = """SELECT claimed_at AS at FROM referral
    WHERE program_id = $1 AND referrer_id = ANY({0}::uuid[]) AND state <> 'refused' AND claimed_at > x.at"""
_BOUGHT = f"""FROM purchase p CROSS JOIN LATERAL {KEPT} k
    WHERE p.program_id = $1 AND p.customer_id = ANY({{0}}::uuid[]) AND p.state = 'recorded' AND NOT p.test
      AND k.minor > 0"""
_KEEP = f"""
INSERT INTO survey_aftermath (program_id, invitation_id, returned, bought_days, invited, brought, after)
SELECT $1, x.invitation_id, {_within("n.at")},
  CASE WHEN x.now < l.at + {_hours(QUIET_AFTER)} THEN ceil(extract(epoch FROM l.at - x.at) / 86400) END,
  {_within("least(b.at, s.at)")}, {_within("b.at")}, to_jsonb(array_remove(ARRAY[
    CASE WHEN {_shortly("e.redeemed_at")} THEN 'first_redemption' END,
    CASE WHEN {_shortly("e.expired_at")} THEN 'points_expired' END,
    CASE WHEN {_shortly("t.up_at")} THEN 'tier_up' END, CASE WHEN {_shortly("t.down_at")} THEN 'tier_down' END], NULL))
FROM (
  SELECT i.invitation_id, coalesce(r.first_scored_at, i.sent_at, i.due_at) AS at,
    clock_timestamp() + (SELECT clock_offset FROM program WHERE program_id = $1) AS now
  FROM survey_invitation i
  LEFT JOIN survey_response r ON r.program_id = $1 AND r.invitation_id = i.invitation_id
  WHERE i.program_id = $1 AND i.customer_id = ANY({{0}}::uuid[]) AND (i.state = 'sent' OR i.reason = 'held_out')) x
CROSS JOIN LATERAL (SELECT min(p.placed_at) AS at {_BOUGHT} AND p.placed_at > x.at) n
CROSS JOIN LATERAL (SELECT max(p.placed_at) AS at {_BOUGHT} AND p.placed_at <= x.now) l
CROSS JOIN LATERAL (SELECT min(at) AS at FROM ({_CLAIMS}) c) b
CROSS JOIN LATERAL (SELECT min(shared_at) AS at FROM referral_share WHERE {_THEIRS} AND shared_at > x.at) s
CROSS JOIN LATERAL (SELECT min(effective_at) FILTER (WHERE kind = 'capture') AS redeemed_at,
    max(effective_at) FILTER (WHERE kind = 'expire' AND effective_at <= x.at) AS expired_at
  FROM entry WHERE {_THEIRS} AND kind IN ('capture', 'expire')) e
CROSS JOIN LATERAL (SELECT max(c.effective_at) FILTER (WHERE k.steps > 0) AS up_at,
    max(c.effective_at) FILTER (WHERE k.steps < 0) AS down_at
  FROM (SELECT * FROM tier_change WHERE {_THEIRS} AND effective_at <= x.at) c CROSS JOIN LATERAL (
    SELECT coalesce(max(o.place) FILTER (WHERE o.tier ->> 'key' = c.tier_to), 0)
      - coalesce(max(o.place) FILTER (WHERE o.tier ->> 'key' = c.tier_from), 0) AS steps
    FROM tier_scheme y CROSS JOIN LATERAL jsonb_array_elements(y.scheme -> 'tiers') WITH ORDINALITY AS o (tier, place)
    WHERE y.program_id = $1 AND y.version = c.scheme_version) k) t
"""  # noqa: S608 - our own parts
# Of each of the forgotten the latest answer, as of everybody.
_LIVES = f"""
SELECT DISTINCT ON (i.respondent_id) i.respondent_id AS person, r.score, r.member, r.first_scored_at AS at,
  f.bought_days, f.invited, f.brought, ARRAY(SELECT jsonb_array_elements_text(f.after)) AS after
FROM survey_response r JOIN survey_invitation i ON i.program_id = $1 AND i.invitation_id = r.invitation_id
JOIN survey_aftermath f ON f.program_id = $1 AND f.invitation_id = r.invitation_id
WHERE r.program_id = $1 AND r.first_scored_at >= $2 AND r.first_scored_at < $3 AND NOT r.rewarded
  AND (r.excluded_because IS NULL OR $4) AND i.customer_id IS NULL AND {OF_KIND.replace("$5", "$4")}
ORDER BY i.respondent_id, r.first_scored_at DESC, r.invitation_id DESC
"""  # noqa: S608 - our own parts


@forgetter
def _keep(person: Person) -> list[Part]:
    """Keep what came after each asking, as coarse as the figures are."""
    return [Part("aftermath", _KEEP, [person.customer_ids])]


async def lives_of_nobody(
    connection: Connection, program_id: int, since: datetime, until: datetime, *, simulated: bool
) -> Sequence[Life]:
    """Read the latest answers of those who were forgotten, with what is left of what came afterwards."""
    return [_life(row) for row in await connection.fetch(_LIVES, program_id, since, until, simulated)]


def _after(at: datetime, days: int | None) -> datetime | None:
    """Give an instant that counts as what came then did; None: it never came."""
    return None if days is None else at + timedelta(days=days)


def _life(row: Record) -> Life:
    at = row["at"]
    when = {f"{what}_at": _after(at, row[what]) for what in ("invited", "brought")}
    bought_at = _after(at, row["bought_days"])
    happened = {what: at for what in OCCURRENCES if what in row["after"]}
    return Life(row["person"], row["score"], row["member"], at, bought_at, **when, happened=happened)
