"""One purchase as it stands now, for whoever asks by the shop's number."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from loyalty.database import Connection
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.rules import excess, kept, net
from loyalty.purchases.wire import PurchaseOut, RefundOut
from loyalty.web.bounds import decimal_text

_ONE = """
SELECT json_build_object(
  'order_id', p.order_id, 'member', p.member, 'placed_at', p.placed_at, 'currency', p.currency,
  'goods_minor', p.goods_minor, 'discount_minor', p.discount_minor, 'tax_minor', p.tax_minor,
  'shipping_minor', p.shipping_minor, 'reward_discount_minor', p.reward_discount_minor, 'delivered_at', p.delivered_at,
  'payments', p.payments, 'lines', p.lines, 'referral_code', p.referral_code, 'redemption_ids', p.redemption_ids,
  'channel', p.channel, 'test', p.test, 'metadata', p.metadata, 'recorded_at', p.recorded_at,
  'external_id', (SELECT a.external_id FROM customer_alias a
    WHERE a.program_id = p.program_id AND a.customer_id = p.customer_id AND a.namespace = $4 ORDER BY 1 LIMIT 1),
  'points', (SELECT coalesce(sum(a.given), 0) FROM award a
    WHERE a.program_id = p.program_id AND a.purchase_id = p.purchase_id),
  'refunds', coalesce((SELECT json_agg(r ORDER BY r.recorded_at, r.refund_id) FROM refund r
    WHERE r.program_id = p.program_id AND r.purchase_id = p.purchase_id), '[]'))::text
FROM purchase p WHERE p.program_id = $1 AND p.storefront_id = $2 AND p.order_id = $3 AND p.state = 'recorded'
"""


class _Refund(msgspec.Struct):
    kind: Literal["refund", "cancellation"]
    refund_id: str
    refunded_at: datetime
    goods_minor: int | None
    recorded_at: datetime


class _Stored(msgspec.Struct):
    order_id: str
    external_id: str | None
    member: bool
    placed_at: datetime
    currency: str
    goods_minor: int
    discount_minor: int
    tax_minor: int
    shipping_minor: int
    reward_discount_minor: int
    delivered_at: datetime | None
    payments: dict[str, int] | None
    lines: list[dict[str, Any]] | None
    referral_code: str | None
    redemption_ids: list[str] | None
    channel: str | None
    test: bool
    metadata: dict[str, Any] | None
    recorded_at: datetime
    points: int
    refunds: list[_Refund]


_decode = msgspec.json.Decoder(_Stored).decode


async def find_purchase(
    connection: Connection, program: ProgramFacts, storefront_id: int, namespace: str, order_id: str
) -> PurchaseOut:
    """Find a purchase of a storefront; `NotFound` also while only a refund of it has come."""
    stored = await connection.fetchval(_ONE, program.program_id, storefront_id, order_id, namespace)
    if stored is None:
        msg = f"There is no purchase {order_id!r} in this storefront."
        raise NotFound(msg)
    return _out(_decode(stored), program.digits)


def _out(stored: _Stored, digits: int) -> PurchaseOut:
    def money(minor: int) -> str:
        return decimal_text(minor, digits)

    taken_back = [refund.goods_minor for refund in stored.refunds]
    left = kept(stored.goods_minor, taken_back)
    return PurchaseOut(
        order_id=stored.order_id,
        customer_id=stored.external_id,
        state="cancelled" if None in taken_back else "recorded",
        member=stored.member,
        placed_at=stored.placed_at,
        currency=stored.currency,
        goods=money(stored.goods_minor),
        discount=money(stored.discount_minor),
        tax=money(stored.tax_minor),
        shipping=money(stored.shipping_minor),
        reward_discount=money(stored.reward_discount_minor),
        kept=money(left),
        net=money(net(stored.goods_minor, left, stored.reward_discount_minor)),
        excess=money(excess(stored.goods_minor, taken_back)),
        points=stored.points,
        delivered_at=stored.delivered_at,
        payments=None if stored.payments is None else {name: money(minor) for name, minor in stored.payments.items()},
        lines=None if stored.lines is None else [_line(line, digits) for line in stored.lines],
        referral_code=stored.referral_code,
        redemption_ids=stored.redemption_ids,
        channel=stored.channel,
        test=stored.test,
        metadata=stored.metadata,
        refunds=[_refund(refund, digits) for refund in stored.refunds],
        recorded_at=stored.recorded_at,
    )


def _line(line: dict[str, Any], digits: int) -> dict[str, Any]:
    """Write a stored line as it came: `…_minor` back to decimals."""
    return {
        name.removesuffix("_minor"): decimal_text(value, digits) if name.endswith("_minor") else value
        for name, value in line.items()
    }


def _refund(refund: _Refund, digits: int) -> RefundOut:
    goods = None if refund.goods_minor is None else decimal_text(refund.goods_minor, digits)
    return RefundOut(refund.refund_id or None, refund.kind, refund.refunded_at, goods, refund.recorded_at)
