"""The SQL of deciding referrals; that of friends, work, gifts, codes and lists is in the files of these names."""

from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.database import Connection
from loyalty.referrals import tables
from loyalty.referrals.decisions import FIELDS, OpenReferral, ReferralFacts
from loyalty.referrals.rules import Owner
from loyalty.referrals.terms import NEVER_PUBLISHED, StoredTerms, Terms
from loyalty.statements import Part, insert, update

_TERMS = """
SELECT json_build_object('version', version, 'terms', terms)::text FROM referral_terms
WHERE program_id = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1
"""
_ADD_TERMS = """
INSERT INTO referral_terms (program_id, version, terms, actor, published_at)
SELECT program_id, $2, $3, $4, clock_timestamp() + clock_offset FROM program WHERE program_id = $1
"""
# A person is everybody who was merged into one; {who}: the customers it begins with.
FAMILY = """family (customer_id) AS (
  SELECT unnest({who}::uuid[]) UNION SELECT c.customer_id FROM family f JOIN customer c
    ON c.program_id = $1 AND c.merged_into = f.customer_id)"""
_SURVIVOR = """
WITH RECURSIVE chain (customer_id, merged_into, n) AS (
  SELECT customer_id, merged_into, 0 FROM customer WHERE program_id = $1 AND customer_id = $2
  UNION ALL SELECT c.customer_id, c.merged_into, h.n + 1 FROM chain h JOIN customer c
    ON c.program_id = $1 AND c.customer_id = h.merged_into)
SELECT customer_id FROM chain ORDER BY n DESC LIMIT 1
"""
_OF_FRIEND = f"""
WITH RECURSIVE {FAMILY.format(who="$2")}
SELECT coalesce(json_agg(r ORDER BY r.recorded_at), '[]')::text FROM family f JOIN referral r
  ON r.program_id = $1 AND r.friend_id = f.customer_id
"""  # noqa: S608 - our own parts
_BY_ID = "SELECT to_json(r)::text FROM referral r WHERE program_id = $1 AND referral_id = $2"
_OWNER = """
SELECT json_build_object('customer_id', c.customer_id, 'ends_at', c.ends_at, 'member', false, 'email', p.email)::text
FROM referral_code c JOIN customer p ON p.program_id = $1 AND p.customer_id = c.customer_id
WHERE c.program_id = $1 AND c.code_key = $2 AND p.erased_at IS NULL
"""
_UPDATE = """
UPDATE referral r SET state = n.state, reason = n.reason, version = n.version, purchase_id = n.purchase_id,
  qualified_at = n.qualified_at, matures_at = n.matures_at, friend_points = n.friend_points,
  referrer_points = n.referrer_points, friend_award_id = n.friend_award_id, referrer_award_id = n.referrer_award_id,
  friend_lot = n.friend_lot, referrer_lot = n.referrer_lot, ended_at = n.ended_at, decided_by = n.decided_by
FROM unnest({0}::uuid[], {1}::text[], {2}::text[], {3}::int[], {4}::uuid[], {5}::timestamptz[], {6}::timestamptz[],
  {7}::bigint[], {8}::bigint[], {9}::uuid[], {10}::uuid[], {11}::bigint[], {12}::bigint[], {13}::timestamptz[],
  {14}::text[], {15}::int[]) AS n(referral_id, state, reason, version, purchase_id, qualified_at, matures_at,
  friend_points, referrer_points, friend_award_id, referrer_award_id, friend_lot, referrer_lot, ended_at, decided_by,
  seen)
WHERE r.program_id = $1 AND r.referral_id = n.referral_id AND r.version = n.seen RETURNING 1
"""
_CHANGED = [
    "referral_id", "state", "reason", "version", "purchase_id", "qualified_at", "matures_at", "friend_points",
    "referrer_points", "friend_award_id", "referrer_award_id", "friend_lot", "referrer_lot", "ended_at", "decided_by",
]  # fmt: skip

_decode_terms = msgspec.json.Decoder(StoredTerms).decode
_decode_all = msgspec.json.Decoder(list[ReferralFacts]).decode
_decode_one = msgspec.json.Decoder(ReferralFacts).decode
_decode_owner = msgspec.json.Decoder(Owner).decode


async def terms_of(connection: Connection, program_id: int, version: int | None = None) -> StoredTerms:
    """Give the terms in force, or those of a version."""
    found = await connection.fetchval(_TERMS, program_id, version)
    return NEVER_PUBLISHED if found is None else _decode_terms(found)


async def add_terms(connection: Connection, program_id: int, version: int, terms: Terms, actor: str) -> None:
    """Insert a version; a unique violation means that somebody else was faster."""
    await connection.execute(_ADD_TERMS, program_id, version, msgspec.json.encode(terms).decode(), actor)


async def survivor_of(connection: Connection, program_id: int, customer_id: UUID) -> UUID | None:
    """Name whom a customer has become by merging; None: there is no such customer."""
    found: UUID | None = await connection.fetchval(_SURVIVOR, program_id, customer_id)
    return found


async def referrals_of(connection: Connection, program_id: int, friend_id: UUID) -> list[ReferralFacts]:
    """List what a person claimed as a friend, oldest first."""
    return _decode_all(await connection.fetchval(_OF_FRIEND, program_id, [friend_id]))


async def find_referral(connection: Connection, program_id: int, referral_id: UUID) -> ReferralFacts | None:
    """Find a referral."""
    found = await connection.fetchval(_BY_ID, program_id, referral_id)
    return None if found is None else _decode_one(found)


async def owner_of(connection: Connection, program_id: int, key: str) -> Owner | None:
    """Find whose code it is. Whether that is a member, the accounts tell."""
    found = await connection.fetchval(_OWNER, program_id, key)
    return None if found is None else _decode_owner(found)


def written(referral: OpenReferral, now: datetime) -> Part:
    """Write a referral down as it was decided; nobody may have changed it since it was read."""
    if referral.seen is None:
        row = tuple(getattr(referral.facts, name) for name in FIELDS)
        return insert(tables.Referral, list(FIELDS), [row], recorded_at=now)
    row = (*(getattr(referral.facts, name) for name in _CHANGED), referral.seen)
    return update("referral_changed", _UPDATE, [row])


@forgetter
def _forget(person: Person) -> list[Part]:
    """Forget codes (they may hold a name) and fingerprints; what was claimed stays, without the code."""
    ids = [person.customer_ids]
    return [
        Part("no_code", "DELETE FROM referral_code WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])", ids),
        Part("no_trace", "DELETE FROM referral_trace WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])", ids),
        Part("no_work", "DELETE FROM referral_work WHERE program_id = $1 AND customer_id = ANY({0}::uuid[])", ids),
        Part(
            "told_no_more",
            "UPDATE referral SET told_key = NULL WHERE program_id = $1"
            " AND (friend_id = ANY({0}::uuid[]) OR referrer_id = ANY({0}::uuid[]))",
            ids,
        ),
    ]


exporter(
    "referrals",
    "SELECT json_agg(json_build_object('referral_id', referral_id, 'as', CASE WHEN friend_id = ANY($2::uuid[])"
    " THEN 'friend' ELSE 'referrer' END, 'state', state, 'reason', reason, 'claimed_at', claimed_at)"
    " ORDER BY claimed_at) FROM referral WHERE program_id = $1"
    " AND (friend_id = ANY($2::uuid[]) OR referrer_id = ANY($2::uuid[]))",
)
exporter(
    "referral_codes",
    "SELECT json_agg(json_build_object('code', code, 'made_at', made_at) ORDER BY made_at)"
    " FROM referral_code WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
