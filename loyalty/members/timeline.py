"""Everything that happened to somebody's points, newest first: one row for each decision, and what it moved.

What settling did is told at its own instant, a row for each, not when it was written; so is each change of the tier.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.database import Connection
from loyalty.members.person import Purse
from loyalty.tiers.facts import Change

PAGE = 30

# Awards of the person and of whoever was merged into them; of a merge only the side that the points came to.
_KEYS = """
WITH RECURSIVE family (customer_id) AS (
  SELECT $2::uuid
  UNION SELECT c.customer_id FROM family f JOIN customer c ON c.program_id = $1 AND c.merged_into = f.customer_id),
happened AS (
  SELECT a.award_id, '' AS part, a.account_version,
    CASE a.cause WHEN 'purchase' THEN p.placed_at WHEN 'joined' THEN m.joined_at WHEN 'left' THEN m.left_at
      WHEN 'action' THEN (a.facts ->> 'at')::timestamptz
      ELSE coalesce(r.refunded_at, a.recorded_at) END AS at
  FROM family f JOIN award a ON a.program_id = $1 AND a.customer_id = f.customer_id
  LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id
  LEFT JOIN membership m ON m.program_id = $1 AND m.membership_id = a.membership_id
  LEFT JOIN refund r ON r.program_id = $1 AND r.purchase_id = a.purchase_id AND r.kind = a.cause
    AND r.refund_id = coalesce(a.refund_id, '')
  WHERE a.cause <> 'settled' AND NOT (a.cause = 'merged' AND a.facts ? 'into')
  UNION ALL
  SELECT a.award_id, e.kind, a.account_version, e.effective_at
  FROM family f JOIN award a ON a.program_id = $1 AND a.customer_id = f.customer_id AND a.cause = 'settled'
  JOIN entry e ON e.program_id = $1 AND e.customer_id = f.customer_id AND e.award_id = a.award_id
  GROUP BY 1, 2, 3, 4),
page AS (
  SELECT * FROM happened WHERE $3::timestamptz IS NULL OR (at, award_id, part) < ($3, $4::uuid, $5::text)
  ORDER BY at DESC, award_id DESC, part DESC LIMIT $6)
"""
# Orders that name a reward of the page: looked for once, among the purchases of the family, and only for such rewards.
_USED = """
named AS (
  SELECT DISTINCT a.facts ->> 'hold' AS id
  FROM page n JOIN award a ON a.program_id = $1 AND a.award_id = n.award_id WHERE a.facts ? 'hold'),
used AS (
  SELECT DISTINCT ON (i.id) i.id, o.purchase_id, o.order_id
  FROM family f JOIN purchase o ON o.program_id = $1 AND o.customer_id = f.customer_id
    AND o.redemption_ids ?| (SELECT array_agg(id) FROM named)
  CROSS JOIN LATERAL jsonb_array_elements_text(o.redemption_ids) i (id)
  WHERE EXISTS (SELECT FROM named) AND i.id IN (SELECT id FROM named)
  ORDER BY i.id, o.placed_at, o.purchase_id)
"""
_PAGE = f"""
{_KEYS}, {_USED}
SELECT json_build_object('award_id', a.award_id, 'part', n.part, 'at', n.at, 'cause', a.cause,
  'purchase_id', a.purchase_id, 'order_id', p.order_id, 'storefront', s.name, 'refund_minor', r.goods_minor,
  'left_at', CASE a.cause WHEN 'joined' THEN m.left_at END,
  'given', a.given, 'available_after', a.available_after,
  'facts', a.facts - 'policy' - 'lots' - 'moved', 'reason', j.reason,
  'reward', d.reward ->> 'name', 'used_on', q.purchase_id, 'used_order', q.order_id,
  'actor', coalesce(u.email, k.name, a.actor), 'recorded_at', a.recorded_at,
  'moves', (SELECT coalesce(json_agg(e ORDER BY e.first), '[]') FROM (
    SELECT e.kind, e.debit_code AS debit, e.credit_code AS credit, sum(e.amount)::bigint AS points, min(e.seq) AS first
    FROM entry e WHERE e.program_id = $1 AND e.customer_id = a.customer_id AND e.award_id = a.award_id
      AND (n.part = '' OR (e.kind = n.part AND e.effective_at = n.at)) GROUP BY 1, 2, 3) e))::text
FROM page n JOIN award a ON a.program_id = $1 AND a.award_id = n.award_id
LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id
LEFT JOIN storefront s ON s.program_id = $1 AND s.storefront_id = p.storefront_id
LEFT JOIN refund r ON r.program_id = $1 AND r.purchase_id = a.purchase_id AND r.kind = a.cause
  AND r.refund_id = coalesce(a.refund_id, '')
