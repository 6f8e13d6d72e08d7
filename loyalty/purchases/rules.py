"""What a purchase is worth: kept, basis, target. Pure, exact, and blind to the order in which refunds came."""

from collections.abc import Iterable
from datetime import UTC, datetime
from fractions import Fraction
from hashlib import sha256
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from loyalty.earning.kind import Exact, Line, Occasion, Standing
from loyalty.earning.rules import Points, RulesVersion, points_for
from loyalty.points.chain import microseconds
from loyalty.points.dates import months_later
from loyalty.programs.policies import Basis
from loyalty.purchases.facts import NewPurchase, NewRefund

EARNING_KINDS = frozenset({"goods", "service"})
_WINDOWS = {"month": 1, "three_months": 3}
_encode = msgspec.json.Encoder(order="sorted").encode


def kept(goods_minor: int, refunds: Iterable[int | None]) -> int:
    """Count the goods that were not taken back, in minor units; None is a cancellation, which takes all."""
    left = goods_minor
    for refund in refunds:
        if refund is None:
            return 0
        left -= refund
    return max(0, left)


def basis(worth: "Worth", kept_minor: int) -> Exact:
    """Give the earning basis in exact minor units: what is kept, less its part of the reward paid with points.

    With its part of tax and shipping where the programme counts them.
    """
    if not kept_minor:
        return 0
    more = -worth.reward_discount_minor if worth.counts.reward_lowers_basis else 0
    more += worth.tax_minor if worth.counts.basis_includes_tax else 0
    more += worth.shipping_minor if worth.counts.basis_includes_shipping else 0
    return kept_minor + Fraction(more * kept_minor, worth.goods_minor) if more else kept_minor


def net(goods_minor: int, kept_minor: int, reward_discount_minor: int) -> int:
    """Round the kept net once to minor units, half up: what the KPIs count."""
    if not kept_minor:
        return 0
    exact = kept_minor - Fraction(reward_discount_minor * kept_minor, goods_minor)
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def excess(goods_minor: int, refunds: Iterable[int | None]) -> int:
    """Tell how much more was refunded than there was: stored, and without effect."""
    return max(0, sum(refund or 0 for refund in refunds) - goods_minor)


class Worth(Protocol):
    """What a purchase's worth depends on, in minor units; `counts`: what its basis is made of."""

    goods_minor: int
    tax_minor: int
    shipping_minor: int
    reward_discount_minor: int
    lines: list[dict[str, Any]] | None

    @property
    def counts(self) -> Basis:
        """What the programme counted when it decided on the purchase first."""


class Known(Struct, frozen=True):
    """What was known besides, when a purchase was decided first: docs/rules.md, "Decided once"."""

    at: datetime | None = None
    tier: Standing | None = None
    segments: frozenset[str] = frozenset()
    first: bool = False
    room: dict[str, int] = {}


_NOTHING = Known()


def target(worth: Worth, kept_minor: int, version: RulesVersion, known: Known = _NOTHING) -> tuple[Exact, Points]:
    """Decide the points that a member's purchase is worth as it stands: its basis, and the points with their why."""
    whole = basis(worth, kept_minor)
    lines: list[Line] = []
    if worth.lines:
        share: Exact = Fraction(whole) / worth.goods_minor if worth.goods_minor else 0
        lines = [_line(line, share) for line in worth.lines]
    if known is _NOTHING:
        return whole, points_for(Occasion(whole, lines), version)
    occasion = Occasion(whole, lines, known.at, known.tier, known.segments, known.first, None, known.room)
    return whole, points_for(occasion, version)


def restored(goods_minor: int, kept_minor: int, captured: int, policy: str) -> int:
    """Count the points, of those spent on a purchase, that are to come back for what was taken back of it."""
    if policy == "none" or kept_minor >= goods_minor:
        return 0
    if policy == "full":
        return 0 if kept_minor else captured
    return captured * (goods_minor - kept_minor) // goods_minor


def within_guest_window(placed_at: datetime, joined_at: datetime, window: str, zone: ZoneInfo) -> bool:
    """Tell whether a purchase came so shortly before a joining that it earns with it.

    A month before is the same local time of that day of the month before, or of its last day.
    """
    if window == "none" or placed_at >= joined_at:
        return False
    if window == "all":
        return True
    local = joined_at.astimezone(zone)
    day = months_later(local.date(), -_WINDOWS[window])
    begins = local.replace(year=day.year, month=day.month, day=day.day)
    return begins.astimezone(UTC) <= placed_at


def _line(line: dict[str, Any], share: Exact) -> Line:
    sku, category = line.get("sku"), line.get("category")
    if line["kind"] in EARNING_KINDS:
        return Line(line["line_id"], line["amount_minor"] * share, None, sku, category)
    return Line(line["line_id"], 0, str(line["kind"]), sku, category)


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
