"""A programme of any size, made up in the database: skewed customers, two years, members, refunds, lines, points."""

from datetime import UTC, date, datetime

import asyncpg

from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of

START, END = date(2024, 1, 1), date(2026, 1, 1)
ZONE = "Europe/Paris"
PURCHASES_A_CUSTOMER = 16
_PURCHASES_A_LEAD = 64
_WRITTEN = datetime(2026, 1, 2, tzinfo=UTC)

_PROGRAM = """
INSERT INTO program (name, mode, currency, timezone) VALUES ('Generated', 'live', 'EUR', $1) RETURNING program_id
"""
_STOREFRONT = """
INSERT INTO storefront (program_id, storefront_id, name) OVERRIDING SYSTEM VALUE VALUES ($1, 1, 'shop')
"""
# $1 the programme, $2 how many, $3 first instant, $4 seconds of the two years, $5 when all of it was recorded.
_CUSTOMERS = """
INSERT INTO customer (program_id, customer_id, recorded_at)
SELECT $1, md5('customer ' || n)::uuid, $3 FROM generate_series(0, $2 - 1) n
"""
MEMBERS_OF_A_HUNDRED = 45
# 45 in 100 join, some on the first day; one in twelve of them leaves, and every other of these comes back.
_MEMBERSHIPS = """
WITH joining AS (
  SELECT md5('customer ' || n)::uuid AS customer_id, random() AS fate,
    $3::timestamptz + random() * random() * $4::float8 * interval '1 second' AS joined_at
  FROM generate_series(0, $2 - 1) n WHERE random() < 0.45
), spells AS (
  SELECT customer_id, joined_at,
    CASE WHEN fate < 0.08 THEN joined_at + (1 + 200 * random()) * interval '1 day' END AS left_at, fate FROM joining
  UNION ALL
  SELECT customer_id, joined_at + interval '260 days', NULL, fate FROM joining WHERE fate < 0.04
)
INSERT INTO membership
  (program_id, membership_id, customer_id, joined_at, left_at, fingerprint, request_id, recorded_at)
SELECT $1, gen_random_uuid(), customer_id, joined_at, left_at, '', '', $5 FROM spells
"""
# The square of a random number: a few buy most. More is bought in December, and nothing at the same second for all.
_PURCHASES = """
WITH told AS (
  SELECT n, CASE WHEN random() < 0.06 THEN NULL ELSE floor(power(random(), 2.2) * $6::int)::int END AS who,
    $3::timestamptz
      + (floor(2 * random()) + power(random(), 0.85)) * ($4::float8 / 2) * interval '1 second' AS placed_at,
    greatest(0, round(exp(7.6 + 0.8 * random_normal())))::bigint AS goods, random() AS fate
  FROM generate_series($7::bigint, $7 + $2 - 1) n
), known AS (
  SELECT n, md5('customer ' || who)::uuid AS customer_id, placed_at, goods, fate FROM told
)
INSERT INTO purchase (program_id, purchase_id, state, version, fingerprint, request_id, origin, storefront_id, order_id,
  customer_id, placed_at, currency, goods_minor, discount_minor, tax_minor, shipping_minor, reward_discount_minor, test,
  member, lines, recorded_at)
SELECT $1, gen_random_uuid(), 'recorded', 1, '', '', 'import', 1, 'g' || n, k.customer_id, k.placed_at, 'EUR', k.goods,
  0, 0, 0, CASE WHEN fate > 0.97 THEN least(goods, 500) ELSE 0 END, false,
  EXISTS (SELECT FROM membership m WHERE m.program_id = $1 AND m.customer_id = k.customer_id
    AND m.joined_at <= k.placed_at AND (m.left_at IS NULL OR k.placed_at < m.left_at)),
  CASE WHEN $8 AND goods > 0 THEN jsonb_build_array(
    jsonb_build_object('line_id', '1', 'kind', 'goods', 'sku', 'a' || n % 251, 'quantity', 1 + n % 3,
      'amount_minor', goods - goods / 3),
    jsonb_build_object('line_id', '2', 'kind', 'goods', 'sku', 'b' || n % 251, 'quantity', 1,
      'amount_minor', goods / 3, 'unit_cost_minor', goods / 6)) END,
  $5
FROM known k
"""
_REFUNDS = """
INSERT INTO refund (program_id, purchase_id, kind, refund_id, refunded_at, goods_minor, fingerprint, request_id,
  recorded_at)
SELECT program_id, purchase_id, CASE WHEN chosen < 0.01 THEN 'cancellation' ELSE 'refund' END,
  CASE WHEN chosen < 0.01 THEN '' ELSE 'r' END, placed_at + interval '3 days',
  CASE WHEN chosen < 0.01 THEN NULL ELSE floor(goods_minor * random())::bigint END, '', '', $2
FROM (SELECT *, random() AS chosen FROM purchase WHERE program_id = $1) p WHERE chosen < 0.03
"""
# A point per whole unit of members' orders; every seventh of them spends five an hour later, every fifth loses some
# after a year.
_ENTRIES = """
WITH earned AS (
  SELECT customer_id, placed_at, goods_minor, hashtext(order_id) AS fate
  FROM purchase WHERE program_id = $1 AND member AND goods_minor >= 100
), moved AS (
  SELECT customer_id, placed_at AS at, 'issue' AS kind, 'issued' AS debit, 'available' AS credit,
    goods_minor / 100 AS amount FROM earned
  UNION ALL
  SELECT customer_id, placed_at + interval '1 hour', 'hold', 'available', 'held', 5 FROM earned WHERE fate % 7 = 0
  UNION ALL
  SELECT customer_id, placed_at + interval '1 hour', 'capture', 'held', 'redeemed', 5 FROM earned WHERE fate % 7 = 0
  UNION ALL
  SELECT customer_id, placed_at + interval '1 year', 'expire', 'available', 'expired', 1 FROM earned
  WHERE fate % 5 = 0 AND placed_at + interval '1 year' < $2
)
INSERT INTO entry (program_id, customer_id, seq, award_id, kind, debit_code, credit_code, amount, available_after,
  pending_after, held_after, debt_after, actor, request_id, effective_at, recorded_at, hash)
SELECT $1, customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY at), gen_random_uuid(), kind, debit,
  credit, amount, 0, 0, 0, 0, '', '', at, $2, decode(repeat('00', 32), 'hex')
FROM moved ORDER BY at
"""
# Leads that the shop knows by ids of its own, one to every sixty purchases; what every other article costs.
_LEADS = """
WITH named AS (
  INSERT INTO customer_alias (program_id, namespace, external_id, customer_id)
  SELECT $1, 'default', 'c' || n, md5('customer ' || n)::uuid FROM generate_series(0, $2 - 1) n
)
INSERT INTO kpi_lead (program_id, lead_id, version, created_at, channel, qualified, namespace, external_id, withdrawn,
  actor, recorded_at)
SELECT $1, 'l' || n, 1, $3::timestamptz + n * $4::float8 / $6 * interval '1 second', 'fair', n % 5 <> 0, 'default',
  'c' || n, false, '', $5
FROM generate_series(0, $6::int - 1) n
"""
_COSTS = """
INSERT INTO kpi_unit_cost (program_id, sku, from_on, version, unit_cost_minor, withdrawn, actor, recorded_at)
SELECT $1, 'a' || n, from_on, 1, 100 + n, false, '', $2
FROM generate_series(0, 250) n, unnest('{2024-01-01,2025-03-01}'::date[]) AS from_on
"""
_AT_ONCE = 500_000
_INDEXES = ("purchase_customer_ix", "purchase_placed_ix")


