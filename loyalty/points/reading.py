"""Reading accounts for a decision: one statement, so one snapshot; an account and its lots can never be of two moments.

The parts of the statement are shared with the rooms above that read more in the same one. They expect a CTE `touched`
(customer_id). `LATERAL … OFFSET 0` keeps every look-up a look-up by key: on a table that was empty when the plan was
made, the planner would else scan it whole.
"""

from datetime import datetime
from hashlib import blake2b
from uuid import UUID

import msgspec

from loyalty.customers.facts import AliasFacts, MembershipFacts
from loyalty.database import Connection, MissedGuard, Tx
from loyalty.points.book import Book
from loyalty.points.facts import AccountFacts, HoldFacts, LotFacts
from loyalty.programs.facts import Source

ACCOUNTS = """accounts AS MATERIALIZED (
  SELECT a.* FROM touched t, LATERAL (
    SELECT * FROM account WHERE program_id = $1 AND customer_id = t.customer_id OFFSET 0) a)"""
# One time for deciding and writing: the clock, or later than anything recorded about those it is about.
NOW = """clock_timestamp() + g.clock_offset, (SELECT max(settled_at) FROM accounts) + interval '1 microsecond'"""
# Open holds of accounts that hold something, and those asked for by id (`held`).
HOLDS = """holds AS MATERIALIZED (
  SELECT h.* FROM accounts a, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND customer_id = a.customer_id AND state = 'open' OFFSET 0) h
  WHERE a.held > 0 AND ({lots} OR a.next_due_at <= (SELECT now FROM moment))
  UNION SELECT h.* FROM held n, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND hold_id = n.hold_id OFFSET 0) h)"""
# Lots with points, where a decision asks for them (`lots`) or something fell due; and those that holds may give to.
LOTS = """live AS MATERIALIZED (
  SELECT l.* FROM accounts a, LATERAL (SELECT * FROM lot
    WHERE program_id = $1 AND customer_id = a.customer_id AND remaining > 0 OFFSET 0) l
  WHERE {lots} OR a.next_due_at <= (SELECT now FROM moment)
  UNION SELECT l.* FROM holds h, jsonb_array_elements(h.taken) n, LATERAL (SELECT * FROM lot
    WHERE program_id = $1 AND customer_id = (n ->> 0)::uuid AND seq = (n ->> 1)::bigint OFFSET 0) l)"""
FIELDS = """
  'aliases', coalesce((SELECT json_agg(a) FROM asked_alias a), '[]'),
  'accounts', coalesce((SELECT json_agg(json_build_object('customer_id', customer_id, 'version', version, 'seq', seq,
      'available', available, 'pending', pending, 'held', held, 'debt', debt, 'settled_at', settled_at,
      'head_hash', encode(head_hash, 'base64'), 'next_due_at', next_due_at, 'active_at', active_at,
      'merged_into', merged_into)) FROM accounts), '[]'),
  'lots', coalesce((SELECT json_agg(json_build_object('customer_id', l.customer_id, 'seq', l.seq,
      'purchase_id', l.purchase_id, 'earned_at', l.earned_at, 'matures_at', l.matures_at, 'expires_at', l.expires_at,
      'slides_days', l.slides_days, 'original', l.original, 'remaining', l.remaining)) FROM live l), '[]'),
  'holds', coalesce((SELECT json_agg(h) FROM holds h), '[]'),
  'memberships', coalesce((SELECT json_agg(json_build_object('membership_id', m.membership_id,
      'customer_id', m.customer_id, 'joined_at', m.joined_at, 'left_at', m.left_at,
      'fingerprint', encode(m.fingerprint, 'base64'), 'recorded_at', m.recorded_at, 'superseded_at', m.superseded_at)
      ORDER BY m.recorded_at)
      FROM touched t, LATERAL (SELECT * FROM membership WHERE program_id = $1 AND customer_id = t.customer_id
        AND ({superseded} OR superseded_at IS NULL) OFFSET 0) m), '[]')"""
