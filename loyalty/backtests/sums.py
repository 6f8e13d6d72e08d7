"""Adding up what other rules would have given, by customer, tier and month. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from loyalty.backtests.facts import Cost, Mover, OfMonth, OfTier, Result, Sum
from loyalty.backtests.rules import Decision, Merger

_MOVERS = 10


class Sums:
    """The sums of a range of local days, both included: of purchases, points tried, and points really given."""

    def __init__(self, from_on: date, to_on: date, zone: ZoneInfo) -> None:
        """Begin with nothing."""
        self._from_on, self._to_on, self._zone = from_on, to_on, zone
        self._customers: dict[UUID, list[int]] = {}
        self._tiers: dict[str | None, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._months: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])

    def add(self, told: Decision, tried: int) -> None:
        """Add what a decision changes under the rules tried, and what it really did."""
        day = told.placed_at.astimezone(self._zone).date()
        if not self._from_on <= day <= self._to_on:
            return
        # Every purchase has one decision of its own.
        change = (1 if told.cause == "purchase" else 0, tried, told.due)
        tier = (told.noted or {}).get("tier")
        _add(self._tiers[tier["key"] if tier else None], change)
        _add(self._months[f"{day.year:04}-{day.month:02}"], change)
        # Whose purchases could not earn is no customer that it could make a difference for.
        if told.customer_id is not None and (told.reason is None or tried or told.due):
            _add(self._customers.setdefault(told.customer_id, [0, 0, 0]), change)

    def merge(self, merger: Merger) -> None:
        """Count two customers as one from here on."""
        gone = self._customers.pop(merger.gone, None)
        if gone is not None:
            _add(self._customers.setdefault(merger.kept, [0, 0, 0]), gone)

    def result(self, point_cost_minor: Decimal | None, decisions: int, seconds: float) -> Result:
        """Give it all."""
        total = Sum(*(sum(column) for column in zip(*self._months.values(), strict=True))) if self._months else _NONE
        movers = [Mover(customer_id, Sum(*sums)) for customer_id, sums in self._customers.items()]
        # Of equals always the same ones.
        movers.sort(key=lambda mover: (mover.sum.difference, mover.customer_id))
        lost = [mover for mover in movers if mover.sum.difference < 0]
        gained = [mover for mover in movers if mover.sum.difference > 0]
        return Result(
            total=total,
            cost=None if point_cost_minor is None else _cost(total, point_cost_minor),
            customers=len(movers),
            gain=len(gained),
            lose=len(lost),
            same=len(movers) - len(gained) - len(lost),
            gained_most=gained[: -_MOVERS - 1 : -1],
            lost_most=lost[:_MOVERS],
            tiers=[OfTier(tier, Sum(*sums)) for tier, sums in sorted(self._tiers.items(), key=lambda i: i[0] or "")],
            months=[OfMonth(month, Sum(*sums)) for month, sums in sorted(self._months.items())],
            decisions=decisions,
            seconds=seconds,
        )


_NONE = Sum(0, 0, 0)


def _add(sums: list[int], change: Iterable[int]) -> None:
    for place, number in enumerate(change):
        sums[place] += number


def _cost(total: Sum, each: Decimal) -> Cost:
    return Cost(*(_rounded(points * each) for points in (total.tried, total.real, total.difference)))


def _rounded(amount: Decimal) -> int:
    """Round half up, away from zero."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
