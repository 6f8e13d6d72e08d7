"""What a purchase counts towards tiers: on its local day the points due, and the net that is kept of it. Pure."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.points.dates import local_day
from loyalty.purchases.rules import kept, net

if TYPE_CHECKING:
    from loyalty.purchases.batch import OpenOrder


class Counts(NamedTuple):
    """What a purchase counts, for whom, and on which day."""

    customer_id: UUID
    day: date
    points: int
    spent_minor: int


def counts(order: "OpenOrder", customer_id: UUID, zone: ZoneInfo) -> Counts | None:
    """Tell what a purchase counts as it stands: money of those that can earn, a member's or a guest's."""
    if order.placed_at is None or order.state != "recorded":
        return None
    spent_minor = 0
    if order.goods_minor and not order.test and (order.member or order.guest):
        left = kept(order.goods_minor, order.taken_back)
        spent_minor = max(0, net(order.goods_minor, left, order.reward_discount_minor))
    return Counts(customer_id, local_day(order.placed_at, zone), order.due, spent_minor)
