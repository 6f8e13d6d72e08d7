"""All the SQL of tiers: reading where customers stand, the parts that a commit carries, and what other rooms ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from loyalty.customers.persons import exporter
from loyalty.database import Connection
from loyalty.programs.facts import ProgramFacts
from loyalty.statements import Part, insert
from loyalty.tiers import tables
from loyalty.tiers.climbs import Climb, Climbs
from loyalty.tiers.facts import DaySums, TierRead
from loyalty.tiers.scheme import StoredScheme

# For a statement that reads more: the newest version of the tiers; null where a programme never had any.
NEWEST = "(SELECT max(version) FROM tier_scheme WHERE program_id = $1)"
_SCHEME = """
SELECT json_build_object('version', version, 'scheme', scheme)::text FROM tier_scheme WHERE program_id = $1
ORDER BY version DESC LIMIT 1
"""
_ADD_SCHEME = """
INSERT INTO tier_scheme (program_id, version, scheme, actor, published_at)
SELECT program_id, $2, $3, $4, clock_timestamp() + clock_offset FROM program WHERE program_id = $1
"""
# Whose day has come, who was last looked at under another version, and who was never looked at.
_TO_REVIEW = """
SELECT a.customer_id FROM account a JOIN program g ON g.program_id = a.program_id
JOIN customer c ON c.program_id = a.program_id AND c.customer_id = a.customer_id
LEFT JOIN tier_standing s ON s.program_id = a.program_id AND s.customer_id = a.customer_id
WHERE a.program_id = $1 AND a.customer_id > $3 AND c.merged_into IS NULL AND c.erased_at IS NULL
  AND (s.scheme_version IS DISTINCT FROM $2
    OR s.review_on <= ((clock_timestamp() + g.clock_offset) AT TIME ZONE g.timezone)::date)
ORDER BY a.customer_id LIMIT $4
"""
# Each customer once, however many memberships, without sorting them: whoever is a member of those there are.
_MEMBERS = """
SELECT s.tier, count(*) AS members FROM account a
LEFT JOIN tier_standing s ON s.program_id = $1 AND s.customer_id = a.customer_id
WHERE a.program_id = $1 AND EXISTS (SELECT FROM membership m WHERE m.program_id = $1
  AND m.customer_id = a.customer_id AND m.superseded_at IS NULL AND m.joined_at <= $2
  AND (m.left_at IS NULL OR m.left_at > $2)) GROUP BY s.tier
"""
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_READ = """
WITH asked AS MATERIALIZED (SELECT unnest($2::uuid[]) AS customer_id)
SELECT json_build_object(
  'scheme', (SELECT json_build_object('version', version, 'scheme', scheme) FROM tier_scheme WHERE program_id = $1
    ORDER BY version DESC LIMIT 1),
  'days', coalesce((SELECT json_agg(json_build_array(d.customer_id, d.day, d.points, d.spent_minor))
    FROM asked a, LATERAL (
      SELECT * FROM tier_day WHERE program_id = $1 AND customer_id = a.customer_id OFFSET 0) d), '[]'),
  'standings', coalesce((SELECT json_agg(json_build_object('customer_id', s.customer_id, 'standing',
      json_build_object('tier', s.tier, 'earned', s.earned_tier, 'since', s.since, 'below_since', s.below_since,
        'review_on', s.review_on, 'scheme_version', s.scheme_version, 'changes', s.changes,
        'floor', CASE WHEN s.floor_tier IS NOT NULL THEN json_build_object('tier', s.floor_tier,
          'until', s.floor_until, 'reason', s.floor_reason, 'actor', s.floor_actor, 'set_at', s.floor_set_at) END)))
    FROM asked a, LATERAL (
      SELECT * FROM tier_standing WHERE program_id = $1 AND customer_id = a.customer_id OFFSET 0) s), '[]'),
  'changes', coalesce((SELECT json_agg(json_build_object('customer_id', c.customer_id, 'change', to_json(c))
      ORDER BY c.customer_id, c.seq)
    FROM asked a, LATERAL (
      SELECT * FROM tier_change WHERE program_id = $1 AND customer_id = a.customer_id OFFSET 0) c), '[]'),
  'closed', coalesce((SELECT json_agg(c.customer_id) FROM asked a, LATERAL (
      SELECT customer_id FROM customer WHERE program_id = $1 AND customer_id = a.customer_id
      AND (erased_at IS NOT NULL OR merged_into IS NOT NULL) OFFSET 0) c), '[]'))::text
