"""What lies in which window, and who is like whom."""

from itertools import pairwise

import numpy as np
import pytest

from kpi.impact.shop import NEVER, Shop
from kpi.impact.strata import STRATA, fixed_cuts, septiles, strata_of
from kpi.impact.windows import JOINING, PLACEBO, RISE, Did, Sight, Windows

CUTS = fixed_cuts("EUR") or ()
DAY = 1000


def shop(purchases: list[tuple[int, int, int]], customers: int = 3) -> Shop:
    """Make a shop of (customer, day, net)."""
    rows = sorted(purchases, key=lambda row: row[1])
    columns = (np.array([row[of] for row in rows], dtype=np.int64) for of in range(3))
    keys = np.arange(customers, dtype=np.uint64)
    return Shop(*columns, joined=np.full(customers, NEVER), keys=keys, until=2000)


def everybody(of: Shop) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.ones(of.customers, dtype=np.bool_)


@pytest.mark.parametrize(
    ("day", "before", "on_day", "after"),
    [
        (909, 0, 0, 0),
        (910, 1, 0, 0),
        (999, 1, 0, 0),
        (1000, 0, 1, 1),
        (1001, 0, 0, 1),
        (1089, 0, 0, 1),
        (1090, 0, 0, 0),
    ],
)
def test_windows_begin_with_their_first_day_and_end_before_their_last(
    day: int, before: int, on_day: int, after: int
) -> None:
    # The second purchase, 50 days before, makes the customer one who had bought.
    of = shop([(0, day, 700), (0, DAY - 50, 300)])
    [sight] = Windows(of, (JOINING,)).at(DAY, everybody(of))
    assert sight.who.tolist() == [0]
    assert sight.before.orders.tolist() == [1 + before]
    assert sight.before.spend.tolist() == [300 + 700 * before]
    assert sight.on_day.spend.tolist() == [700 * on_day]
    assert sight.after.spend.tolist() == [700 * after]


def test_the_placebo_lies_45_days_earlier_and_the_rise_ends_where_membership_begins() -> None:
    bought = [(0, DAY - 136, 1), (0, DAY - 135, 10), (0, DAY - 90, 100), (0, DAY - 46, 1000)]
    bought += [(0, DAY - 45, 10_000), (0, DAY - 1, 100_000), (0, DAY + 44, 1_000_000), (0, DAY + 45, 10_000_000)]
    of = shop(bought)
    placebo, rise = Windows(of, (PLACEBO, RISE)).at(DAY, everybody(of))
    for sight in (placebo, rise):
        assert sight.before.spend.tolist() == [1110]
        assert sight.recency.tolist() == [1]
    assert (placebo.base.spend.tolist(), placebo.after.spend.tolist()) == ([1110], [1_110_000])
    assert (rise.base.spend.tolist(), rise.after.spend.tolist()) == ([1100], [110_000])


def test_who_bought_nothing_before_is_not_seen() -> None:
    of = shop([(0, DAY - 91, 5), (1, DAY - 1, 5), (2, DAY, 5)])
    assert Windows(of, (JOINING,)).at(DAY, everybody(of))[0].who.tolist() == [1]


def test_days_one_after_the_other_see_what_each_alone_would_see() -> None:
    rng = np.random.default_rng(1)
    bought = [(int(c), int(d), int(n)) for c, d, n in rng.integers((0, 800, 1), (20, 1200, 9), (3000, 3))]
    of = shop(bought, customers=20)
    together = Windows(of, (JOINING,))
    for day in range(900, 1100, 13):
        [one], [other] = together.at(day, everybody(of)), Windows(of, (JOINING,)).at(day, everybody(of))
        assert one.recency.tolist() == other.recency.tolist()
        for name in ("before", "base", "after", "on_day"):
            assert getattr(one, name).spend.tolist() == getattr(other, name).spend.tolist()
        lately = [n for c, d, n in bought if c == one.who[0] and day - 90 <= d < day]
        assert (one.before.orders[0], one.before.spend[0]) == (len(lately), sum(lately))


def sight(orders: int, spend: int, recency: int) -> Sight:
    one, nothing = Did(np.array([orders]), np.array([spend])), Did(np.array([0]), np.array([0]))
    return Sight(np.array([0]), one, np.array([recency]), one, nothing, nothing)


def test_a_class_begins_at_its_limit() -> None:
    def stratum(orders: int, spend: int, recency: int) -> int:
        return int(strata_of(sight(orders, spend, recency), CUTS)[0])

    orders = [stratum(n, 100, 40) for n in (1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 99)]
    assert [a == b for a, b in pairwise(orders)] == [
        False, True, False, True, False, True, False, True, False, True,
    ]  # fmt: skip
    spends = [stratum(1, n, 40) for n in (4999, 5000, 9999, 10_000, 19_999, 20_000, 159_999, 160_000, 9_999_999)]
    assert [a == b for a, b in pairwise(spends)] == [
        False, True, False, True, False, False, False, True,
    ]  # fmt: skip
    assert stratum(1, 100, 30) != stratum(1, 100, 31)
    assert stratum(32, 160_000, 1) == STRATA - 1
    assert stratum(1, 0, 90) == 0


def test_currencies_without_limits_take_their_own_septiles() -> None:
    assert fixed_cuts("USD") == (5000, 10_000, 20_000, 40_000, 80_000, 160_000)
    assert fixed_cuts("JPY") is None
    assert septiles(np.arange(1, 71)) == (10, 20, 30, 40, 50, 60)
    assert septiles(np.array([], dtype=np.int64)) == (0,) * 6
