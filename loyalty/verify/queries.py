"""All the SQL that reads a programme: what is planned, and the rows of a range of accounts, or of purchases of nobody.

`$1` is the programme. `{wanted}` stands for a range, so that whatever is in it is found, also what belongs to nobody
there; or for keys that are named.
"""

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from loyalty.verify.facts import SealRow, StoredRules
from loyalty.verify.histories import Programme
from loyalty.verify.tier_facts import TierScheme

# Not when it runs: a process that only replays does without all that the service is made of.
if TYPE_CHECKING:
    from loyalty.database import Connection

IN_RANGE, NAMED = "BETWEEN $2 AND $3", "= ANY($2)"
# About how many rows an account has; whatever it says of itself.
_WEIGHT = "least(greatest(seq, version, 0), 1000000)"
PROGRAMMES = f"""
SELECT p.program_id, clock_timestamp() + p.clock_offset - interval '90 days' AS events_since, p.timezone,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(r.version, r.in_force_from, r.published_at, r.rules)), '[]')
   FROM earning_rules r WHERE r.program_id = p.program_id)::text AS rules,
  (SELECT jsonb_build_array(t.version, t.scheme) FROM tier_scheme t WHERE t.program_id = p.program_id
   ORDER BY t.version DESC LIMIT 1)::text AS tiers, a.accounts + u.purchases AS subjects,
  a.entries + u.purchases AS rows
FROM program p
  CROSS JOIN LATERAL (SELECT count(*) AS accounts, coalesce(sum({_WEIGHT}), 0)::bigint AS entries
    FROM account WHERE program_id = p.program_id) a
  CROSS JOIN LATERAL (SELECT count(*) AS purchases
    FROM purchase WHERE program_id = p.program_id AND customer_id IS NULL) u
WHERE $1::int IS NULL OR p.program_id = $1 ORDER BY p.program_id
"""  # noqa: S608 - our own names
# The first account of every range but the first: `$2` rows lie between them, as far as one account has not more.
ACCOUNT_BOUNDS = f"""
SELECT DISTINCT ON (part) customer_id FROM (
  SELECT customer_id, div(sum(n) OVER (ORDER BY customer_id) - n, $2::int) AS part
  FROM (SELECT customer_id, 1 + {_WEIGHT} AS n FROM account WHERE program_id = $1) a) b
WHERE part > 0 ORDER BY part, customer_id
"""  # noqa: S608 - our own names
# Those that were claimed since, too: their first awards are sealed where they were nobody's.
PURCHASE_BOUNDS = """
SELECT purchase_id FROM (
  SELECT purchase_id, row_number() OVER (ORDER BY purchase_id) - 1 AS before
  FROM purchase WHERE program_id = $1 AND (customer_id IS NULL OR version > 1)) p
WHERE before > 0 AND before % $2::int = 0 ORDER BY purchase_id
"""
# Awards younger than $2 that no event tells of, by whose they are now. One question for all: no index of events has it.
_UNTOLD = """
SELECT {owner} AS owner, a.award_id FROM award a
  LEFT JOIN purchase p ON a.customer_id IS NULL AND p.program_id = $1 AND p.purchase_id = a.purchase_id
WHERE a.program_id = $1 AND a.recorded_at > $2 AND {which}
  AND NOT EXISTS (SELECT FROM event e WHERE e.program_id = $1 AND e.award_id = a.award_id)
ORDER BY owner
"""
UNTOLD = _UNTOLD.format(
    owner="coalesce(a.customer_id, p.customer_id)", which="(a.customer_id IS NOT NULL OR p.customer_id IS NOT NULL)"
)
UNTOLD_OF = f"SELECT * FROM ({UNTOLD}) untold WHERE owner = ANY($3)"  # noqa: S608 - our own words
ANONYMOUS_UNTOLD = _UNTOLD.format(owner="a.purchase_id", which="a.customer_id IS NULL AND p.customer_id IS NULL")
# Asks by key, where an index on "nobody's" would be taken: all that is nobody's, for every range anew.
_OF_NOBODY = "({} IS NULL) IS TRUE"
ACCOUNTS = """
SELECT customer_id, available, pending, held, debt, version, seq, settled_at, next_due_at, active_at, merged_into,
  head_hash
FROM account WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id
"""
ENTRIES = """
SELECT customer_id, seq, award_id, kind, debit_code, credit_code, amount, available_after, pending_after, held_after,
  debt_after, actor, request_id, effective_at, recorded_at, hash
FROM entry WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, seq
"""
_AWARD = """
SELECT a.customer_id, a.award_id, a.cause, a.account_version, a.purchase_id, a.refund_id, a.membership_id,
  a.rules_version, a.basis, a.breakdown::text, a.facts::text, a.target, a.due, a.given, a.available_after,
  a.pending_after, a.held_after, a.debt_after, a.actor, a.request_id, a.recorded_at, true
"""
AWARDS = f"""{_AWARD} FROM award a WHERE a.program_id = $1 AND a.customer_id {{wanted}}
ORDER BY a.customer_id, a.account_version, a.award_id
"""
# What was decided while a purchase was nobody's, and whose it is now.
_AND_OWNER = "JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id"
CLAIMED_AWARDS = f"""{_AWARD}, p.customer_id FROM award a {_AND_OWNER}
WHERE a.program_id = $1 AND {_OF_NOBODY.format("a.customer_id")} AND p.customer_id {{wanted}}
ORDER BY p.customer_id, a.purchase_id, a.award_id
"""
ANONYMOUS_AWARDS = f"""{_AWARD}, p.customer_id FROM award a LEFT {_AND_OWNER}
WHERE a.program_id = $1 AND {_OF_NOBODY.format("a.customer_id")} AND a.purchase_id {{wanted}}
ORDER BY a.purchase_id, a.award_id
"""
# Of nobody and of nothing: only seals know where they belong.
LOST_AWARDS = f"""{_AWARD}, NULL FROM award a
WHERE a.program_id = $1 AND a.customer_id IS NULL AND a.purchase_id IS NULL ORDER BY a.award_id
"""
LOTS = """
SELECT customer_id, seq, purchase_id, earned_at, matures_at, expires_at, slides_days, original, remaining
FROM lot WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, seq
"""
USES = """
SELECT customer_id, seq, lot_seq, amount
FROM lot_use WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, seq, lot_seq
"""
HOLDS = """
SELECT customer_id, hold_id, points, captured, returned, taken::text, state, award_id, end_award_id, reverse_award_id,
  opened_at, expires_at, ended_at
FROM hold WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, hold_id
"""
MEMBERSHIPS = """
SELECT customer_id, membership_id, joined_at, left_at, recorded_at, superseded_at
FROM membership WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, joined_at, recorded_at
"""
_PURCHASE = """
SELECT customer_id, purchase_id, order_id, state, version, placed_at, goods_minor, tax_minor, shipping_minor,
  reward_discount_minor, redemption_ids::text, test, member, recorded_at, {lines} FROM purchase
"""
CAP_USES = """
SELECT customer_id, rule_id, period, points
FROM cap_use WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, rule_id, period
"""
PURCHASES = f"{_PURCHASE} WHERE program_id = $1 AND customer_id {{wanted}} ORDER BY customer_id, purchase_id"
ANONYMOUS_PURCHASES = f"""{_PURCHASE} WHERE program_id = $1 AND {_OF_NOBODY.format("customer_id")}
  AND purchase_id {{wanted}} ORDER BY purchase_id"""
