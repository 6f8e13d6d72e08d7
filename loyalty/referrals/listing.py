"""Referrals as they are shown: lists, newest first."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from loyalty.errors import Invalid
from loyalty.programs.facts import Source

# The shop's own id of whoever a customer has become by merging, in the namespace of whoever asks.
_NAME = """(WITH RECURSIVE up (id, n) AS (
    SELECT r.{side}_id, 0 UNION ALL SELECT c.merged_into, n + 1 FROM up JOIN customer c
      ON c.program_id = $1 AND c.customer_id = up.id AND c.merged_into IS NOT NULL)
  SELECT min(a.external_id) FROM customer_alias a WHERE a.program_id = $1 AND a.namespace = $2
    AND a.customer_id = (SELECT id FROM up ORDER BY n DESC LIMIT 1))"""
_GIFTS = """(SELECT coalesce(json_agg(json_build_object('side', g.side, 'reward_id', g.reward_id, 'points', g.points,
    'redemption_id', g.redemption_id, 'kept_because', g.kept_because) ORDER BY g.side), '[]')
  FROM referral_gift g WHERE g.program_id = $1 AND g.referral_id = r.referral_id)"""
_ASKED = "SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $2 AND external_id = $4"
_LIST = f"""
WITH RECURSIVE family (customer_id) AS (
  {_ASKED} UNION SELECT c.customer_id FROM family f JOIN customer c
    ON c.program_id = $1 AND c.merged_into = f.customer_id)
SELECT coalesce(json_agg(t ORDER BY t.claimed_at DESC, t.referral_id DESC), '[]')::text FROM (
  SELECT r.referral_id, {_NAME.format(side="friend")} AS friend, {_NAME.format(side="referrer")} AS referrer,
    r.state, r.reason, r.claimed_at, r.qualified_at, r.matures_at, r.ended_at, r.friend_points, r.referrer_points,
    {_GIFTS} AS rewards
  FROM referral r WHERE r.program_id = $1
    AND ($3::text IS NULL OR r.state = $3)
    AND ($4::text IS NULL OR r.friend_id IN (SELECT * FROM family) OR r.referrer_id IN (SELECT * FROM family))
    AND ($5::uuid IS NULL OR (r.claimed_at, r.referral_id) < (SELECT o.claimed_at, o.referral_id FROM referral o
      WHERE o.program_id = $1 AND o.referral_id = $5))
    AND ($7::uuid IS NULL OR r.referral_id = $7)
  ORDER BY r.claimed_at DESC, r.referral_id DESC LIMIT $6) t
"""  # noqa: S608 - our own parts


class RewardOfSide(Struct):
    """A reward promised to one side: bought with `points` of theirs, or (`kept_because`) they kept the points."""

    side: Literal["friend", "referrer"]
    reward_id: UUID
    points: int
    redemption_id: UUID | None
    kept_because: str | None


class ReferralOut(Struct):
    """A referral. `friend` and `referrer` are the shop's ids; null: not in this storefront's namespace, or erased."""

    referral_id: UUID
    friend: str | None
    referrer: str | None
    state: str
    reason: str | None
    claimed_at: datetime
    qualified_at: datetime | None
    matures_at: datetime | None
    ended_at: datetime | None
    friend_points: int
    referrer_points: int
    rewards: list[RewardOfSide]


class Referrals(Struct):
    """A page of referrals, newest first."""

    data: list[ReferralOut]
    next_cursor: str | None


_decode = msgspec.json.Decoder(list[ReferralOut]).decode


async def list_referrals(
    connection: Connection, source: Source, state: str | None, customer: str | None, limit: int, cursor: str | None
) -> Referrals:
    """List referrals, of a state, or with a customer on either side."""
    after = _place(cursor)
    keys = (source.program.program_id, source.namespace, state, customer, after, limit + 1, None)
    found = _decode(await connection.fetchval(_LIST, *keys))
    page = found[:limit]
    return Referrals(page, str(page[-1].referral_id) if len(found) > limit else None)


async def show_referral(connection: Connection, source: Source, referral_id: UUID) -> ReferralOut:
    """Show one that is there."""
    keys = (source.program.program_id, source.namespace, None, None, None, 1, referral_id)
    [found] = _decode(await connection.fetchval(_LIST, *keys))
    return found


def _place(cursor: str | None) -> UUID | None:
    try:
        return None if cursor is None else UUID(cursor)
    except ValueError:
        msg = "This is no cursor of this list. Begin again without one."
        raise Invalid(msg, pointer="/cursor") from None
