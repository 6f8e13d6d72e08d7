"""What a purchase is worth: kept, basis, target. Pure, exact, and blind to the order in which refunds came."""

from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha256
from typing import Any

import msgspec

from loyalty.earning.kind import Basket, BasketLine
from loyalty.earning.rules import Points, RulesVersion, points_for
from loyalty.points.chain import microseconds
from loyalty.purchases.facts import NewPurchase, NewRefund

EARNING_KINDS = frozenset({"goods", "service"})
_encode = msgspec.json.Encoder(order="sorted").encode


def kept(goods_minor: int, refunds: Iterable[int | None]) -> int:
    """Count the goods that were not taken back, in minor units; None is a cancellation, which takes all."""
    left = goods_minor
    for refund in refunds:
        if refund is None:
            return 0
        left -= refund
    return max(0, left)


def basis(goods_minor: int, kept_minor: int, reward_discount_minor: int) -> Fraction:
    """Give the earning basis in exact minor units: what is kept, less its part of the reward paid with points."""
    if not kept_minor or not reward_discount_minor:
        return Fraction(kept_minor)
    return kept_minor - Fraction(reward_discount_minor * kept_minor, goods_minor)


def net(goods_minor: int, kept_minor: int, reward_discount_minor: int) -> int:
    """Round the kept net once to minor units, half up: what the KPIs count."""
    exact = basis(goods_minor, kept_minor, reward_discount_minor)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def excess(goods_minor: int, refunds: Iterable[int | None]) -> int:
    """Tell how much more was refunded than there was: stored, and without effect."""
    return max(0, sum(refund or 0 for refund in refunds) - goods_minor)


def target(
    goods_minor: int,
    kept_minor: int,
    reward_discount_minor: int,
    lines: list[dict[str, Any]] | None,
    version: RulesVersion,
) -> tuple[Fraction, Points]:
    """Decide the points that a member's purchase is worth as it stands: its basis, and the points with their why."""
    whole = basis(goods_minor, kept_minor, reward_discount_minor)
    if not lines:
        return whole, points_for(Basket(whole, []), version)
    share = whole / goods_minor if goods_minor else Fraction(0)
    return whole, points_for(Basket(whole, [_line(line, share) for line in lines]), version)


def _line(line: dict[str, Any], share: Fraction) -> BasketLine:
    if line["kind"] in EARNING_KINDS:
        return BasketLine(line["line_id"], line["amount_minor"] * share, None)
    return BasketLine(line["line_id"], Fraction(0), str(line["kind"]))


def purchase_fingerprint(new: NewPurchase) -> bytes:
    """Hash what matters for money of a purchase; the same key with another fingerprint is another purchase."""
    return sha256(
        _encode(
            (
                "purchase/1",
                new.external_id,
                microseconds(new.placed_at),
                new.currency,
                new.goods_minor,
                new.discount_minor,
                new.tax_minor,
                new.shipping_minor,
                new.reward_discount_minor,
                None if new.delivered_at is None else microseconds(new.delivered_at),
                new.payments,
                new.lines,
                new.referral_code,
                new.redemption_ids,
                new.test,
            )
        )
    ).digest()


def refund_fingerprint(new: NewRefund) -> bytes:
    """Hash what matters for money of a refund or a cancellation."""
    at = None if new.refunded_at is None else microseconds(new.refunded_at)
    return sha256(_encode(("refund/1", new.kind, new.refund_id, at, new.goods_minor, new.lines))).digest()
