"""Who is like whom: the strata in which members are held against others. Pure."""

from collections.abc import Sequence

import numpy as np

from kpi.facts import Counts
from kpi.impact.windows import RECENT_DAYS, Sight

# Purchases before: 1, 2-3, 4-7, 8-15, 16-31, 32 and more. A class begins at each of these.
_ORDERS_FROM = np.array([2, 4, 8, 16, 32])
_CLASS_OF_ORDERS = np.searchsorted(_ORDERS_FROM, np.arange(_ORDERS_FROM[-1] + 1), side="right")
# Spend before, in whole units of these currencies; in others it is the shop's own septiles.
_SPEND_FROM = (50, 100, 200, 400, 800, 1600)
_CURRENCIES = frozenset({"USD", "EUR", "GBP"})
_ORDERS, _SPEND = len(_ORDERS_FROM) + 1, len(_SPEND_FROM) + 1
STRATA = _ORDERS * _SPEND * 2
_SEPTILES = np.arange(1, _SPEND) / _SPEND


def fixed_cuts(currency: str) -> tuple[int, ...] | None:
    """Give where the classes of spend begin, in minor units; None where the shop's septiles are to be used."""
    return tuple(100 * limit for limit in _SPEND_FROM) if currency in _CURRENCIES else None


def septiles(spend: Counts) -> tuple[int, ...]:
    """Give where seven equal classes of these customers' spend begin; they are computed once and kept.

    The k-th begins at the smallest spend that at least k/7 of the customers do not exceed. Nobody: no classes to tell
    apart, all limits 0.
    """
    if not len(spend):
        return (0,) * len(_SEPTILES)
    return tuple(int(cut) for cut in np.quantile(spend, _SEPTILES, method="inverted_cdf"))


def strata_of(sight: Sight, cuts: Sequence[int]) -> Counts:
    """Give everybody's stratum, 0 to `STRATA` - 1: purchases, spend, and whether they bought in the last 30 days."""
    orders: Counts = _CLASS_OF_ORDERS[np.minimum(sight.before.orders, _ORDERS_FROM[-1])]
    spend = np.searchsorted(np.asarray(cuts), sight.before.spend, side="right")
    told: Counts = (orders * _SPEND + spend) * 2 + (sight.recency <= RECENT_DAYS)
    return told