_REFUND = """
SELECT p.customer_id, r.purchase_id, r.kind, r.refund_id, r.goods_minor, r.award_id, r.recorded_at
FROM refund r LEFT JOIN purchase p ON p.program_id = r.program_id AND p.purchase_id = r.purchase_id
WHERE r.program_id = $1 AND
"""
REFUNDS = f"{_REFUND} p.customer_id {{wanted}} ORDER BY p.customer_id, r.purchase_id"
ANONYMOUS_REFUNDS = f"{_REFUND} p.customer_id IS NULL AND r.purchase_id {{wanted}} ORDER BY r.purchase_id"
_FORMER = """
SELECT p.customer_id, f.purchase_id, f.version, f.customer_id, f.placed_at, f.recorded_at, f.superseded_at
FROM purchase_former f JOIN purchase p ON p.program_id = f.program_id AND p.purchase_id = f.purchase_id
WHERE f.program_id = $1 AND
"""
FORMER = f"{_FORMER} p.customer_id {{wanted}} ORDER BY p.customer_id, f.purchase_id, f.version"
ANONYMOUS_FORMER = f"""{_FORMER} {_OF_NOBODY.format("p.customer_id")} AND f.purchase_id {{wanted}}
ORDER BY f.purchase_id, f.version"""
TIER_DAYS = """
SELECT customer_id, day, points, spent_minor FROM tier_day
WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, day
"""
TIER_STANDINGS = """
SELECT customer_id, tier, earned_tier, since, floor_tier, scheme_version, changes FROM tier_standing
WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id
"""
TIER_CHANGES = """
SELECT customer_id, seq, tier_from, tier_to, effective_at, recorded_at FROM tier_change
WHERE program_id = $1 AND customer_id {wanted} ORDER BY customer_id, seq
"""
# Who was merged into whom; a merge may follow a merge.
FAMILIES = """
WITH RECURSIVE merged AS (
  SELECT customer_id, merged_into AS head FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL
  UNION SELECT m.customer_id, c.merged_into FROM merged m JOIN customer c ON c.program_id = $1
    AND c.customer_id = m.head AND c.merged_into IS NOT NULL)
SELECT customer_id, head FROM merged m WHERE NOT EXISTS (
  SELECT FROM customer c WHERE c.program_id = $1 AND c.customer_id = m.head AND c.merged_into IS NOT NULL)
"""
SEALS = """
SELECT number, cut_at, accounts, awards, root, previous, hash FROM seal WHERE program_id = $1 ORDER BY number
"""
SOME_ACCOUNTS = "SELECT customer_id FROM account WHERE program_id = $1 ORDER BY random() LIMIT $2"
SOME_PURCHASES = """
SELECT purchase_id FROM purchase WHERE program_id = $1 AND customer_id IS NULL ORDER BY random() LIMIT $2
"""