# $2: the namespace, $3: the shop's ids of customers, $4: customers, $5: holds.
_READ = f"""
WITH asked_alias AS MATERIALIZED (
  SELECT a.external_id, a.customer_id FROM unnest($3::text[]) AS n(external_id), LATERAL (
    SELECT * FROM customer_alias WHERE program_id = $1 AND namespace = $2 AND external_id = n.external_id OFFSET 0) a),
held AS (SELECT unnest($5::uuid[]) AS hold_id),
touched AS MATERIALIZED (
  SELECT customer_id FROM asked_alias UNION SELECT unnest($4::uuid[])
  UNION SELECT h.customer_id FROM held n, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND hold_id = n.hold_id OFFSET 0) h),
{ACCOUNTS},
moment AS MATERIALIZED (SELECT greatest({NOW}) AS now FROM program g WHERE g.program_id = $1),
{HOLDS.format(lots="true")},
{LOTS.format(lots="true")}
SELECT json_build_object('now', (SELECT now FROM moment), {FIELDS.format(superseded="false")})::text
"""  # noqa: S608 - our own parts
_ERASED = "SELECT digest, customer_id FROM erased_alias WHERE program_id = $1 AND digest = ANY($2::bytea[])"
_KEY = "SELECT erasure_key FROM program WHERE program_id = $1"
# Locks are statements of their own: one that locks and reads at once may return new accounts with old lots.
_LOCK = """
SELECT customer_id FROM account WHERE program_id = $1 AND customer_id IN (
  SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $2 AND external_id = ANY($3::text[])
  UNION SELECT unnest($4::uuid[])
  UNION SELECT customer_id FROM hold WHERE program_id = $1 AND hold_id = ANY($5::uuid[]))
ORDER BY customer_id FOR UPDATE
"""


class ReadAccounts(msgspec.Struct, frozen=True):
    """What a decision about accounts needs."""

    now: datetime
    aliases: list[AliasFacts]
    accounts: list[AccountFacts]
    lots: list[LotFacts]
    holds: list[HoldFacts]
    memberships: list[MembershipFacts]


_decode = msgspec.json.Decoder(ReadAccounts).decode


async def open_book(
    tx: Tx,
    source: Source,
    *,
    customers: list[str] | None = None,
    ids: list[UUID] | None = None,
    holds: list[UUID] | None = None,
) -> Book:
    """Read accounts by the shop's ids, by ours, or by holds; with all that lies in them. Unknown ones are left out."""
    ids, program_id = list(ids or ()), source.program.program_id
    while True:
        keys = (program_id, source.namespace, customers or [], ids, holds or [])
        locked = {row[0] for row in await tx.connection.fetch(_LOCK, *keys)} if tx.locked else None
        found = _decode(await tx.connection.fetchval(_READ, *keys))
        missing = accounts_missing(found.accounts, found.holds)
        if not missing:
            break
        ids += missing
    if locked is not None and not {account.customer_id for account in found.accounts} <= locked:
        raise MissedGuard
    aliases = found.aliases + await erased_among(tx.connection, program_id, source.namespace, customers, found.aliases)
    more = [alias.customer_id for alias in aliases[len(found.aliases) :]]
    if more and not set(more) <= set(ids):
        return await open_book(tx, source, customers=customers, ids=[*ids, *more], holds=holds)
    return Book(
        source,
        found.now,
        aliases=aliases,
        accounts=found.accounts,
        lots=found.lots,
        holds=found.holds,
        memberships=found.memberships,
    )


def accounts_missing(accounts: list[AccountFacts], holds: list[HoldFacts]) -> list[UUID]:
    """Name the accounts that were not read and are needed: into which others are merged, or whose holds were named.

    A hold that a shop names may be that of somebody merged into the customer, or of a stranger.
    """
    known = {account.customer_id for account in accounts}
    needed = {a.merged_into for a in accounts if a.merged_into is not None} | {held.customer_id for held in holds}
    return sorted(needed - known)


async def erased_among(
    connection: Connection, program_id: int, namespace: str, customers: list[str] | None, known: list[AliasFacts]
) -> list[AliasFacts]:
    """Find who of the unknown customers was erased: of them only a keyed hash of the shop's id is left."""
    unknown = set(customers or ()) - {alias.external_id for alias in known}
    if not unknown:
        return []
    key = await connection.fetchval(_KEY, program_id)
    digests = {alias_digest(key, namespace, external_id): external_id for external_id in unknown}
    rows = await connection.fetch(_ERASED, program_id, list(digests))
    return [AliasFacts(digests[row["digest"]], row["customer_id"], erased=True) for row in rows]


def alias_digest(key: bytes, namespace: str, external_id: str) -> bytes:
    """Hash a shop's id under the programme's key: 32 bytes, from which nobody gets the id back."""
    return blake2b(f"{namespace}\0{external_id}".encode(), key=key, digest_size=32).digest()
