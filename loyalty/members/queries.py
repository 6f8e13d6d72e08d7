"""Members as the API shows them."""

from datetime import date, datetime

import msgspec

from loyalty.database import Connection
from loyalty.errors import NotFound
from loyalty.members.wire import LotOut, MemberBalance, MemberOut, MembershipOut
from loyalty.points.wire import BalanceOut

_ONE = """
SELECT json_build_object(
  'now', clock_timestamp() + g.clock_offset, 'email', c.email, 'name', c.name, 'language', c.language,
  'birthday_on', c.birthday_on,
  'available', a.available, 'pending', a.pending, 'held', a.held, 'debt', a.debt,
  'memberships', (SELECT json_agg(json_build_object('joined_at', m.joined_at, 'left_at', m.left_at)
      ORDER BY m.joined_at)
    FROM membership m WHERE m.program_id = c.program_id AND m.customer_id = c.customer_id AND m.superseded_at IS NULL),
  'lots', coalesce((SELECT json_agg(json_build_object('points', l.remaining, 'earned_at', l.earned_at,
      'available_from', l.matures_at, 'expires_at', l.expires_at) ORDER BY l.expires_at NULLS LAST, l.earned_at, l.seq)
    FROM lot l WHERE l.program_id = c.program_id AND l.customer_id = c.customer_id AND l.remaining > 0), '[]'))::text
FROM customer_alias s
JOIN customer c ON c.program_id = s.program_id AND c.customer_id = s.customer_id
JOIN account a ON a.program_id = c.program_id AND a.customer_id = c.customer_id
JOIN program g ON g.program_id = c.program_id
WHERE s.program_id = $1 AND s.namespace = $2 AND s.external_id = $3
"""


class _Stored(msgspec.Struct):
    now: datetime
    email: str | None
    name: str | None
    language: str | None
    birthday_on: date | None
    available: int
    pending: int
    held: int
    debt: int
    memberships: list[MembershipOut] | None
    lots: list[LotOut]


_decode = msgspec.json.Decoder(_Stored).decode


async def _find(connection: Connection, program_id: int, namespace: str, external_id: str) -> _Stored:
    found = await connection.fetchval(_ONE, program_id, namespace, external_id)
    stored = None if found is None else _decode(found)
    if stored is None or not stored.memberships:
        msg = f"{external_id!r} is not, and was never, a member. `POST /v1/members` enrols a customer."
        raise NotFound(msg)
    return stored


async def find_member(connection: Connection, program_id: int, namespace: str, external_id: str) -> MemberOut:
    """Find a member, present or former; `NotFound` for customers who never joined, as for unknown ones."""
    stored = await _find(connection, program_id, namespace, external_id)
    memberships = stored.memberships or []
    inside = any(m.joined_at <= stored.now and (m.left_at is None or stored.now < m.left_at) for m in memberships)
    return MemberOut(
        customer_id=external_id,
        state="member" if inside else "left",
        email=stored.email,
        name=stored.name,
        language=stored.language,
        birthday=stored.birthday_on,
        memberships=memberships,
        balance=BalanceOut(stored.available, stored.pending, stored.held, stored.debt),
    )


async def find_balance(connection: Connection, program_id: int, namespace: str, external_id: str) -> MemberBalance:
    """Tell a member's points and the lots that hold them."""
    stored = await _find(connection, program_id, namespace, external_id)
    return MemberBalance(
        external_id, stored.available, stored.pending, stored.held, stored.debt, stored.lots, stored.now
    )
