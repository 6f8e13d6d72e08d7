"""Before a holdout begins: what the shop's own past says about how small an effect each length would find. Pure."""

from math import sqrt

import numpy as np

from kpi.facts import Counts
from kpi.impact.holdout import Floats
from kpi.impact.horizon import WEEKS, Past
from kpi.impact.shop import NEVER, Shop

_WEEK = 7


def pasts_of(shop: Shop) -> list[Past]:
    """Tell what those who could have been drawn spent in the last weeks, for each length that the history holds."""
    first = int(shop.day[0]) if len(shop.day) else shop.until
    told = []
    for weeks in WEEKS:
        days = weeks * _WEEK
        begins = shop.until - days
        who, others = _population(shop, begins)
        n = len(who) + others
        if begins < first or not n:
            break
        # Who never bought spends nothing, and can be drawn like anybody.
        during, before = (
            np.concatenate([_spend(shop, end - days, end)[who], np.zeros(others)]) for end in (shop.until, begins)
        )
        deviation = float(during.std(ddof=1)) if n > 1 else 0.0
        rho = _rho(during, before) if begins - days >= first else None
        told.append(Past(weeks, n, float(during.mean()), deviation, rho))
    return told


def _population(shop: Shop, day: int) -> tuple[Counts, int]:
    """Give whom a holdout that began on a day would have drawn: known by then, and no members; and how many others.

    Those of a file that came later are known from their first purchase on.
    """
    seen = np.full(shop.customers, NEVER)
    np.minimum.at(seen, shop.customer, shop.day)
    left = shop.left if len(shop.left) else np.full(shop.customers, NEVER)
    known = (np.minimum(seen, shop.joined) < day) & ((shop.joined >= day) | (left <= day))
    return np.flatnonzero(known), int((shop.idle < day).sum())


def _spend(shop: Shop, begins: int, ends: int) -> Floats:
    rows = slice(*np.searchsorted(shop.day, [begins, ends]))
    net = shop.net[rows].astype(np.float64)
    return np.bincount(shop.customer[rows], net, shop.customers).astype(np.float64)


def _rho(one: Floats, other: Floats) -> float | None:
    x, y = one - one.mean(), other - other.mean()
    scale = sqrt(float(np.square(x).sum()) * float(np.square(y).sum()))
    return float((x * y).sum()) / scale if scale else None