class Found(NamedTuple):
    """A programme to verify, with how many accounts and anonymous purchases it has, and about how many rows of each."""

    programme: Programme
    subjects: int
    rows: int


async def programmes(connection: "Connection", program_id: int | None) -> list[Found]:
    """Read the programmes to verify."""
    rows = await connection.fetch(PROGRAMMES, program_id)
    return [Found(_programme(row), row["subjects"], row["rows"]) for row in rows]


def _programme(row: asyncpg.Record) -> Programme:
    versions = msgspec.json.decode(row["rules"], type=list[StoredRules])
    rules = {version.version: version for version in versions}
    tiers = None if row["tiers"] is None else msgspec.json.decode(row["tiers"], type=TierScheme)
    return Programme(row["program_id"], row["events_since"], rules, row["timezone"], tiers)


async def families(connection: "Connection", program_id: int) -> dict[UUID, UUID]:
    """Give everybody who was merged, or into whom others were: customer → who is left of them."""
    found = {row["customer_id"]: row["head"] for row in await connection.fetch(FAMILIES, program_id)}
    return found | {head: head for head in found.values()}


async def seals(connection: "Connection", program_id: int) -> list[SealRow]:
    """Read a programme's seals."""
    return [SealRow._make(row) for row in await connection.fetch(SEALS, program_id)]
