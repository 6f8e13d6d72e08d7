"""The part "referring": shares and claims, and what those who claimed bought.

What became of a claim has no history but when it was decided: a refusal is known from then on.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from kpi import periods
from kpi.parts.referring import AGAIN_WITHIN, STANDING, WON_WITHIN, Referring
from kpi.periods import Days
from kpi.rows.known import Statement, statement
from kpi.rows.part import READERS, Asked, boundaries_of, cells_of

# `standing`: nobody brings himself, also if that comes out later. `family`: whose purchases are those of a friend.
_CLAIMS = """
WITH RECURSIVE {people}, claims AS MATERIALIZED (
  SELECT r.referral_id, coalesce(f.survivor, r.friend_id) AS friend, coalesce(b.survivor, r.referrer_id) AS referrer,
    r.claimed_at,
    CASE WHEN r.state = 'refused' AND coalesce(r.ended_at, r.recorded_at) <= {k} THEN r.reason END AS reason
  FROM referral r LEFT JOIN survivors f ON f.customer_id = r.friend_id
    LEFT JOIN survivors b ON b.customer_id = r.referrer_id
  WHERE r.program_id = $1 AND r.recorded_at <= {k}
), standing AS (
  SELECT friend, min(claimed_at) AS claimed_at FROM claims
  WHERE referrer <> friend AND (reason IS NULL OR reason = ANY($2::text[])) GROUP BY friend
), family AS MATERIALIZED (
  SELECT friend, friend AS customer_id, claimed_at FROM standing
  UNION ALL
  SELECT d.friend, s.customer_id, d.claimed_at FROM standing d JOIN survivors s ON s.survivor = d.friend
), sold AS (
  SELECT f.friend, f.claimed_at, p.placed_at, p.goods_minor, p.reward_discount_minor, {kept} AS kept_minor
  FROM family f JOIN OF_FRIENDS
), bought AS MATERIALIZED (
  SELECT friend, claimed_at, placed_at, {net} AS net FROM sold WHERE kept_minor > 0
)"""
# Of friends alone, one look into an index for each, instead of through all purchases there are.
_NOW = """LATERAL (
    SELECT * FROM purchase WHERE program_id = $1 AND customer_id = f.customer_id AND state = 'recorded' AND NOT test
    OFFSET 0
  ) p ON true LEFT JOIN LATERAL (
    SELECT p.purchase_id, sum(goods_minor) AS goods_minor, bool_or(kind = 'cancellation') AS cancelled
    FROM refund WHERE program_id = $1 AND purchase_id = p.purchase_id HAVING count(*) > 0
  ) r ON true"""
_AT = """({purchases}) p ON p.customer_id = f.customer_id LEFT JOIN refunded r ON r.purchase_id = p.purchase_id"""


def _of_friends(sql: str, k: str) -> Statement:
    """Ask about what friends bought; now by the index, at K through what was known."""
    now, at = (statement(_CLAIMS.replace("OF_FRIENDS", where) + sql, k) for where in (_NOW, _AT))
    return Statement(now.now, at.at)


_EACH = _of_friends(
    """, lives AS (
  SELECT friend, (array_agg(placed_at ORDER BY placed_at))[1:2] AS placed FROM bought GROUP BY friend
)
SELECT c.friend, c.referrer, c.claimed_at, c.reason, l.placed[1] AS first_at, l.placed[2] AS second_at
FROM claims c LEFT JOIN lives l ON l.friend = c.friend ORDER BY c.claimed_at, c.referral_id
""",
    "$3",
)
_SUMS = _of_friends(
    """
SELECT width_bucket(placed_at, $3::timestamptz[]) AS cell, sum(net)::bigint AS net, count(*) AS purchases
FROM bought WHERE placed_at >= claimed_at GROUP BY 1
""",
    "$4",
)
_SHARES = statement(
    """
