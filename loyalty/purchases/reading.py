"""Reading purchases for a decision, with the accounts that they are about: one statement, so one snapshot."""

from uuid import UUID

import msgspec
from msgspec.structs import replace

from loyalty.database import MissedGuard, Tx
from loyalty.earning.rules import NOTHING, Needs
from loyalty.points.reading import ACCOUNTS, FIELDS, HOLDS, LOTS, NOW, accounts_missing, erased_among
from loyalty.programs.facts import Source
from loyalty.purchases.facts import Read
from loyalty.segments.queries import IS_IN
from loyalty.tiers.queries import NEWEST

_decode = msgspec.json.Decoder(Read).decode

# $6: also everything that the asked customers ever bought (joining and leaving decide all of it anew; they ask for no
# order, so nothing comes twice). $7: also their lots. $8: customers besides: those merged into others, and these.
# $9: redemptions that come in with the purchases. $10, $11: what customers hold under rules that count, and whether any
# purchase of theirs could earn before. $12: the segments that rules name.
# What is told of the `touched` customers, each as a JSON array; what is not asked for is not looked at.
USES = """CASE WHEN $10 OR $6 THEN coalesce((SELECT json_agg(json_build_object('customer_id', u.customer_id,
      'rule_id', u.rule_id, 'period', u.period, 'points', u.points)) FROM touched t, LATERAL (
        SELECT * FROM cap_use WHERE program_id = $1 AND customer_id = t.customer_id OFFSET 0) u), '[]') ELSE '[]' END"""
# An award that could earn tells of it, and a merge leaves a mark.
EARNED = """CASE WHEN $11 THEN coalesce((SELECT json_agg(t.customer_id) FROM touched t, LATERAL (
        (SELECT 1 FROM award WHERE program_id = $1 AND customer_id = t.customer_id AND purchase_id IS NOT NULL
          AND facts -> 'reason' = 'null' LIMIT 1)
        UNION ALL SELECT 1 FROM cap_use WHERE program_id = $1 AND customer_id = t.customer_id
          AND rule_id = '@first_purchase' LIMIT 1) e), '[]') ELSE '[]' END"""
# Rows of `SegmentFacts` for the keys in $12.
SEGMENTS = f"""CASE WHEN cardinality($12::text[]) > 0 THEN coalesce((SELECT json_agg(json_build_object(
      'customer_id', t.customer_id, 'key', s.segment_key)) FROM touched t, LATERAL (
        {IS_IN.format(program="$1", customer="t.customer_id")}) s WHERE s.segment_key = ANY($12::text[])), '[]')
    ELSE '[]' END"""  # noqa: S608 - our own parts

