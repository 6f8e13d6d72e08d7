"""What is answered about purchases: explicit types; a table row never crosses the border."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from loyalty.points.wire import BalanceOut
from loyalty.web.problems import Problem


class LineShareOut(Struct, omit_defaults=True):
    """A line's exact part of a rule's points, as a fraction; `reason` tells why it has none."""

    line_id: str
    basis: str
    points: str
    reason: str | None = None


class RuleShareOut(Struct, omit_defaults=True):
    """What one rule gave, exactly, before the one rounding at the end; `reason` tells why it gave nothing.

    A cap gives less than nothing: `taken` of each rule. The kind `tier` is no rule: `factor` is that of the tier.
    """

    kind: str
    points: str
    steps: str | None = None
    rule: str | None = None
    reason: str | None = None
    tier: str | None = None
    factor: str | None = None
    taken: dict[str, str] | None = None
    lines: list[LineShareOut] | None = None


class PointsOut(Struct):
    """What was decided, and why: `due` is the difference to what was given before; `reason` tells why there is none."""

    target: int
    due: int
    given: int
    basis: str
    rules_version: int
    reason: str | None
    breakdown: list[RuleShareOut]


class PurchaseRecorded(Struct):
    """The answer to a purchase; a retry gets the same."""

    order_id: str
    customer_id: str | None
    state: Literal["recorded"]
    member: bool
    points: PointsOut
    refunded_points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class PurchaseEdited(Struct):
    """The answer to an edit. `stale`: what is stored is newer, and nothing was changed."""

    order_id: str
    customer_id: str | None
    state: Literal["recorded"]
    stale: bool
    member: bool
    points: PointsOut
    restored_points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class RefundRecorded(Struct):
    """The answer to a refund or cancellation. `parked`: it came before its purchase, and takes effect with it.

    `restored_points` were spent on what was taken back, and returned; `expired_points` of them were over already.
    """

    order_id: str
    refund_id: str | None
    state: Literal["recorded", "parked"]
    points: PointsOut | None
    restored_points: int
    expired_points: int
    balance: BalanceOut | None
    recorded_at: datetime
    request_id: str


class BatchResult(Struct):
    """What one purchase of a batch came to: `purchase` under 201, `problem` otherwise."""

    status: int
    replayed: bool
    purchase: PurchaseRecorded | None
    problem: Problem | None


class BatchRecorded(Struct):
    """One result an item, in the order of the request."""

    results: list[BatchResult]


class RefundOut(Struct):
    """A refund as recorded."""

    refund_id: str | None
    kind: Literal["refund", "cancellation"]
    refunded_at: datetime
    goods: str | None
    recorded_at: datetime


class PurchaseOut(Struct):
    """A purchase as it stands: `kept` is what was not taken back, `excess` what was refunded beyond what there was."""

    order_id: str
    customer_id: str | None
    state: Literal["recorded", "cancelled"]
    member: bool
    placed_at: datetime
    currency: str
    goods: str
    discount: str
    tax: str
    shipping: str
    reward_discount: str
    kept: str
    net: str
    excess: str
    points: int
    delivered_at: datetime | None
    payments: dict[str, str] | None
    lines: list[dict[str, Any]] | None
    referral_code: str | None
    redemption_ids: list[str] | None
    channel: str | None
    test: bool
    metadata: dict[str, Any] | None
    refunds: list[RefundOut]
    recorded_at: datetime
