"""All the SQL of deciding referrals; `members_codes.py` has that of codes and shares, `listing.py` that of lists."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from loyalty.customers.persons import Person, exporter, forgetter
from loyalty.database import Connection
from loyalty.outbox.facts import Event
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals import tables
from loyalty.referrals.bought import handed
from loyalty.referrals.decisions import FIELDS, OpenReferral, ReferralFacts
from loyalty.referrals.rules import Bought, Friend, Owner, Signs
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
_FAMILY = """family (customer_id) AS (
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
WITH RECURSIVE {_FAMILY.format(who="$2")}
SELECT coalesce(json_agg(r ORDER BY r.recorded_at), '[]')::text FROM family f JOIN referral r
  ON r.program_id = $1 AND r.friend_id = f.customer_id
"""  # noqa: S608 - our own parts
_BY_ID = "SELECT to_json(r)::text FROM referral r WHERE program_id = $1 AND referral_id = $2"
_OWNER = """
SELECT json_build_object('customer_id', c.customer_id, 'ends_at', c.ends_at, 'member', false, 'email', p.email)::text
FROM referral_code c JOIN customer p ON p.program_id = $1 AND p.customer_id = c.customer_id
WHERE c.program_id = $1 AND c.code_key = $2 AND p.erased_at IS NULL
"""
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
WITH RECURSIVE {_FAMILY.format(who="$2")}
SELECT (SELECT email FROM customer WHERE program_id = $1 AND customer_id = ($2::uuid[])[1]),
  EXISTS (SELECT FROM family f JOIN membership m ON m.program_id = $1 AND m.customer_id = f.customer_id
    WHERE m.superseded_at IS NULL AND m.joined_at < $3)
"""  # noqa: S608 - our own parts
# $2: the friend, $3: the referrer, $4: the first instant of the local month.
_SIGNS = f"""
WITH RECURSIVE {_FAMILY.format(who="$2")},
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
_NOTE = """
INSERT INTO referral_work (program_id, event_id, customer_id, type, subject, origin, recorded_at)
SELECT $1, n.* FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
  AS n (event_id, customer_id, type, subject, origin, recorded_at)
WHERE EXISTS (SELECT FROM referral_terms WHERE program_id = $1)
ON CONFLICT DO NOTHING
"""
_WORK = """
SELECT event_id, customer_id, type, subject, origin, recorded_at FROM referral_work
WHERE program_id = $1 ORDER BY event_id LIMIT $2
"""
_DONE = "DELETE FROM referral_work WHERE program_id = $1 AND event_id = {0}::uuid RETURNING 1"
_DONE_ALONE = "DELETE FROM referral_work WHERE program_id = $1 AND event_id = $2"
_MATURED = """
SELECT r.referral_id FROM referral r JOIN program g ON g.program_id = r.program_id
WHERE r.program_id = $1 AND r.state = 'qualified' AND r.matures_at <= clock_timestamp() + g.clock_offset
ORDER BY r.matures_at LIMIT $2
"""
_WAITING = """
SELECT p FROM unnest($1::int[]) AS p WHERE EXISTS (SELECT FROM referral_work w WHERE w.program_id = p)
"""
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


class Work(Struct, frozen=True):
    """News that may change a referral."""

    event_id: UUID
    customer_id: UUID
    type: str
    subject: str
    origin: str
    recorded_at: datetime

    @property
    def about(self) -> UUID:
        """The id in its subject."""
        return UUID(self.subject.partition("/")[2])


class Joining(Struct, frozen=True):
    """A joining, and the code that was told with it."""

    code: str | None
    joined_at: datetime
    recorded_at: datetime


class BoughtWith(Bought, frozen=True):
    """A purchase, and the code that was told with it."""

    referral_code: str | None = None


_decode_terms = msgspec.json.Decoder(StoredTerms).decode
_decode_all = msgspec.json.Decoder(list[ReferralFacts]).decode
_decode_one = msgspec.json.Decoder(ReferralFacts).decode
_decode_owner = msgspec.json.Decoder(Owner).decode
_decode_joining = msgspec.json.Decoder(Joining).decode
_decode_bought = msgspec.json.Decoder(BoughtWith).decode
_decode_signs = msgspec.json.Decoder(Signs).decode


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
    family = _FAMILY.format(who="$2")
    found = await connection.fetchval(f"WITH RECURSIVE {family} {sql}", program_id, [friend_id], *more)
    return None if found is None else _decode_bought(found)


async def signs_of(
    connection: Connection, program: ProgramFacts, friend_id: UUID, referrer_id: UUID, now: datetime
) -> Signs:
    """Count what speaks against a referral that would qualify now. Read after the accounts, which guard it."""
    month = now.astimezone(program.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return _decode_signs(await connection.fetchval(_SIGNS, program.program_id, [friend_id], [referrer_id], month))


def written(referral: OpenReferral, now: datetime) -> Part:
    """Write a referral down as it was decided; nobody may have changed it since it was read."""
    if referral.seen is None:
        row = tuple(getattr(referral.facts, name) for name in FIELDS)
        return insert(tables.Referral, list(FIELDS), [row], recorded_at=now)
    row = (*(getattr(referral.facts, name) for name in _CHANGED), referral.seen)
    return update("referral_changed", _UPDATE, [row])


def traces(rows: Sequence[tuple[UUID, str, str]]) -> list[Part]:
    """Remember fingerprints (customer, kind, trace) that came with purchases, in the commit of these."""
    rows = sorted(set(rows))
    return [Part("referral_traces", _TRACES, [list(column) for column in zip(*rows, strict=True)])] if rows else []


async def note(connection: Connection, program_id: int, events: Sequence[Event]) -> None:
    """Note news to be worked off, where the programme ever had terms."""
    rows = [(e.event_id, e.customer_id, e.type, e.subject, e.origin, e.recorded_at) for e in events]
    await connection.execute(_NOTE, program_id, *(list(column) for column in zip(*rows, strict=True)))


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


async def next_work(connection: Connection, program_id: int, limit: int) -> list[Work]:
    """Give the oldest news."""
    return [msgspec.convert(dict(row), Work) for row in await connection.fetch(_WORK, program_id, limit)]


def done(work: Work) -> Part:
    """End a piece of work in the commit of its effect; whoever else did it meanwhile makes this fail."""
    return Part("referral_work_done", _DONE, [work.event_id], guards=1)


async def drop(connection: Connection, program_id: int, work: Work) -> None:
    """End a piece of work that changed nothing."""
    await connection.execute(_DONE_ALONE, program_id, work.event_id)


async def matured(connection: Connection, program_id: int, limit: int) -> list[UUID]:
    """Name referrals whose return window is over."""
    return [row[0] for row in await connection.fetch(_MATURED, program_id, limit)]


async def waiting(connection: Connection, programs: Sequence[int]) -> list[int]:
    """Tell which programmes have work."""
    return [row[0] for row in await connection.fetch(_WAITING, list(programs))]


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
