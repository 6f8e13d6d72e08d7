"""What arrived, as staff look at it: purchases newest first, and one of them with all that was told of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from loyalty.customers.finding import few
from loyalty.database import Connection, Database
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.arrived import (
    AwardSeen,
    PurchaseOpened,
    PurchasesAsked,
    PurchaseSeen,
    PurchasesSeen,
    RedemptionSeen,
    RefundSeen,
    Told,
)
from loyalty.purchases.finding import find_orders
from loyalty.web.bounds import decimal_text

PAGE = 50
_MOST_FOUND = 200

_REFUND = "SELECT FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id"
_STATES = {
    "": "p.state = 'recorded'",
    "recorded": f"p.state = 'recorded' AND NOT EXISTS ({_REFUND})",
    "edited": "p.state = 'recorded' AND p.edit_fingerprint IS NOT NULL",
    "refunded": f"p.state = 'recorded' AND EXISTS ({_REFUND}) AND NOT EXISTS ({_REFUND} AND r.kind = 'cancellation')",
    "cancelled": f"p.state = 'recorded' AND EXISTS ({_REFUND} AND r.kind = 'cancellation')",
    "awaited": "p.state = 'awaited'",
}
# What came before its purchase has no time of its own but when it came. Each is the order of an index.
_PLACED, _CAME = "p.placed_at", "p.recorded_at"
# Whoever was merged into one of these belongs to them.
_OF_THESE = """p.customer_id IN (WITH RECURSIVE family (customer_id) AS (SELECT unnest($8::uuid[])
    UNION SELECT c.customer_id FROM family f JOIN customer c ON c.program_id = $1 AND c.merged_into = f.customer_id)
  SELECT customer_id FROM family)"""
_SHOWN = """json_build_object('purchase_id', p.purchase_id, 'order_id', p.order_id, 'storefront', s.name,
  'state', p.state, 'at', {at}, 'recorded_at', p.recorded_at, 'goods_minor', p.goods_minor, 'member', p.member,
  'test', p.test, 'edited', p.edit_fingerprint IS NOT NULL,
  'customer_id', coalesce(c.merged_into, c.customer_id), 'name', c.name, 'email', c.email,
  'shop_id', (SELECT min(external_id) FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id),
  'points', (SELECT coalesce(sum(a.given), 0) FROM award a
    WHERE a.program_id = $1 AND a.purchase_id = p.purchase_id),
  'refunded_minor', (SELECT coalesce(sum(r.goods_minor), 0) FROM refund r
    WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id),
  'refunds', (SELECT count(*) FROM refund r WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id),
  'cancelled', EXISTS (SELECT FROM refund r
    WHERE r.program_id = $1 AND r.purchase_id = p.purchase_id AND r.kind = 'cancellation'))::text"""
_FROM = """
FROM purchase p JOIN storefront s ON s.program_id = $1 AND s.storefront_id = p.storefront_id
LEFT JOIN customer c ON c.program_id = $1 AND c.customer_id = p.customer_id
"""
_LIST = f"""
SELECT {_SHOWN} {_FROM}
WHERE p.program_id = $1 AND {{state}} AND ($2::int IS NULL OR p.storefront_id = $2)
  AND ($3::bool IS NULL OR p.member = $3) AND ($4::timestamptz IS NULL OR {{at}} >= $4)
  AND ($5::timestamptz IS NULL OR {{at}} < $5)
  AND ($6::timestamptz IS NULL OR ({{at}}, p.purchase_id) < ($6, $7::uuid))
  {{whose}}
ORDER BY {{at}} DESC, p.purchase_id DESC LIMIT $10
"""
_ONE = f"SELECT {_SHOWN} {_FROM} WHERE p.program_id = $1 AND p.purchase_id = $2".replace(
    "{at}", f"coalesce({_PLACED}, {_CAME})"
)
_FACTS = """program_id, purchase_id, customer_id, version, placed_at, currency, goods_minor, discount_minor, tax_minor,
  shipping_minor, reward_discount_minor, delivered_at, payments, lines, referral_code, redemption_ids, channel, test,
  source_updated_at, metadata, recorded_at"""
_TOLD = f"""
SELECT (to_jsonb(f) - '{{program_id,purchase_id,customer_id}}'::text[] || jsonb_build_object('shop_id',
  (SELECT min(external_id) FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = f.customer_id)))::text
FROM (
  SELECT {_FACTS}, NULL::timestamptz AS superseded_at FROM purchase
  WHERE program_id = $1 AND purchase_id = $2 AND placed_at IS NOT NULL
  UNION ALL
  SELECT {_FACTS}, superseded_at FROM purchase_former WHERE program_id = $1 AND purchase_id = $2) f
ORDER BY version DESC
"""  # noqa: S608 - constants of this file
_AWARDS = """
SELECT json_build_object('award_id', a.award_id, 'cause', a.cause, 'given', a.given, 'recorded_at', a.recorded_at,
  'customer_id', a.customer_id, 'name', c.name, 'email', c.email, 'reason', a.facts ->> 'reason',
  'shop_id', (SELECT min(external_id) FROM customer_alias i WHERE i.program_id = $1 AND i.customer_id = c.customer_id),
  'survivor', coalesce(c.merged_into, c.customer_id))::text
FROM award a LEFT JOIN customer c ON c.program_id = $1 AND c.customer_id = a.customer_id
WHERE a.program_id = $1 AND a.purchase_id = $2 ORDER BY a.recorded_at, a.award_id
"""
_REFUNDS = """
SELECT json_build_object('kind', kind, 'refund_id', refund_id, 'refunded_at', refunded_at, 'goods_minor', goods_minor,
  'lines', lines, 'recorded_at', recorded_at, 'parked', award_id IS NULL)::text
