"""What rewards name: the tiers and segments of their terms. They have to be there, and stay while they are named."""

from loyalty.database import Connection
from loyalty.earning.checks import refuse
from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.rewards.terms import Terms
from loyalty.segments.actions import segment_user
from loyalty.segments.queries import lock
from loyalty.tiers.actions import tier_user
from loyalty.tiers.queries import tier_keys

# Those out of the catalogue too: they can be offered again as they are.
_NAMED_BY = """
SELECT name, active FROM reward WHERE program_id = $1
  AND CASE $2 WHEN 'segment' THEN segments ? $3 ELSE minimum_tier = $3 OR tier_prices ? $3 END
ORDER BY NOT active, name, reward_id
"""


async def check_named(connection: Connection, program_id: int, terms: Terms) -> None:
    """Refuse terms that name a tier or a segment that there is not: the reward would be nobody's. In a transaction."""
    named = [("/minimum_tier", terms.minimum_tier)] if terms.minimum_tier is not None else []
    named += [(f"/tier_prices/{key}", key) for key in terms.tier_prices]
    tiers = await tier_keys(connection, program_id) if named else set()
    problems = [_unknown("tier", key, pointer) for pointer, key in named if key not in tiers]
    # Locked, so that none is deleted while it comes to be named; in one order, so that nobody waits in a ring.
    there = {key for key in sorted(set(terms.segments)) if await lock(connection, program_id, key) is not None}
    problems += [
        _unknown("segment", key, f"/segments/{place}") for place, key in enumerate(terms.segments) if key not in there
    ]
    refuse(problems)


def _unknown(what: str, key: str | None, pointer: str) -> Invalid:
    return Invalid(f"There is no {what} {key!r}.", pointer=pointer)


@segment_user
async def _naming_segment(connection: Connection, program_id: int, key: str) -> list[tuple[str, str]]:
    return await _naming(connection, program_id, "segment", key)


@tier_user
async def _naming_tier(connection: Connection, program_id: int, key: str) -> list[tuple[str, str]]:
    return await _naming(connection, program_id, "tier", key)


async def _naming(connection: Connection, program_id: int, what: str, key: str) -> list[tuple[str, str]]:
    """Name the rewards whose terms name a segment or a tier, as `InUse` does."""
    rows = await connection.fetch(_NAMED_BY, program_id, what, key)
    offered, retired = mark("the reward “%(name)s”"), mark("the retired reward “%(name)s”")
    return [(offered if row["active"] else retired, row["name"]) for row in rows]