READ = f"""
WITH asked_order AS MATERIALIZED (
  SELECT p.* FROM unnest($3::text[]) AS n(order_id), LATERAL (
    SELECT * FROM purchase WHERE program_id = $1 AND storefront_id = $2 AND order_id = n.order_id OFFSET 0) p),
asked_alias AS MATERIALIZED (
  SELECT a.external_id, a.customer_id FROM unnest($5::text[]) AS n(external_id), LATERAL (
    SELECT * FROM customer_alias WHERE program_id = $1 AND namespace = $4 AND external_id = n.external_id OFFSET 0) a),
touched AS MATERIALIZED (
  SELECT customer_id FROM asked_alias UNION SELECT customer_id FROM asked_order WHERE customer_id IS NOT NULL
  UNION SELECT unnest($8::uuid[])),
bought AS MATERIALIZED (
  SELECT * FROM asked_order
  UNION ALL SELECT p.* FROM touched t, LATERAL (
    SELECT * FROM purchase WHERE program_id = $1 AND customer_id = t.customer_id OFFSET 0) p WHERE $6),
{ACCOUNTS},
moment AS MATERIALIZED (
  SELECT greatest({NOW}, (SELECT max(recorded_at) FROM bought) + interval '1 microsecond') AS now
  FROM program g WHERE g.program_id = $1),
-- What was spent on the purchases may come back with a refund.
held AS (
  SELECT n.id::uuid AS hold_id FROM (
    SELECT jsonb_array_elements_text(b.redemption_ids) AS id FROM bought b WHERE $7 AND b.redemption_ids IS NOT NULL
    UNION SELECT unnest($9::text[])) n WHERE n.id ~ '{{uuid}}'),
{HOLDS}, {LOTS},
said AS MATERIALIZED (
  SELECT a.* FROM asked_order o, LATERAL (
    SELECT * FROM award WHERE program_id = $1 AND purchase_id = o.purchase_id OFFSET 0) a
  UNION ALL
  SELECT a.* FROM touched t, LATERAL (
    SELECT * FROM award WHERE program_id = $1 AND customer_id = t.customer_id
    AND cause IN ('joined', 'left', 'merged', 'erased') OFFSET 0) a WHERE $6)
SELECT json_build_object('now', (SELECT now FROM moment),
  'newest_rules', (SELECT max(version) FROM earning_rules WHERE program_id = $1), 'newest_tiers', {NEWEST},
  {FIELDS},
  'purchases', coalesce((SELECT json_agg(json_build_object('purchase_id', b.purchase_id,
      'storefront_id', b.storefront_id, 'order_id', b.order_id, 'customer_id', b.customer_id, 'state', b.state,
      'version', b.version, 'placed_at', b.placed_at, 'delivered_at', b.delivered_at,
      'source_updated_at', b.source_updated_at, 'goods_minor', b.goods_minor, 'tax_minor', b.tax_minor,
      'shipping_minor', b.shipping_minor, 'reward_discount_minor', b.reward_discount_minor, 'lines', b.lines,
      'redemption_ids', b.redemption_ids, 'test', b.test, 'member', b.member,
      'guest', coalesce(d.guest, false),
      'fingerprint', encode(b.fingerprint, 'base64'), 'edit_fingerprint', encode(b.edit_fingerprint, 'base64'),
      'recorded_at', b.recorded_at, 'due', coalesce(d.due, 0), 'restored', coalesce(d.restored, 0),
      'rules_version', d.rules_version, 'first_policy', d.first_policy, 'noted', d.noted,
      'earned', coalesce(d.earned, false)) ORDER BY b.placed_at, b.order_id)
      FROM bought b, LATERAL (SELECT sum(a.due)::bigint AS due, max(a.rules_version) AS rules_version,
          sum((a.facts ->> 'restored')::bigint)::bigint AS restored,
          (array_agg(a.facts -> 'policy' ORDER BY a.recorded_at, a.award_id))[1] AS first_policy,
          (array_agg(a.facts -> 'seen' ORDER BY a.recorded_at DESC, a.award_id DESC)
            FILTER (WHERE a.facts ? 'seen'))[1] AS noted,
          bool_or(a.facts -> 'reason' = 'null') AS earned,
          (array_agg(a.facts ? 'guest' ORDER BY a.recorded_at DESC, a.award_id DESC))[1] AS guest
        FROM award a WHERE a.program_id = $1 AND a.purchase_id = b.purchase_id) d), '[]'),
  'refunds', coalesce((SELECT json_agg(json_build_object('purchase_id', r.purchase_id, 'kind', r.kind,
      'refund_id', r.refund_id, 'refunded_at', r.refunded_at, 'goods_minor', r.goods_minor, 'award_id', r.award_id,
      'fingerprint', encode(r.fingerprint, 'base64'), 'request_id', r.request_id, 'recorded_at', r.recorded_at)
      ORDER BY r.recorded_at, r.refunded_at, r.refund_id)
      FROM bought b, LATERAL (SELECT * FROM refund WHERE program_id = $1 AND purchase_id = b.purchase_id OFFSET 0) r),
      '[]'),
  'pinned', coalesce((SELECT json_agg(s ORDER BY s.recorded_at, s.award_id) FROM said s), '[]'),
  'uses', {USES}, 'earned', {EARNED}, 'segments', {SEGMENTS}
)::text
""".format(  # noqa: S608 - our own parts
    # A parked refund takes effect with its purchase, and may take what lies in any lot.
    lots="($7 OR EXISTS (SELECT FROM asked_order WHERE state = 'awaited'))",
    superseded="$6",
    uuid="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
)
# Locks are statements of their own: one that locks and reads at once may return new accounts with old lots.
LOCK_ACCOUNTS = """
SELECT customer_id FROM account WHERE program_id = $1 AND customer_id IN (
  SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $4 AND external_id = ANY($5::text[])
  UNION SELECT unnest($6::uuid[]) UNION SELECT customer_id FROM purchase
  WHERE program_id = $1 AND storefront_id = $2 AND order_id = ANY($3::text[]) AND customer_id IS NOT NULL)
ORDER BY customer_id FOR UPDATE
"""
LOCK_PURCHASES = """
SELECT purchase_id FROM purchase WHERE program_id = $1 AND storefront_id = $2 AND order_id = ANY($3::text[])
ORDER BY purchase_id FOR UPDATE
"""
# Whoever was merged into the asked customers, and into those: what they bought is decided anew with a membership.
_MERGED = """
WITH RECURSIVE merged (customer_id) AS (
  SELECT customer_id FROM customer WHERE program_id = $1 AND merged_into IN (
    SELECT customer_id FROM customer_alias WHERE program_id = $1 AND namespace = $2 AND external_id = ANY($3::text[])
    UNION SELECT unnest($4::uuid[]))
  UNION SELECT c.customer_id FROM merged m JOIN customer c ON c.program_id = $1 AND c.merged_into = m.customer_id)
SELECT customer_id FROM merged
"""


