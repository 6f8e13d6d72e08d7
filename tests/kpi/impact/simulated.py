"""Simulated shops with a planted effect, and customers who select themselves."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kpi.impact.shop import NEVER, Shop

CUTS = (5000, 10000, 20000, 40000, 80000, 160000)
DAYS = 420
FIRST_JOINING, LAST_JOINING = 150, 320
_MEAN_BASKET = 3000

# "past": who bought more in the last 90 days joins more often; "waves": the same, on a few days; "unseen": joins as the
# own rate is about to rise; "rising": joins while it has been rising for 45 days.
Selection = Literal["past", "waves", "unseen", "rising"]


@dataclass(frozen=True)
class Simulated:
    """A shop, and the effect on the orders of each customer in the 89 days after the day of joining."""

    shop: Shop
    per_customer: NDArray[np.float64]

    def planted(self) -> float:
        """Give the mean effect on those who joined and had bought in the 90 days before."""
        shop = self.shop
        joined = shop.joined[shop.customer]
        before = (shop.day < joined) & (shop.day >= joined - 90) & (joined != NEVER)
        eligible = np.zeros(shop.customers, dtype=bool)
        eligible[shop.customer[before]] = True
        return float(self.per_customer[eligible].mean())


def simulate(seed: int, effect: float, selection: Selection, customers: int = 4000, hazard: float = 1.0) -> Simulated:
    """Make a shop: rates differ between customers, seasons are everybody's, and joining is chosen."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.2, 0.04, customers)
    season = 1 + 0.25 * np.sin(2 * np.pi * np.arange(DAYS) / 365)
    rates = rate[:, None] * season[None, :]
    joined = np.full(customers, NEVER)
    days = np.arange(FIRST_JOINING, LAST_JOINING) if selection != "waves" else np.array([150, 240, 320])
    if selection in {"unseen", "rising"}:
        joined = np.where(rng.random(customers) < 0.3, rng.choice(days, customers), NEVER)
        begins = joined if selection == "unseen" else joined - 45
        rising = np.arange(DAYS)[None, :] >= np.where(joined == NEVER, DAYS, begins)[:, None]
        rates = rates * np.where(rising, 1.3, 1.0)
    bought = rng.poisson(rates)
    if selection in {"past", "waves"}:
        total = np.cumsum(bought, axis=1)
        per_day = hazard * (0.0006 if selection == "past" else 0.03)
        for day in days:
            before = total[:, day - 1] - total[:, day - 91]
            chance = per_day * np.log2(1 + before)
            joined = np.where((joined == NEVER) & (rng.random(customers) < chance), day, joined)
    since = np.arange(DAYS)[None, :] > np.where(joined == NEVER, DAYS, joined)[:, None]
    extra = rng.poisson(effect * rates * since) if effect else 0
    within = since & (np.arange(DAYS)[None, :] < np.where(joined == NEVER, DAYS, joined)[:, None] + 90)
    own_basket = _MEAN_BASKET * rng.gamma(6, 1 / 6, customers)
    return Simulated(_told(rng, bought + extra, joined, own_basket), (effect * rates * within).sum(axis=1))


def _told(
    rng: np.random.Generator, bought: NDArray[np.int64], joined: NDArray[np.int64], basket: NDArray[np.float64]
) -> Shop:
    day, customer = np.nonzero(bought.T)
    times = bought[customer, day]
    day, customer = np.repeat(day, times), np.repeat(customer, times)
    net = np.maximum(1, (basket[customer] * rng.gamma(3, 1 / 3, len(day)))).astype(np.int64)
    keys = rng.integers(0, 2**64, len(joined), dtype=np.uint64)
    return Shop(customer.astype(np.int64), day.astype(np.int64), net, joined, keys, until=DAYS)