LEFT JOIN membership m ON m.program_id = $1 AND m.membership_id = a.membership_id
LEFT JOIN adjustment j ON j.program_id = $1 AND j.award_id = a.award_id
LEFT JOIN redemption d ON d.program_id = $1 AND d.redemption_id = (a.facts ->> 'hold')::uuid
LEFT JOIN used q ON q.id = d.redemption_id::text
LEFT JOIN "user" u ON a.actor = 'user:' || u.user_id
LEFT JOIN LATERAL (SELECT o.name FROM api_key i JOIN storefront o USING (program_id, storefront_id)
  WHERE i.program_id = $1 AND a.actor = 'key:' || i.key_id) k ON true
ORDER BY n.at DESC, n.award_id DESC, n.part DESC
"""  # noqa: S608 - our own parts


class Place(msgspec.Struct, frozen=True, order=True):
    """Where a row stands among the others."""

    at: datetime
    award_id: UUID
    part: str


_HAS = frozenset({"available", "pending", "debt"})


class Move(msgspec.Struct, frozen=True):
    """Points that moved from one code to another."""

    kind: str
    debit: str
    credit: str
    points: int

    @property
    def net(self) -> int:
        """Tell what it did to what somebody has: available and pending points, less debt."""
        came = self.points if self.credit in _HAS else 0
        went = self.points if self.debit in _HAS else 0
        return came - went


class Happened(msgspec.Struct, frozen=True):
    """One row. `part` is the kind of what settling did, else empty; `actor` the person's e-mail or the storefront.

    Of a change of the tier (cause `tier`) `facts` has `from`, `to`, and by what.

    `used_on`: of a reward, the person's purchase that names it, under the shop's number `used_order`.

    `left_at`: of a joining that was told with its end, so that no row of its own tells the leaving.
    """

    award_id: UUID
    part: str
    at: datetime
    cause: str
    given: int
    facts: dict[str, Any]
    actor: str
    recorded_at: datetime
    moves: list[Move]
    purchase_id: UUID | None = None
    order_id: str | None = None
    storefront: str | None = None
    refund_minor: int | None = None
    left_at: datetime | None = None
    reason: str | None = None
    reward: str | None = None
    used_on: UUID | None = None
    used_order: str | None = None
    available_after: int | None = None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.at, self.award_id, self.part)

    @property
    def available(self) -> tuple[int, int] | None:
        """Tell what was available before and after; None where the decision was about nobody's points."""
        if self.available_after is None:
            return None
        came = sum(move.points * ((move.credit == "available") - (move.debit == "available")) for move in self.moves)
        return self.available_after - came, self.available_after

    @property
    def has_reasons(self) -> bool:
        """Tell whether it was decided by rules, so that `why` tells why: about a purchase, or an action."""
        return self.purchase_id is not None or self.cause == "action"

    @property
    def points(self) -> int:
        """How many points came, or (< 0) went. A merge brings none: the rows of the other account are told here too."""
        return sum(move.net for move in self.moves if move.kind != "merge")


class Timeline(msgspec.Struct, frozen=True):
    """One page of what happened; `more`: there is older."""

    rows: list[Happened]
    more: bool


_decode = msgspec.json.Decoder(Happened).decode


async def find_timeline(
    connection: Connection,
    program_id: int,
    customer_id: UUID,
    purse: Purse,
    changes: Sequence[Change],
    after: Place | None,
) -> Timeline:
    """Find a page of what happened before `after`, with what fell due by now and is not written yet.

    `changes` are those of the tier: few, and known to whoever asked where somebody stands.
    """
    key = (after.at, after.award_id, after.part) if after else (None, None, None)
    stored = await connection.fetch(_PAGE, program_id, customer_id, *key, PAGE + 1)
    rows = [_decode(row[0]) for row in stored]
    told = [*_unwritten(purse), *(_climbed(change, customer_id) for change in changes)]
    rows += [row for row in told if after is None or row.place < after]
    rows.sort(key=lambda row: row.place, reverse=True)
    return Timeline(rows[:PAGE], more=len(rows) > PAGE)


def _unwritten(purse: Purse) -> list[Happened]:
    """Tell what fell due as it will be told once it is written."""
    groups: dict[Place, list[Move]] = {}
    for entry in purse.unwritten:
        moves = groups.setdefault(Place(entry.effective_at, entry.award_id, entry.kind), [])
        moves.append(Move(entry.kind, entry.debit_code, entry.credit_code, entry.amount))
    return [
        Happened(place.award_id, place.part, place.at, "settled", 0, {}, "", purse.now, moves)
        for place, moves in groups.items()
    ]


def _climbed(change: Change, customer_id: UUID) -> Happened:
    """Tell a change of the tier, behind the decision that brought it."""
    facts = {"from": change.tier_from, "to": change.tier_to, "cause": change.cause}
    part, at = f"tier{change.seq:010}", change.effective_at
    return Happened(change.award_id or customer_id, part, at, "tier", 0, facts, "", change.recorded_at, [])