async def read(
    tx: Tx,
    source: Source,
    *,
    orders: list[str],
    customers: list[str],
    ids: list[UUID] | None = None,
    history: bool = False,
    lots: bool = True,
    redemptions: list[str] | None = None,
    needs: Needs = NOTHING,
) -> Read:
    """Read everything a batch needs, in one statement, after taking the locks where the `tx` asks for them."""
    program_id, ids = source.program.program_id, list(ids or ())
    if history:
        merged = await tx.connection.fetch(_MERGED, program_id, source.namespace, customers, ids)
        ids += [row[0] for row in merged]
    keys = (program_id, source.storefront_id, orders, source.namespace, customers)
    while True:
        locked = await _locked(tx, keys, ids) if tx.locked else None
        more = (needs.uses, needs.first, sorted(needs.segments))
        found = _decode(await tx.connection.fetchval(READ, *keys, history, lots, ids, redemptions or [], *more))
        missing = accounts_missing(found.accounts, found.holds)
        if not missing:
            break
        ids += missing
    # What came between the locks and the read would be locked out of order by the append: two such batches deadlock.
    # (A customer's purchases are under the lock of the account.)
    seen = {a.customer_id for a in found.accounts} | {p.purchase_id for p in found.purchases if p.customer_id is None}
    if locked is not None and not seen <= locked:
        raise MissedGuard
    erased = await erased_among(tx.connection, program_id, source.namespace, customers, found.aliases)
    left = [alias.customer_id for alias in erased]
    if left and not set(left) <= {account.customer_id for account in found.accounts}:
        return await read(
            tx,
            source,
            orders=orders,
            customers=customers,
            ids=[*ids, *left],
            history=history,
            lots=lots,
            redemptions=redemptions,
            needs=needs,
        )
    return replace(found, aliases=found.aliases + erased) if erased else found


async def _locked(tx: Tx, keys: tuple[object, ...], ids: list[UUID]) -> set[UUID]:
    accounts = await tx.connection.fetch(LOCK_ACCOUNTS, *keys, ids)
    purchases = await tx.connection.fetch(LOCK_PURCHASES, *keys[:3])
    return {row[0] for row in (*accounts, *purchases)}
