"""A desk that shows pictures: a funnel, a histogram and a rising curve, with numbers that can be checked by eye."""

from kpi.measure import Distribution
from kpi.pictures import Curve, Picture, Point
from tests.admin.fake_desk import FakeDesk, Row, complete_journey

REPEAT, GAPS, FIRST = "repeat_purchase_rate", "days_between_purchases", "time_to_first_redemption"
COUNTED = Row(everyone=(30, 40, 0.6, 0.9), member=(18, 20, 0.7, 0.95), non_member=(12, 20, 0.4, 0.8))


def show_pictures(desk: FakeDesk) -> FakeDesk:
    """Let three measures have pictures of May."""
    desk.table = {**complete_journey(), **{key: {"2017-05": COUNTED} for key in (REPEAT, GAPS, FIRST)}}
    desk.pictures = {
        REPEAT: Picture(steps={"all": [40, 30, 20, 9], "member": [20, 18, 15, 8], "non_member": [21, 12, 5, 1]}),
        GAPS: Picture(curves={side: Curve(9, 6, days, []) for side, days in (("all", 4.0), ("member", 3.0))}),
        FIRST: Picture(curves={"all": Curve(10, 6, 2.5, rising(0, 0.1, 0.4, 0.6, 0.6))}),
    }
    desk.distributions = {
        GAPS: {
            "all": spread({0: 10, 1: 30, 2: 59, 20: 1}, 1.7),
            "member": spread({0: 10, 1: 30, 2: 40}, 1.4),
            "non_member": spread({2: 19, 20: 1}, 2.2),
        }
    }
    return desk


def rising(*shares: float) -> list[Point]:
    """Let a share rise day by day."""
    return [Point(share, (share / 2, share * 1.5) if share else None, 10 - n) for n, share in enumerate(shares)]


def spread(days: dict[int, int], median: float) -> Distribution:
    """Let so many last so many days."""
    return Distribution(median, [days.get(day, 0) for day in range(182)])
