"""The SQL of what is known of friends: what they joined and bought with, and what speaks against them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.bought import handed
from loyalty.referrals.queries import FAMILY
from loyalty.referrals.rules import Bought, Friend, Signs
from loyalty.statements import Part

_JOINED = """
SELECT json_build_object('code', m.referral_code, 'joined_at', m.joined_at, 'recorded_at', m.recorded_at)::text
FROM membership m WHERE program_id = $1 AND membership_id = $2
"""
_JOINED_WITH = """
SELECT membership_id FROM membership
WHERE program_id = $1 AND membership_id = ANY($2::uuid[]) AND referral_code IS NOT NULL
"""
# Before an instant: another membership, or a purchase.
_KNOWN_BEFORE = f"""
WITH RECURSIVE {FAMILY.format(who="$2")}
SELECT (SELECT email FROM customer WHERE program_id = $1 AND customer_id = ($2::uuid[])[1]),
  EXISTS (SELECT FROM family f JOIN membership m ON m.program_id = $1 AND m.customer_id = f.customer_id
    WHERE m.superseded_at IS NULL AND m.joined_at < $3)
"""  # noqa: S608 - our own parts
# $2: the friend, $3: the referrer, $4: the first instant of the local month.
_SIGNS = f"""
WITH RECURSIVE {FAMILY.format(who="$2")},
referrer (customer_id) AS (
  SELECT unnest($3::uuid[]) UNION SELECT c.customer_id FROM referrer f JOIN customer c
    ON c.program_id = $1 AND c.merged_into = f.customer_id),
mine AS (SELECT DISTINCT t.kind, t.trace FROM family f JOIN referral_trace t
  ON t.program_id = $1 AND t.customer_id = f.customer_id),
others AS (SELECT DISTINCT t.kind, t.customer_id FROM mine m JOIN referral_trace t
  ON t.program_id = $1 AND t.kind = m.kind AND t.trace = m.trace
  WHERE t.customer_id NOT IN (SELECT customer_id FROM family)),
done AS (SELECT r.qualified_at FROM referrer f JOIN referral r ON r.program_id = $1 AND r.referrer_id = f.customer_id
  WHERE r.state IN ('qualified', 'rewarded'))
SELECT json_build_object(
  'same_address', EXISTS (SELECT FROM others WHERE kind = 'address' AND customer_id IN (SELECT * FROM referrer)),
  'same_payment', EXISTS (SELECT FROM others WHERE kind = 'payment' AND customer_id IN (SELECT * FROM referrer)),
  'friends', 1 + (SELECT count(DISTINCT r.friend_id) FROM others o JOIN referral r
    ON r.program_id = $1 AND r.friend_id = o.customer_id AND r.state <> 'refused'),
  'this_month', (SELECT count(*) FROM done WHERE qualified_at >= $4),
  'ever', (SELECT count(*) FROM done))::text
"""  # noqa: S608 - our own parts
_TRACES = """
INSERT INTO referral_trace (program_id, customer_id, kind, trace)
SELECT $1, n.* FROM unnest({0}::uuid[], {1}::text[], {2}::text[]) AS n ON CONFLICT DO NOTHING
"""
_FRIENDS = """
SELECT n.id FROM unnest($2::uuid[]) AS n (id)
WHERE EXISTS (SELECT FROM referral r WHERE r.program_id = $1 AND r.friend_id = n.id AND r.state <> 'refused')
   OR EXISTS (SELECT FROM referral_work w WHERE w.program_id = $1 AND w.customer_id = n.id)
   OR EXISTS (SELECT FROM customer c JOIN referral r ON r.program_id = $1 AND r.friend_id = c.customer_id
     WHERE c.program_id = $1 AND c.merged_into = n.id)
"""
_ERASED = """
SELECT customer_id FROM customer WHERE program_id = $1 AND customer_id = ANY($2::uuid[]) AND erased_at IS NOT NULL
"""


class Joining(Struct, frozen=True):
    """A joining, and the code that was told with it."""

    code: str | None
    joined_at: datetime
    recorded_at: datetime


class BoughtWith(Bought, frozen=True):
    """A purchase, and the code that was told with it."""

    referral_code: str | None = None


_decode_joining = msgspec.json.Decoder(Joining).decode
_decode_bought = msgspec.json.Decoder(BoughtWith).decode
_decode_signs = msgspec.json.Decoder(Signs).decode


async def joining(connection: Connection, program_id: int, membership_id: UUID) -> Joining | None:
    """Find a joining."""
    found = await connection.fetchval(_JOINED, program_id, membership_id)
    return None if found is None else _decode_joining(found)


async def friend_of(connection: Connection, program_id: int, friend_id: UUID, at: datetime) -> Friend:
    """Tell what is known of a friend who claims a code at an instant."""
    [row] = await connection.fetch(_KNOWN_BEFORE, program_id, [friend_id], at)
    first = await first_bought(connection, program_id, friend_id)
    before = row[1] or (first is not None and first.placed_at < at)
    return Friend(friend_id, row[0], first, known_before=before)


async def first_bought(connection: Connection, program_id: int, friend_id: UUID) -> Bought | None:
    """Find the first purchase of a life, tests aside."""
    return await _bought(connection, program_id, friend_id, "NOT p.test")


async def bought(connection: Connection, program_id: int, friend_id: UUID, purchase_id: UUID) -> BoughtWith | None:
    """Find a purchase of somebody's."""
    return await _bought(connection, program_id, friend_id, "p.purchase_id = $3", purchase_id)


async def _bought(
    connection: Connection, program_id: int, friend_id: UUID, which: str, *more: object
) -> BoughtWith | None:
    sql = handed().bought.format(which=which)
    family = FAMILY.format(who="$2")
    found = await connection.fetchval(f"WITH RECURSIVE {family} {sql}", program_id, [friend_id], *more)
    return None if found is None else _decode_bought(found)


async def signs_of(
    connection: Connection, program: ProgramFacts, friend_id: UUID, referrer_id: UUID, now: datetime
) -> Signs:
    """Count what speaks against a referral that would qualify now. Read after the accounts, which guard it."""
    month = now.astimezone(program.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return _decode_signs(await connection.fetchval(_SIGNS, program.program_id, [friend_id], [referrer_id], month))


def traces(rows: Sequence[tuple[UUID, str, str]]) -> list[Part]:
    """Remember fingerprints (customer, kind, trace) that came with purchases, in the commit of these."""
    rows = sorted(set(rows))
    return [Part("referral_traces", _TRACES, [list(column) for column in zip(*rows, strict=True)])] if rows else []


async def codes_told(
    connection: Connection, program_id: int, joinings: Sequence[UUID], purchases: Sequence[UUID]
) -> set[UUID]:
    """Tell which of some joinings and purchases came with a code."""
    rows = await connection.fetch(_JOINED_WITH, program_id, list(joinings)) if joinings else []
    rows += await connection.fetch(handed().codes, program_id, list(purchases)) if purchases else []
    return {row[0] for row in rows}


async def friends_among(connection: Connection, program_id: int, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Tell which of some customers have a referral as a friend, or are about to."""
    return {row[0] for row in await connection.fetch(_FRIENDS, program_id, list(customer_ids))}


async def erased_of(connection: Connection, program_id: int, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Tell which of some customers were erased."""
    return {row[0] for row in await connection.fetch(_ERASED, program_id, list(customer_ids))}
