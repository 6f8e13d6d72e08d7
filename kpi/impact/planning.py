"""Before a holdout begins: what the shop's own past says about how small an effect each length would find. Pure."""

from math import sqrt

import numpy as np

from kpi.impact.holdout import Floats
from kpi.impact.horizon import WEEKS, Past
from kpi.impact.shop import NEVER, Shop

_WEEK = 7


def pasts_of(shop: Shop) -> list[Past]:
    """Tell what customers who never joined spent in the last weeks, for each length that the history holds."""
    bought = np.zeros(shop.customers, dtype=np.bool_)
    bought[shop.customer] = True
    who = np.flatnonzero(bought & (shop.joined == NEVER))
    first = int(shop.day[0]) if len(shop.day) else shop.until
    told = []
    for weeks in WEEKS:
        days = weeks * _WEEK
        if shop.until - days < first or not len(who):
            break
        during, before = (_spend(shop, end - days, end)[who] for end in (shop.until, shop.until - days))
        deviation = float(during.std(ddof=1)) if len(who) > 1 else 0.0
        rho = _rho(during, before) if shop.until - 2 * days >= first else None
        told.append(Past(weeks, len(who), float(during.mean()), deviation, rho))
    return told


def _spend(shop: Shop, begins: int, ends: int) -> Floats:
    rows = slice(*np.searchsorted(shop.day, [begins, ends]))
    net = shop.net[rows].astype(np.float64)
    return np.bincount(shop.customer[rows], net, shop.customers).astype(np.float64)


def _rho(one: Floats, other: Floats) -> float | None:
    x, y = one - one.mean(), other - other.mean()
    scale = sqrt(float(np.square(x).sum()) * float(np.square(y).sum()))
    return float((x * y).sum()) / scale if scale else None
