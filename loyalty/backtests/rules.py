"""Deciding past purchases under other rules, by what was known and kept when each was decided. Pure.

What an award says of a decision stays: who was a member, what was kept, which tier and segments were seen. What the
rules themselves bring about is lived through again: who bought first, and what is left under a cap.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from loyalty.earning.kind import Per, Standing
from loyalty.earning.periods import period_of
from loyalty.earning.rules import RulesVersion
from loyalty.errors import Invalid
from loyalty.points.dates import midnight_after
from loyalty.points.facts import OpenAccount
from loyalty.programs.facts import Source
from loyalty.programs.policies import basis_of
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.facts import Read
from loyalty.purchases.rules import target
from loyalty.purchases.seen import worth_as_seen

_DAY = timedelta(days=1)
_LONGER_THAN_ANY_PERIOD = 400
# What is placed is decided by its own time.
_NO_TIME = datetime.min.replace(tzinfo=UTC)


class Decision(Struct, frozen=True):
    """One decision of the past on a purchase: its award, and the purchase as it was told then.

    `due`: what it changed really. `reason`: why it earned nothing whatever the rules say. `noted`: what it stored of
    what was seen. `again`: there are later ones on the same purchase. `segments`: those that the customer is in now.
    """

    award_id: UUID
    cause: str
    customer_id: UUID | None
    purchase_id: UUID
    rules_version: int | None
    due: int
    kept_minor: int
    reason: str | None
    policy: dict[str, Any] | None
    noted: dict[str, Any] | None
    again: bool
    placed_at: datetime
    goods_minor: int
    tax_minor: int
    shipping_minor: int
    reward_discount_minor: int
    lines: list[dict[str, Any]] | None
    segments: frozenset[str] = frozenset()


class Merger(Struct, frozen=True):
    """From here on, what belonged to one customer belongs to another."""

    award_id: UUID
    gone: UUID
    kept: UUID


class Bench(Batch):
    """A programme as it would be now under other rules, in force since ever. Fed with its decisions, in their order.

    It remembers what customers hold under caps, whose purchases could earn, and purchases that are decided again.
    """

    def __init__(self, source: Source, version: RulesVersion, asked: Mapping[int, frozenset[str]]) -> None:
        """Begin with nothing recorded. `asked`: the segments that each version in force asked for."""
        super().__init__(source, Read(_NO_TIME, 0, [], [], [], [], [], [], [], []), [version])
        self.version = version
        self._zone = source.program.zone
        self._asked = asked
        self._open: dict[UUID, OpenOrder] = {}
        self._standing: Standing | None = None
        self._within: set[str] = set()

    def tier_at(self, account: OpenAccount, at: datetime) -> Standing | None:  # noqa: ARG002 - as it was seen
        """Give the tier that was seen."""
        return self._standing

    def segments_of(self, account: OpenAccount) -> set[str]:  # noqa: ARG002 - as they were seen
        """Give the segments that were seen; of those that nobody asked for then, the ones of now."""
        return self._within

    def decide(self, told: Decision) -> int:
        """Decide as then; tells by how much what is due under the rules tried changes."""
        order = self._told_then(told)
        aim = self._aim(order, told) if told.reason is None or order.noted is not None else 0
        due, order.due = aim - order.due, aim
        if told.again:
            self._open[order.purchase_id] = order
        return due

    def _told_then(self, told: Decision) -> OpenOrder:
        """Have the purchase stand as it was told then."""
        order = self._open.pop(told.purchase_id, None) or OpenOrder(told.purchase_id, "", None, 0, "recorded", self.now)
        order.placed_at = told.placed_at
        order.goods_minor, order.tax_minor, order.shipping_minor = told.goods_minor, told.tax_minor, told.shipping_minor
        order.reward_discount_minor, order.lines = told.reward_discount_minor, told.lines
        order.basis = order.basis or basis_of(told.policy)
        return order

    def _aim(self, order: OpenOrder, told: Decision) -> int:
        if told.customer_id is None:
            return 0
        self._see(order, told)
        if not self.remembers(self.version):
            return target(order, told.kept_minor, self.version)[1].total
        account = OpenAccount(told.customer_id, None, 0, self._zone)
        _, points, _ = worth_as_seen(
            self, order, account, told.kept_minor, self.version, told.cause, earns=told.reason is None
        )
        if told.reason is not None:
            return 0
        self.earned.add(told.customer_id)
        order.earned = True
        return points.total

    def _see(self, order: OpenOrder, told: Decision) -> None:
        """Know what was known."""
        noted = told.noted or {}
        tier = noted.get("tier")
        self._standing = Standing(tier["key"], tier["factor"]) if tier else None
        self.has_tiers = tier is not None or "tier" in (order.noted or {})
        wanted = self.version.needs.segments
        if wanted:
            asked = self._asked.get(told.rules_version or 0, frozenset()) if told.noted else frozenset()
            self._within = set(noted.get("segments") or ()) | (told.segments - asked)

    def merge(self, merger: Merger) -> None:
        """Let the survivor hold what both held under caps, and bear the marks of both."""
        if merger.gone in self.earned:
            self.earned.add(merger.kept)
        for owner, rule_id, period in [key for key in self.uses if key[0] == merger.gone]:
            points = self.uses.pop((owner, rule_id, period))
            kept = (merger.kept, rule_id, period)
            self.uses[kept] = self.uses.get(kept, 0) + points


def in_order(from_on: date, to_on: date) -> None:
    """Refuse a range that ends before it begins."""
    if from_on > to_on:
        msg = "The first day is not after the last one."
        raise Invalid(msg, pointer="/from_on")


def span(version: RulesVersion, from_on: date, to_on: date, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Tell between which instants purchases decide on those of a range of days; None: there is no end.

    A cap is filled by its whole period, and to know who bought first, everything must be looked at.
    """
    if version.needs.first or any(rule.counted and rule.counted.per == "ever" for rule in version.of_purchases):
        return None, None
    pers: set[Per] = {rule.counted.per for rule in version.of_purchases if rule.counted}
    first = min((_edge(per, from_on, -_DAY) for per in pers), default=from_on)
    last = max((_edge(per, to_on, _DAY) for per in pers), default=to_on)
    return midnight_after(first - _DAY, zone), midnight_after(last, zone)


def _edge(per: Per, day: date, step: timedelta) -> date:
    """Give the first (or last) day of the period that a day lies in."""
    name = period_of(per, day)
    for _ in range(_LONGER_THAN_ANY_PERIOD):
        if period_of(per, day + step) != name:
            return day
        day += step
    raise AssertionError  # pragma: no cover - no period but `ever` is longer
