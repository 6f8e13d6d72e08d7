"""The SQL of invitations as they are planned, found and held; what becomes of them is in `outcomes.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from surveys.invitations.rules import Channel
from surveys.plans.content import Content

_ADD = """
INSERT INTO survey_invitation (program_id, invitation_id, survey_id, edition, customer_id, respondent_id, occasion,
  purchase_id, channel, state, reason, member, snapshot, due_at, next_at, planned_at)
SELECT $1, n.invitation_id, n.survey_id, n.edition, n.customer_id, n.customer_id, n.occasion, n.purchase_id, n.channel,
  CASE WHEN n.reason IS NULL THEN 'planned' ELSE 'skipped' END, n.reason,
  (n.snapshot::jsonb ->> 'member')::boolean, n.snapshot::jsonb, n.due_at, n.due_at, $2
FROM unnest($3::uuid[], $4::uuid[], $5::int[], $6::uuid[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::text[],
  $12::timestamptz[]) AS n (invitation_id, survey_id, edition, customer_id, occasion, purchase_id, channel, reason,
  snapshot, due_at)
ON CONFLICT ON CONSTRAINT survey_occasion_asked_once DO NOTHING RETURNING invitation_id
"""
_INVITATION = """
SELECT json_build_object('invitation_id', i.invitation_id, 'survey_id', i.survey_id, 'edition', i.edition,
  'customer_id', i.customer_id,
  'channel', i.channel, 'member', i.member, 'state', i.state, 'reason', i.reason, 'due_at', i.due_at,
  'sent_at', i.sent_at, 'ends_at', i.ends_at, 'key_id', i.key_id, 'token_version', i.token_version,
  'survey_state', s.state, 'content', e.content, 'kept', {kept},
  'answered', EXISTS (SELECT FROM survey_response r WHERE r.program_id = $1 AND r.invitation_id = i.invitation_id)
  )::text
FROM survey_invitation i JOIN survey s ON s.program_id = $1 AND s.survey_id = i.survey_id
JOIN survey_edition e ON e.program_id = $1 AND e.survey_id = i.survey_id AND e.edition = i.edition
WHERE i.program_id = $1 AND {which}
"""
_IS_KEPT = """i.purchase_id IS NULL OR EXISTS (SELECT FROM purchase p CROSS JOIN LATERAL
    (SELECT coalesce(bool_or(r.goods_minor IS NULL), false) AS cancelled, coalesce(sum(r.goods_minor), 0) AS minor
     FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id) b
    WHERE p.program_id = $1 AND p.purchase_id = i.purchase_id AND p.state = 'recorded' AND NOT p.test
      AND NOT b.cancelled AND p.goods_minor > b.minor)"""
_TO_DECIDE = _INVITATION.format(kept=_IS_KEPT, which="i.invitation_id = ANY($2::uuid[])")
_HOLD = """
SELECT invitation_id FROM survey_invitation
WHERE program_id = $1 AND invitation_id = ANY($2::uuid[]) AND customer_id IS NOT NULL AND {open}
ORDER BY invitation_id FOR UPDATE {passing}
"""
_OPEN = {False: "state = 'planned'", True: "state = 'sent' AND remind_at IS NOT NULL"}
_HOLDS = {
    (reminders, wait): _HOLD.format(open=_OPEN[reminders], passing="" if wait else "SKIP LOCKED")
    for reminders in (False, True)
    for wait in (False, True)
}
_BY_OCCASION = _INVITATION.format(kept="true", which="i.survey_id = $2 AND i.occasion = $3")
_DUE = """
SELECT i.invitation_id FROM survey_invitation i JOIN program g ON g.program_id = i.program_id
WHERE i.program_id = $1 AND i.state = 'planned' AND i.next_at <= clock_timestamp() + g.clock_offset
ORDER BY i.due_at, i.invitation_id LIMIT $2
"""
_TO_REMIND = """
SELECT i.invitation_id FROM survey_invitation i JOIN program g ON g.program_id = i.program_id
WHERE i.program_id = $1 AND i.remind_at <= clock_timestamp() + g.clock_offset
ORDER BY i.remind_at, i.invitation_id LIMIT $2
"""
# This is asked every second. Letters that came back are heard of when the job's time comes: looking for the first among
# 100,000 that wait in the queue takes a third of a second.
_WAITING = """
SELECT p FROM unnest($1::int[]) AS p JOIN program g ON g.program_id = p
WHERE EXISTS (SELECT FROM survey_invitation i WHERE i.program_id = p AND i.state = 'planned'
    AND i.next_at <= clock_timestamp() + g.clock_offset)
  OR EXISTS (SELECT FROM survey_invitation i WHERE i.program_id = p
    AND i.remind_at <= clock_timestamp() + g.clock_offset)
"""


class NewInvitation(Struct, frozen=True):
    """An asking that is planned, or (`reason`) was skipped at once."""

    invitation_id: UUID
    survey_id: UUID
    edition: int
    customer_id: UUID
    occasion: str
    purchase_id: UUID | None
    channel: Channel
    reason: str | None
    snapshot: dict[str, Any]
    due_at: datetime


class Invitation(Struct, frozen=True):
    """An invitation as it is decided on, with what it says and whether something is kept of its purchase."""

    invitation_id: UUID
    survey_id: UUID
    edition: int
    channel: Channel
    state: str
    due_at: datetime
    survey_state: str
    content: Content
    member: bool
    kept: bool
    answered: bool
    token_version: int
    customer_id: UUID | None = None
    reason: str | None = None
    sent_at: datetime | None = None
    ends_at: datetime | None = None
    key_id: str | None = None


_decode = msgspec.json.Decoder(Invitation).decode


async def add(connection: Connection, program_id: int, rows: Sequence[NewInvitation], now: datetime) -> set[UUID]:
    """Add invitations, and tell which; an occasion that a survey asked about already is left as it is."""
    if not rows:
        return set()
    columns: list[list[Any]] = [
        list(column)
        for column in zip(*(tuple(getattr(row, name) for name in row.__struct_fields__) for row in rows), strict=True)
    ]
    snapshots = NewInvitation.__struct_fields__.index("snapshot")
    columns[snapshots] = [msgspec.json.encode(told).decode() for told in columns[snapshots]]
    return {row[0] for row in await connection.fetch(_ADD, program_id, now, *columns)}


async def hold_open(
    connection: Connection, program_id: int, ids: Sequence[UUID], *, reminders: bool, wait: bool
) -> list[UUID]:
    """Keep others from deciding on invitations until the transaction ends; names those that are still to be decided.

    Without `wait`, what others hold is left out.
    """
    rows = await connection.fetch(_HOLDS[reminders, wait], program_id, list(ids))
    return [row[0] for row in rows]


async def to_decide(connection: Connection, program_id: int, ids: Sequence[UUID]) -> list[Invitation]:
    """Give invitations that are held."""
    return [_decode(row[0]) for row in await connection.fetch(_TO_DECIDE, program_id, list(ids))]


async def of_occasion(connection: Connection, program_id: int, survey_id: UUID, occasion: str) -> Invitation | None:
    """Find the invitation of an occasion."""
    found = await connection.fetchval(_BY_OCCASION, program_id, survey_id, occasion)
    return None if found is None else _decode(found)


async def due(connection: Connection, program_id: int, limit: int) -> list[UUID]:
    """Name invitations that are to be sent now, the longest due first."""
    return [row[0] for row in await connection.fetch(_DUE, program_id, limit)]


async def to_remind(connection: Connection, program_id: int, limit: int) -> list[UUID]:
    """Name invitations whose reminder is due."""
    return [row[0] for row in await connection.fetch(_TO_REMIND, program_id, limit)]


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell which programmes have something to send now."""
    return [row[0] for row in await connection.fetch(_WAITING, list(programs))]
