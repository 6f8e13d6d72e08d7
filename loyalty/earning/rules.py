"""What a purchase or an action earns under one version of the rules: exact, floored once, with the why."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

import msgspec

from loyalty.earning.arithmetic import Sums
from loyalty.earning.kind import Asked, Exact, Occasion
from loyalty.earning.rule import Rule, load


class StoredRules(msgspec.Struct, frozen=True):
    """One published version as stored."""

    version: int
    in_force_from: datetime | None
    rules: list[dict[str, Any]]
    name: str | None = None


class Needs(msgspec.Struct, frozen=True):
    """What versions must know of a customer besides the purchase."""

    tier: bool = False
    segments: frozenset[str] = frozenset()
    first: bool = False
    uses: bool = False

    def __or__(self, other: "Needs") -> "Needs":
        """Need what either needs."""
        return Needs(
            self.tier or other.tier,
            self.segments | other.segments,
            self.first or other.first,
            self.uses or other.uses,
        )


NOTHING = Needs()


class RulesVersion:
    """One published version, ready to decide."""

    def __init__(self, stored: StoredRules) -> None:
        """Keep what is stored; it was checked when it was published, and is loaded when it is asked."""
        self.version = stored.version
        self.in_force_from = stored.in_force_from
        self._stored = stored.rules

    @cached_property
    def rules(self) -> list[Rule]:
        """The rules in order."""
        return [load(settings, place) for place, settings in enumerate(self._stored)]

    @cached_property
    def plain(self) -> Rule | None:
        """The only rule, where it has no conditions and is of amounts: what most programmes have is answered faster."""
        alone = self.rules[0] if len(self.rules) == 1 else None
        return alone if alone and alone.always and alone.stage == "base" and not alone.counted else None

    @cached_property
    def of_purchases(self) -> list[Rule]:
        """The rules that purchases are decided by."""
        return [rule for rule in self.rules if rule.settings.on == "purchase"]

    def of_action(self, action: str) -> list[Rule]:
        """Give the rules for an action, and the caps that count within periods."""
        return [
            rule
            for rule in self.rules
            if (rule.stage == "cap" and rule.counted) or getattr(rule.settings, "action", None) == action
        ]

    def counting(self, action: str | None = None) -> list[Rule]:
        """Give the rules that count within periods."""
        asked = self.of_purchases if action is None else self.of_action(action)
        return [rule for rule in asked if rule.counted]

    @cached_property
    def remembers(self) -> bool:
        """Tell whether anything is looked up to decide by it, or to be remembered: lots with dates of their own."""
        return self.needs != NOTHING or any(rule.dated for rule in self.rules)

    @cached_property
    def needs(self) -> Needs:
        """What deciding by these rules must know."""
        return Needs(
            tier=any(rule.frame.tiers for rule in self.rules),
            segments=frozenset(key for rule in self.rules for key in rule.frame.segments),
            first=any(rule.kind == "first_purchase" for rule in self.rules),
            # A birthday is marked for its year.
            uses=any(rule.counted or rule.kind == "birthday" for rule in self.rules),
        )


class Points(msgspec.Struct, frozen=True):
    """The whole points that an occasion is worth, and the breakdown: one element per rule, JSON-ready.

    `uses`: what it holds under each rule that counts within a period. `dated`: which of the points lie in lots with
    dates of their own, by rule.
    """

    total: int
    breakdown: list[dict[str, Any]]
    uses: dict[str, int] = {}
    dated: dict[str, int] = {}


def in_force(versions: Sequence[RulesVersion], at: datetime) -> RulesVersion:
    """Find the version in force at an instant. The first one is in force since ever."""
    found = versions[0]
    for version in versions[1:]:
        if version.in_force_from is not None and version.in_force_from <= at:
            found = version
    return found


def points_for(occasion: Occasion, version: RulesVersion) -> Points:
    """Decide what an occasion earns. Every rule's exact part is in the breakdown; the sum is floored once."""
    plain = version.plain
    if plain is not None and occasion.action is None and (occasion.tier is None or occasion.tier.factor == "1"):
        return _plainly(occasion, plain)
    about = version.of_purchases if occasion.action is None else version.of_action(occasion.action)
    sums = Sums(occasion, about)
    total = sums.total() // 1
    dated = {p.rule.id: p.net // 1 for p in sums.parts if p.rule and p.rule.dated and p.net // 1}
    return Points(total, [sums.told(part) for part in sums.all_parts()], sums.uses(total), dated)


def _plainly(occasion: Occasion, rule: Rule) -> Points:
    """Do what `Sums` does, for one rule that asks for nothing."""
    earned = rule.settings.earned(Asked(occasion, occasion.basis, 0, 0))
    part: dict[str, Any] = {"kind": rule.kind, "steps": str(earned.steps), "points": str(earned.points)}
    if rule.frame.id:
        part = {"rule": rule.id, **part}
    if occasion.lines:
        part["lines"] = [
            _share(line.line_id, line.basis, line.reason, occasion, earned.points) for line in occasion.lines
        ]
    return Points(earned.points // 1, [part])


def _share(line_id: str, basis: Exact, reason: str | None, occasion: Occasion, points: Exact) -> dict[str, Any]:
    """Tell a line's exact share of a rule's points, or why it has none."""
    share = points * Fraction(basis) / occasion.basis if occasion.basis else 0
    told: dict[str, Any] = {"line_id": line_id, "basis": str(basis), "points": str(share)}
    if reason:
        told["reason"] = reason
    return told
