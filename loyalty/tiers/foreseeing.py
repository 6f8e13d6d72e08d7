"""Who would move if other tiers were published: everybody decided anew in one statement, and nothing written."""

from typing import Literal

import asyncpg
from msgspec import Struct

from loyalty.database import Connection
from loyalty.points.dates import local_day
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.rules import counting_days
from loyalty.tiers.scheme import Scheme

_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
# As `rules.reassessed` decides: up at once, never down; what is held is the best of what the sum reaches, what was
# earned before, and the floor. `kept`: what was earned before is all that still holds it.
_WOULD = """
WITH sums AS (
  SELECT customer_id, greatest(coalesce(sum({counted}) FILTER (WHERE day >= $2 AND day < $3), 0),
    coalesce(sum({counted}) FILTER (WHERE day >= $4 AND day < $5), 0))::bigint AS total
  FROM tier_day WHERE program_id = $1 AND day >= least($2, $4) GROUP BY customer_id),
standing AS (
  SELECT s.tier, width_bucket(coalesce(n.total, 0), $6::bigint[]) AS reached,
    coalesce(array_position($7::text[], s.earned_tier), 0) AS earned,
    coalesce(CASE WHEN s.floor_until IS NULL OR s.floor_until >= $8
      THEN array_position($7, s.floor_tier) END, 0) AS floor
  FROM tier_standing s LEFT JOIN sums n ON n.customer_id = s.customer_id
  WHERE s.program_id = $1 AND EXISTS (SELECT FROM membership m WHERE m.program_id = $1
    AND m.customer_id = s.customer_id AND m.superseded_at IS NULL AND m.joined_at <= $9
    AND (m.left_at IS NULL OR m.left_at > $9)))
SELECT tier, greatest(reached, earned, floor) AS rank, earned > greatest(reached, floor) AS kept, count(*) AS members
FROM standing GROUP BY 1, 2, 3
"""
_COLUMNS = {"points_earned": "points", "money_spent": "spent_minor"}
# Every day of every member is read, over one of few connections: for one at a time, and while a page may take so long.
PATIENCE = "10s"
_ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('tiers foreseen'), $1::int)"
_PATIENT = "SELECT set_config('statement_timeout', $1, true)"

# Why it was not counted: no tiers were published before, it is being counted for somebody else, or it took too long.
Uncounted = Literal["unpublished", "busy", "too_many"]


class Moves(Struct, frozen=True):
    """How many members would hold a higher tier at once, or a lower one because theirs is gone.

    `kept`: of those who stay, who hold a tier that their sum does not reach: until a period ends, and through grace.
    """

    up: int
    down: int
    kept: int


async def foresee(
    connection: Connection, program: ProgramFacts, before: Scheme, after: Scheme
) -> Moves | Literal["busy", "too_many"]:
    """Decide every member under the tiers as they would be. Needs a scheme to have been published: days count since."""
    try:
        async with connection.transaction():
            if not await connection.fetchval(_ALONE, program.program_id):
                return "busy"
            await connection.fetchval(_PATIENT, PATIENCE)
            return await _decided(connection, program, before, after)
    except asyncpg.QueryCanceledError:
        return "too_many"


async def _decided(connection: Connection, program: ProgramFacts, before: Scheme, after: Scheme) -> Moves:
    now = await connection.fetchval(_NOW, program.program_id)
    today = local_day(now, program.zone)
    (first, end), (also_first, also_end) = counting_days(after, today)
    rows = await connection.fetch(
        _WOULD.format(counted=_COLUMNS[after.counts]),
        program.program_id,
        first,
        end,
        also_first,
        also_end,
        [tier.threshold for tier in after.tiers],
        [tier.key for tier in after.tiers],
        today,
        now,
    )
    moves = [(row["rank"] - _place(row["tier"], before, after), row["kept"], row["members"]) for row in rows]
    return Moves(
        up=sum(n for steps, _, n in moves if steps > 0),
        down=sum(n for steps, _, n in moves if steps < 0),
        kept=sum(n for steps, kept, n in moves if kept and not steps),
    )


def _place(key: str | None, before: Scheme, after: Scheme) -> float:
    """Give the rank among the new tiers of one held now; of one that is gone, between those it would be between.

    Where something else counts, thresholds say nothing about each other: then the same rank.
    """
    rank, was = after.rank(key), before.rank(key)
    if rank or not was or before.counts != after.counts:
        return rank or was
    threshold = before.threshold(was)
    reached = after.reached(threshold)
    return reached if after.threshold(reached) == threshold else reached + 0.5