async def generate(
    owner: asyncpg.Connection, purchases: int, *, plain: bool = False, customers: int | None = None
) -> ProgramFacts:
    """Make a programme with so many purchases up; every run makes the same one. `plain`: no lines, points and leads."""
    number = await owner.fetchval(_PROGRAM, ZONE)
    first = datetime.combine(START, datetime.min.time(), UTC)
    seconds = (END - START).total_seconds() - 7_200
    customers = customers or max(20, purchases // PURCHASES_A_CUSTOMER)
    # Foreign keys and order are right by how it is made; checking them row by row would take longer than all the rest.
    await owner.execute("SET session_replication_role = replica; SELECT setseed(0.42)")
    await owner.execute(_STOREFRONT, number)
    await owner.execute(_CUSTOMERS, number, customers, first)
    await owner.execute(_MEMBERSHIPS, number, customers, first, seconds, _WRITTEN)
    await owner.execute("ANALYZE membership")
    definitions = [await owner.fetchval("SELECT pg_get_indexdef($1::regclass)", name) for name in _INDEXES]
    await owner.execute("; ".join(f"DROP INDEX {name}" for name in _INDEXES))
    for start in range(0, purchases, _AT_ONCE):
        some = min(_AT_ONCE, purchases - start)
        await owner.execute(_PURCHASES, number, some, first, seconds, _WRITTEN, customers, start, not plain)
    for definition in definitions:
        await owner.execute(definition)
    await owner.execute(_REFUNDS, number, _WRITTEN)
    if not plain:
        await owner.execute(_ENTRIES, number, _WRITTEN)
        await owner.execute(_LEADS, number, customers, first, seconds, _WRITTEN, purchases // _PURCHASES_A_LEAD)
        await owner.execute(_COSTS, number, _WRITTEN)
    await owner.execute("SET session_replication_role = origin")
    for table in (
        "customer",
        "customer_alias",
        "membership",
        "purchase",
        "refund",
        "entry",
        "kpi_lead",
        "kpi_unit_cost",
    ):
        await owner.execute(f"VACUUM ANALYZE {table}")
    return await program_of(owner, number)