"""
# What upper rooms registered counts from the first: SELECT head, day, points, spent_minor … FROM family ($3: the zone).
_COUNTED = """
WITH RECURSIVE family (head, customer_id) AS (
  SELECT id, id FROM unnest($2::uuid[]) AS asked (id)
  UNION SELECT f.head, c.customer_id FROM family f JOIN customer c ON c.program_id = $1
    AND c.merged_into = f.customer_id)
SELECT coalesce(json_agg(json_build_array(head, day, points, spent_minor)), '[]')::text FROM (
  SELECT head, day, sum(points)::bigint AS points, sum(spent_minor)::bigint AS spent_minor
  FROM ({counted}) n GROUP BY head, day HAVING sum(points) <> 0 OR sum(spent_minor) <> 0) days
"""
_DAYS = """
INSERT INTO tier_day (program_id, customer_id, day, points, spent_minor)
SELECT $1, n.* FROM unnest({0}::uuid[], {1}::date[], {2}::bigint[], {3}::bigint[]) AS n
ON CONFLICT (program_id, customer_id, day) DO UPDATE SET points = excluded.points, spent_minor = excluded.spent_minor
"""
_STANDING = [
    "customer_id", "tier", "earned_tier", "since", "below_since", "review_on", "floor_tier", "floor_until",
    "floor_reason", "floor_actor", "floor_set_at", "scheme_version", "changes",
]  # fmt: skip
_TOLD_ANEW = ", ".join(f"{name} = excluded.{name}" for name in _STANDING[1:])
_UPSERT = f" ON CONFLICT (program_id, customer_id) DO UPDATE SET {_TOLD_ANEW}"
_CHANGE = [
    "customer_id", "seq", "tier_from", "tier_to", "effective_at", "recorded_at", "cause", "scheme_version", "award_id",
]  # fmt: skip
_NO_DAYS = "DELETE FROM tier_day WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"
_NO_STANDING = "DELETE FROM tier_standing WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])"
_decode = msgspec.json.Decoder(TierRead).decode
_decode_days = msgspec.json.Decoder(list[DaySums]).decode
_decode_scheme = msgspec.json.Decoder(StoredScheme).decode
_COUNTERS: dict[str, str] = {}


class HeldTier(NamedTuple):
    """A tier that somebody holds; `rank` counts from 1 for the lowest."""

    key: str
    rank: int


def counter(name: str, sql: str) -> None:
    """Register what counts towards tiers: rows (head, day, points, spent_minor) of the customers in `family`.

    `$1` is the programme, `$3` its zone.
    """
    _COUNTERS[name] = sql


async def open_climbs(connection: Connection, program: ProgramFacts, now: datetime, ids: Sequence[UUID]) -> Climbs:
    """Read where customers stand, each brought up to now. Who has no standing yet is counted from the first purchase.

    Read after the accounts: whatever is newer here has moved an account's version, and the append misses its guard.
    """
    found = _decode(await connection.fetchval(_READ, program.program_id, ids))
    standing = {one.customer_id for one in found.standings} | set(found.closed)
    uncounted = [customer_id for customer_id in ids if customer_id not in standing]
    if uncounted and _COUNTERS and found.scheme is not None:
        days = [one for one in found.days if one.customer_id in standing]
        found = msgspec.structs.replace(found, days=days + await counted(connection, program, uncounted))
    return Climbs(program.zone, now, found)


async def counted(connection: Connection, program: ProgramFacts, ids: Sequence[UUID]) -> list[DaySums]:
    """Count the days of customers anew, from what was decided about their purchases and actions."""
    sql = _COUNTED.format(counted=" UNION ALL ".join(_COUNTERS[name] for name in sorted(_COUNTERS)))
    return _decode_days(await connection.fetchval(sql, program.program_id, ids, program.timezone))


async def scheme_of(connection: Connection, program_id: int) -> StoredScheme | None:
    """Give the tiers of a programme, in the order of their ranks; None where it never had any."""
    found = await connection.fetchval(_SCHEME, program_id)
    return None if found is None else _decode_scheme(found)


async def tier_keys(connection: Connection, program_id: int) -> set[str]:
    """Give the keys of the tiers in force."""
    stored = await scheme_of(connection, program_id)
    return {tier.key for tier in stored.scheme.tiers} if stored else set()


async def add_scheme(connection: Connection, program_id: int, scheme: StoredScheme, actor: str) -> None:
    """Insert a version; a unique violation means that somebody else was faster."""
    told = msgspec.json.encode(scheme.scheme).decode()
    await connection.execute(_ADD_SCHEME, program_id, scheme.version, told, actor)


async def customers_to_review(
    connection: Connection, program_id: int, version: int, after: UUID, limit: int
) -> list[UUID]:
    """Name customers whose standing may be another one by now, in the order of their ids, after one of them."""
    return [row[0] for row in await connection.fetch(_TO_REVIEW, program_id, version, after, limit)]


async def members_by_tier(connection: Connection, program_id: int) -> dict[str | None, int]:
    """Count the members of now by the tier they hold; None: none."""
    now = await connection.fetchval(_NOW, program_id)
    return {row["tier"]: row["members"] for row in await connection.fetch(_MEMBERS, program_id, now)}


async def tier_of(
    connection: Connection, program: ProgramFacts, customer_id: UUID, now: datetime, at: datetime | None = None
) -> HeldTier | None:
    """Tell which tier somebody holds now, or held at an instant as known now; None: none."""
    climbs = await open_climbs(connection, program, now, [customer_id])
    tier = climbs.tier_at(customer_id, at or now)
    return HeldTier(tier.key, climbs.scheme.scheme.rank(tier.key)) if tier and climbs.scheme else None


def climbed(climbs: Climbs, touched: set[UUID]) -> list[Part]:
    """Make the parts that write what a batch did to the tiers of customers whose accounts it touched."""
    if climbs.scheme is None:
        return []
    mine = [(key, climbs.all[key]) for key in sorted(climbs.all.keys() & touched)]
    gone = [key for key, climb in mine if climb.gone]
    there = [(key, climb) for key, climb in mine if climb.stands and not climb.gone]
    days = [(key, day, *climb.days[day]) for key, climb in there for day in sorted(climb.dirty)]
    stood = [_row(key, climb) for key, climb in there if climb.standing != climb.seen]
    changes = [
        (key, *(getattr(change, name) for name in _CHANGE[1:]))
        for key, climb in mine
        for change in climb.changes[len(climb.changes) - climb.fresh :]
    ]
    parts = [Part("tier_days", _DAYS, [list(column) for column in zip(*days, strict=True)])] if days else []
    if stood:
        part = insert(tables.TierStanding, _STANDING, stood)
        parts.append(Part("tier_standings", part.sql + _UPSERT, part.args))
    if changes:
        parts.append(insert(tables.TierChange, _CHANGE, changes))
    if gone:
        parts += [Part("no_tier_days", _NO_DAYS, [gone]), Part("no_tier_standing", _NO_STANDING, [gone])]
    return parts


def _row(customer_id: UUID, climb: Climb) -> tuple[object, ...]:
    one, floor = climb.standing, climb.standing.floor
    beneath = (floor.tier, floor.until, floor.reason, floor.actor, floor.set_at) if floor else (None,) * 5
    where = (one.tier, one.earned, one.since, one.below_since, one.review_on)
    return (customer_id, *where, *beneath, one.scheme_version, one.changes)


exporter(
    "tier",
    "SELECT json_build_object('tier', s.tier, 'since', s.since, 'held_at_least', s.floor_tier,"
    " 'until', s.floor_until, 'reason', s.floor_reason, 'changes', ("
    " SELECT json_agg(json_build_object('from', tier_from, 'to', tier_to, 'effective_at', effective_at)"
    " ORDER BY customer_id, seq) FROM tier_change WHERE program_id = $1 AND customer_id = ANY($2::uuid[])))"
    " FROM tier_standing s WHERE s.program_id = $1 AND s.customer_id = ANY($2::uuid[]) LIMIT 1",
)
