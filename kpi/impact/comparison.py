"""The estimate over all days of joining: the effect, the naive gap beside it, and the placebo. Pure.

It goes a day of joining a step, so that a job can tell how far it is, and be left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kpi.facts import Counts
from kpi.impact.matching import Effect, Flags, Group, Tally
from kpi.impact.shop import NEVER, Shop
from kpi.impact.strata import strata_of
from kpi.impact.windows import JOINING, PLACEBO, RISE, Did, Sight, Windows

# Per customer, in the windows compared: whether they bought, how often, and for how much in minor units.
OUTCOMES = ("active", "orders", "spend")
# What ought to be alike before, in the order of a group's traits.
TRAITS = ("spend", "orders", "recency")
# For so many days from a day of joining on, whoever is held against those who joined then has not joined.
APART_DAYS = 90


@dataclass(frozen=True, slots=True)
class Compared:
    """One outcome. `effect` leaves the day of joining out, `with_day` holds it; `naive` is matched with nothing.

    `placebo` is the same 45 days earlier; `rise` wholly before joining, when nothing had an effect; `before` is the
    naive gap of the 90 days before joining. None where nobody could be compared.
    """

    effect: Effect | None
    with_day: Effect | None
    naive: Effect | None
    placebo: Effect | None
    rise: Effect | None = None
    before: Effect | None = None

    @property
    def times(self) -> float | None:
        """How many times larger the naive gap is; None where one of the two is not above 0."""
        if self.effect is None or self.naive is None or self.effect.value <= 0 or self.naive.value <= 0:
            return None
        return self.naive.value / self.effect.value


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison came to, by outcome.

    `joined` members joined on one of `days` days; `eligible` of them had bought before, `matched` were compared, with
    `others` different customers. `differences` are the standardised ones of the traits before, None where infinite.
    """

    days: int
    joined: int
    eligible: int
    matched: int
    others: int
    differences: dict[str, float | None]
    outcomes: dict[str, Compared]


def days_of_joining(shop: Shop) -> Counts:
    """Give the days on which somebody joined and whose windows are over, ascending."""
    joined = shop.joined[shop.joined != NEVER]
    return np.unique(joined[joined <= shop.until - JOINING.after])


def outside(shop: Shop, day: int) -> Flags:
    """Tell who can be held against those who joined on a day: who never joined, or long enough after."""
    return shop.joined >= day + APART_DAYS


@dataclass(eq=False)
class Comparing:
    """A comparison under way: `step` until it says that nothing is left; `done` of `total` days."""

    shop: Shop
    cuts: Sequence[int]
    done: int = 0
    _days: Counts = field(init=False)

    def __post_init__(self) -> None:
        """Begin before the first day."""
        self._days = days_of_joining(self.shop)
        n, of_each = self.shop.customers, len(OUTCOMES)
        self._windows, self._earlier = Windows(self.shop, (JOINING,)), Windows(self.shop, (PLACEBO, RISE))
        self._effects, self._naive = Tally(n, 2 * of_each, cautiously=of_each), Tally(n, 2 * of_each)
        self._placebo = Tally(n, 2 * of_each)

    @property
    def total(self) -> int:
        """How many days there are."""
        return len(self._days)

    def step(self) -> bool:
        """Compare those of one day; False when none is left."""
        if self.done == self.total:
            return False
        day = int(self._days[self.done])
        members = self.shop.joined == day
        among = members | outside(self.shop, day)
        [sight] = self._windows.at(day, among)
        group = group_of(sight, members[sight.who], self.cuts)
        both = _and_then(group, sight.base, sight.after)
        self._effects.add(both)
        of_each = len(OUTCOMES)
        nobody_alike = np.zeros_like(both.stratum)
        afters = [*both.afters[of_each:], *_outcomes(sight.base)]
        self._naive.add(replace(both, stratum=nobody_alike, deltas=afters, afters=afters, traits=()))
        self._placebo.add(self._then(day, members, among))
        self.done += 1
        return True

    def _then(self, day: int, members: Flags, among: Flags) -> Group:
        """Put together what was done 45 days earlier: the outcomes of the placebo, then those of the rise."""
        placebo, rise = self._earlier.at(day, among)
        group = group_of(placebo, members[placebo.who], self.cuts, on_day=True, traits=False)
        return _and_then(group, rise.base, rise.after)

    def result(self) -> Comparison:
        """Give what it came to."""
        of_each, effects = len(OUTCOMES), self._effects
        return Comparison(
            days=self.total,
            joined=int(np.isin(self.shop.joined, self._days).sum()),
            eligible=effects.eligible,
            matched=effects.matched,
            others=effects.others,
            differences={
                name: d if isfinite(d) else None for name, d in zip(TRAITS, effects.differences(), strict=False)
            },
            outcomes={
                name: Compared(
                    effect=effects.effect(row),
                    with_day=effects.effect(of_each + row),
                    naive=self._naive.effect(row),
                    placebo=self._placebo.effect(row),
                    rise=self._placebo.effect(of_each + row),
                    before=self._naive.effect(of_each + row),
                )
                for row, name in enumerate(OUTCOMES)
            },
        )


def compare(shop: Shop, cuts: Sequence[int]) -> Comparison:
    """Compare all at once."""
    comparing = Comparing(shop, cuts)
    while comparing.step():
        pass
    return comparing.result()


def group_of(sight: Sight, treated: Flags, cuts: Sequence[int], *, on_day: bool = False, traits: bool = True) -> Group:
    """Put those of one day together; what they did on the day itself counts only with `on_day`."""
    alike = (sight.before.spend, sight.before.orders, sight.recency) if traits else ()
    group = Group(sight.who, treated, strata_of(sight, cuts), (), (), alike)
    return _and_then(group, sight.base, sight.after if on_day else sight.after - sight.on_day)


def _and_then(group: Group, base: Did, after: Did) -> Group:
    """Add outcomes after those that are there."""
    afters = _outcomes(after)
    deltas = [told - before for told, before in zip(afters, _outcomes(base), strict=True)]
    return replace(group, deltas=[*group.deltas, *deltas], afters=[*group.afters, *afters])


def _outcomes(did: Did) -> list[NDArray[Any]]:
    return [(did.orders > 0).view(np.int8), did.orders, did.spend]