WITH RECURSIVE {people}
SELECT coalesce(s.survivor, r.customer_id) AS inviter, r.shared_at
FROM referral_share r LEFT JOIN survivors s ON s.customer_id = r.customer_id
WHERE r.program_id = $1 AND r.recorded_at <= {k} ORDER BY r.shared_at, r.share_id
""",
    "$2",
)
_ANY = """SELECT EXISTS (SELECT FROM referral WHERE program_id = $1)
  OR EXISTS (SELECT FROM referral_share WHERE program_id = $1)"""


class Invitation(NamedTuple):
    """A share, or a claim without one; with the claim that answers it."""

    inviter: UUID
    at: datetime
    claim: Record | None


@READERS.register("referring")
async def read(asked: Asked) -> Mapping[Days, Referring]:
    """Read what was shared and claimed in each of the periods."""
    connection, known, program_id = asked.connection, asked.reading.known, asked.program.program_id
    if not await connection.fetchval(_ANY, program_id):
        return dict.fromkeys(asked.wanted, Referring())
    boundaries = boundaries_of(asked)
    shares = await _SHARES.fetch(connection, known.limit, program_id)
    claims = await _EACH.fetch(connection, known.limit, program_id, STANDING)
    sums = {row["cell"]: row for row in await _SUMS.fetch(connection, known.limit, program_id, STANDING, boundaries)}
    told = paired(shares, [claim for claim in claims if claim["referrer"] is not None])
    found = {}
    for days in asked.wanted:
        own = [sums[cell] for cell in range(*cells_of(asked, boundaries, days)) if cell in sums]
        found[days] = await _referring(asked, days, told, claims, own)
    return found


def paired(shares: Sequence[Record], claims: Sequence[Record]) -> list[Invitation]:
    """Give every invitation: each claim answers the oldest share of its referrer that is unanswered, or none."""
    waiting: defaultdict[UUID, deque[datetime]] = defaultdict(deque)
    for share in shares:
        waiting[share["inviter"]].append(share["shared_at"])
    told = []
    for claim in claims:
        mine = waiting[claim["referrer"]]
        at = mine.popleft() if mine and mine[0] <= claim["claimed_at"] else claim["claimed_at"]
        told.append(Invitation(claim["referrer"], at, claim))
    return told + [Invitation(inviter, at, None) for inviter, left in waiting.items() for at in left]


async def _referring(
    asked: Asked, days: Days, told: Iterable[Invitation], claims: Iterable[Record], sums: Iterable[Record]
) -> Referring:
    start, end = (periods.instant(day, asked.program.zone) for day in days)
    as_of, numbers = asked.reading.known.as_of, asked.reading.numbers
    invited = [one for one in told if start <= one.at < end]
    old = [one for one in invited if (one.claim["claimed_at"] if one.claim else one.at) + WON_WITHIN <= as_of]
    brought = {c["friend"]: c for c in claims if _brought(c) and start <= c["first_at"] < end}
    watched = {who for who, c in brought.items() if c["first_at"] + AGAIN_WITHIN <= as_of}
    claimed = [claim for claim in claims if start <= claim["claimed_at"] < end]
    return Referring(
        inviters=await numbers({one.inviter for one in invited}),
        invitations=len(old),
        signed_up=sum(one.claim is not None for one in old),
        won=sum(one.claim is not None and _won(one.claim) for one in old),
        young=len(invited) - len(old),
        claims=len(claimed),
        refused=Counter(claim["reason"] for claim in claimed if claim["reason"] is not None),
        brought=await numbers(brought),
        watched=await numbers(watched),
        again=await numbers(
            who
            for who in watched
            if brought[who]["second_at"] and brought[who]["second_at"] <= brought[who]["first_at"] + AGAIN_WITHIN
        ),
        net=sum(row["net"] for row in sums),
        purchases=sum(row["purchases"] for row in sums),
    )


def _stands(claim: Record) -> bool:
    """Tell whether a friend came by this claim."""
    if claim["referrer"] is None or claim["referrer"] == claim["friend"]:
        return False
    return claim["reason"] is None or claim["reason"] in STANDING


def _brought(claim: Record) -> bool:
    """Tell whether the friend first bought by this claim, whenever that was."""
    return _stands(claim) and claim["first_at"] is not None and claim["claimed_at"] <= claim["first_at"]


def _won(claim: Record) -> bool:
    """Tell whether the friend's first purchase came in time."""
    return _brought(claim) and bool(claim["first_at"] <= claim["claimed_at"] + WON_WITHIN)
