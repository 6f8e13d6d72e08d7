"""Why these points: what a decision about a purchase or an action stored of its reasons, and what it moved."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.database import Connection
from loyalty.members.timeline import Move

# Of the purchase and the rules only what names things: the reasons themselves are those that the award has stored.
_ONE = """
WITH RECURSIVE family (customer_id) AS (
  SELECT $2::uuid
  UNION SELECT c.customer_id FROM family f JOIN customer c ON c.program_id = $1 AND c.merged_into = f.customer_id)
SELECT json_build_object('award_id', a.award_id, 'cause', a.cause, 'rules_version', a.rules_version,
  'basis', a.basis, 'breakdown', a.breakdown, 'facts', a.facts, 'target', a.target, 'due', a.due, 'given', a.given,
  'recorded_at', a.recorded_at, 'request_id', a.request_id, 'order_id', p.order_id, 'storefront', s.name,
  'lines', coalesce(p.lines, '[]'),
  'segments', (SELECT coalesce(json_object_agg(segment_key, name), '{}') FROM segment WHERE program_id = $1),
  'rules', (SELECT rules FROM earning_rules WHERE program_id = $1 AND version = a.rules_version),
  'moves', (SELECT coalesce(json_agg(e ORDER BY e.first), '[]') FROM (
    SELECT e.kind, e.debit_code AS debit, e.credit_code AS credit, sum(e.amount)::bigint AS points, min(e.seq) AS first
    FROM entry e WHERE e.program_id = $1 AND e.customer_id = a.customer_id AND e.award_id = a.award_id
    GROUP BY 1, 2, 3) e))::text
FROM award a JOIN family f ON f.customer_id = a.customer_id
LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id
LEFT JOIN action d ON d.program_id = $1 AND d.customer_id = a.customer_id AND d.award_id = a.award_id
LEFT JOIN storefront s ON s.program_id = $1 AND s.storefront_id = coalesce(p.storefront_id, d.storefront_id)
WHERE a.program_id = $1 AND a.award_id = $3 AND (a.purchase_id IS NOT NULL OR a.cause = 'action')
"""


class LineShare(msgspec.Struct, frozen=True):
    """A line's exact share of a rule's points, as fractions in text; `reason`: why it has none."""

    line_id: str
    basis: str
    points: str
    reason: str | None = None


class RuleShare(msgspec.Struct, frozen=True):
    """What one rule gave, exactly, or the `reason` why not; `lines` where the shop told lines. A cap took: below 0.

    `rule` is its id; that of a programme's only rule may be left out. The kind `tier` is no rule.
    """

    kind: str
    points: str
    steps: str | None = None
    rule: str | None = None
    reason: str | None = None
    tier: str | None = None
    factor: str | None = None
    taken: dict[str, str] = {}
    lines: list[LineShare] = []


class Why(msgspec.Struct, frozen=True):
    """A stored decision about a purchase or an action. `rules` are the settings of that version, in its order.

    `segments`: their names by key, also of those that are no more. An action has no order, and a storefront or none.
    """

    award_id: UUID
    cause: str
    rules_version: int | None
    basis: str | None
    breakdown: list[RuleShare]
    facts: dict[str, Any]
    target: int
    due: int
    given: int
    recorded_at: datetime
    request_id: str
    order_id: str | None
    storefront: str | None
    lines: list[dict[str, Any]]
    rules: list[dict[str, Any]] | None
    moves: list[Move]
    segments: dict[str, str] = {}

    @property
    def is_action(self) -> bool:
        """Tell whether nothing was bought: it is about something else that somebody did."""
        return self.cause == "action"


_decode = msgspec.json.Decoder(Why).decode


async def find_why(connection: Connection, program_id: int, customer_id: UUID, award_id: UUID) -> Why | None:
    """Find why a decision about somebody gave what it gave; None when there is no such decision, or no rule made it."""
    found = await connection.fetchval(_ONE, program_id, customer_id, award_id)
    return None if found is None else _decode(found)