FROM refund WHERE program_id = $1 AND purchase_id = $2 ORDER BY recorded_at, refund_id
"""
# Of what a shop names, those that are redemptions of ours.
_REDEMPTIONS = """
SELECT json_build_object('redemption_id', d.redemption_id, 'reward_id', d.reward_id, 'reward', d.reward ->> 'name',
  'points', h.points, 'captured', h.captured, 'returned', h.returned, 'state', CASE WHEN h.state = 'open'
    AND h.expires_at <= clock_timestamp() + g.clock_offset THEN 'timed_out' ELSE h.state END, 'opened_at', h.opened_at,
  'survivor', coalesce(c.merged_into, c.customer_id), 'name', c.name, 'email', c.email,
  'shop_id', (SELECT min(external_id) FROM customer_alias i WHERE i.program_id = $1 AND i.customer_id = c.customer_id)
  )::text
FROM purchase p JOIN program g ON g.program_id = $1
CROSS JOIN LATERAL (SELECT id, min(place) AS place FROM jsonb_array_elements_text(p.redemption_ids)
  WITH ORDINALITY AS n (id, place) GROUP BY id) n
JOIN redemption d ON d.program_id = $1
  AND d.redemption_id = CASE WHEN pg_input_is_valid(n.id, 'uuid') THEN n.id::uuid END
JOIN hold h ON h.program_id = $1 AND h.hold_id = d.redemption_id
JOIN customer c ON c.program_id = $1 AND c.customer_id = d.customer_id
WHERE p.program_id = $1 AND p.purchase_id = $2 ORDER BY n.place
"""

_seen = msgspec.json.Decoder(PurchaseSeen).decode
_award = msgspec.json.Decoder(AwardSeen).decode
_redemption = msgspec.json.Decoder(RedemptionSeen).decode
_refund = msgspec.json.Decoder(RefundSeen).decode


@dataclass(frozen=True, slots=True)
class StaffPurchases:
    """The verbs behind the pages of purchases, over this process's pools."""

    database: Callable[[], Database]

    async def seen(self, program: ProgramFacts, asked: PurchasesAsked) -> PurchasesSeen:
        """Read a page of purchases."""
        async with self.database().reader() as connection:
            whose, customers, orders, too_many = await _found(connection, program, asked)
            at = _CAME if asked.state == "awaited" else _PLACED
            sql = _LIST.format(state=_STATES[asked.state], at=at, whose=whose)
            after_at, after_id = asked.after or (None, None)
            told = (
                program.program_id, asked.storefront_id, asked.member, asked.since, asked.until, after_at, after_id,
                customers, orders, PAGE + 1,
            )  # fmt: skip
            rows = await connection.fetch(sql, *told)
        return PurchasesSeen([_seen(row[0]) for row in rows[:PAGE]], len(rows) > PAGE, too_many)

    async def opened(self, program: ProgramFacts, purchase_id: UUID) -> PurchaseOpened | None:
        """Read a purchase; None when there is none."""
        async with (
            self.database().reader() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            about = (program.program_id, purchase_id)
            found = await connection.fetchval(_ONE, *about)
            if found is None:
                return None
            seen = _seen(found)
            told = [_told(msgspec.json.decode(row[0]), seen, program) for row in await connection.fetch(_TOLD, *about)]
            awards = [_award(row[0]) for row in await connection.fetch(_AWARDS, *about)]
            refunds = [_refund(row[0]) for row in await connection.fetch(_REFUNDS, *about)]
            redemptions = [_redemption(row[0]) for row in await connection.fetch(_REDEMPTIONS, *about)]
        return PurchaseOpened(seen, told, awards, refunds, redemptions)


async def _found(
    connection: Connection, program: ProgramFacts, asked: PurchasesAsked
) -> tuple[str, list[UUID], list[UUID], bool]:
    """Give what narrows the list to whom and what is looked for."""
    nobody = "AND ($8::uuid[] IS NOT NULL AND $9::uuid[] IS NOT NULL)"
    if asked.customer_id is not None:
        return f"{nobody} AND {_OF_THESE}", [asked.customer_id], [], False
    if not asked.text:
        return nobody, [], [], False
    customers = await few(connection, program.program_id, asked.text, _MOST_FOUND)
    orders = await find_orders(connection, program.program_id, asked.text, _MOST_FOUND, every_state=True)
    found = [one.purchase_id for one in orders]
    return f"AND (p.purchase_id = ANY($9) OR {_OF_THESE})", list(customers or ()), found, customers is None


def _told(row: dict[str, Any], seen: PurchaseSeen, program: ProgramFacts) -> Told:
    """Write stored facts as a storefront tells them: decimals for minor units, and nothing that was not said."""

    def said(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            told = {name: inner for name, inner in value.items() if inner is not None}
            return {name.removesuffix("_minor"): minor(name, inner) for name, inner in told.items()}
        return [said(inner) for inner in value] if isinstance(value, list) else value

    def minor(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON
        return decimal_text(value, program.digits) if name.endswith("_minor") else said(value)

    times = {name: row.pop(name) for name in ("version", "recorded_at", "superseded_at")}
    payments = row.pop("payments")
    facts = {"order_id": seen.order_id, "customer_id": row.pop("shop_id"), **said(row)}
    if payments:
        facts["payments"] = {name: decimal_text(value, program.digits) for name, value in payments.items()}
    goes_without_saying = ("0", decimal_text(0, program.digits), False, None)
    kept = {name: value for name, value in facts.items() if name == "goods" or value not in goes_without_saying}
    return msgspec.convert(
        {"version": times["version"], "at": times["recorded_at"], "until": times["superseded_at"], "facts": kept}, Told
    )
