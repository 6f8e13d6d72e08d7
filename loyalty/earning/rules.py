"""What a purchase earns under one version of the rules: exact fractions, base rules sum, floored once, with the why."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

import msgspec

from loyalty.earning.kind import Basket, EarningKind, Exact, load


class StoredRules(msgspec.Struct, frozen=True):
    """One published version as stored."""

    version: int
    in_force_from: datetime | None
    rules: list[dict[str, Any]]


class RulesVersion:
    """One published version, ready to decide."""

    def __init__(self, stored: StoredRules) -> None:
        """Load the rules; stored ones were checked when they were published."""
        self.version = stored.version
        self.in_force_from = stored.in_force_from
        self._stored = stored.rules

    @cached_property
    def rules(self) -> list[tuple[str, EarningKind]]:
        """The rules with the names of their kinds, in order."""
        return [load(settings) for settings in self._stored]


class Points(msgspec.Struct, frozen=True):
    """The whole points that a basket is worth, and the breakdown: one element per rule, JSON-ready."""

    total: int
    breakdown: list[dict[str, Any]]


def in_force(versions: Sequence[RulesVersion], at: datetime) -> RulesVersion:
    """Find the version in force at an instant. The first one is in force since ever."""
    found = versions[0]
    for version in versions[1:]:
        if version.in_force_from is not None and version.in_force_from <= at:
            found = version
    return found


def points_for(basket: Basket, version: RulesVersion) -> Points:
    """Decide what a basket earns. Every rule's exact part is in the breakdown; the sum is floored once, at the end."""
    exact: Exact = 0
    breakdown: list[dict[str, Any]] = []
    for kind, rule in version.rules:
        earned = rule.points(basket)
        exact += earned.points
        part: dict[str, Any] = {"kind": kind, "steps": str(earned.steps), "points": str(earned.points)}
        if basket.lines:
            part["lines"] = [
                _share(line.line_id, line.basis, line.reason, basket, earned.points) for line in basket.lines
            ]
        breakdown.append(part)
    return Points(exact // 1, breakdown)


def _share(line_id: str, basis: Exact, reason: str | None, basket: Basket, points: Exact) -> dict[str, Any]:
    """Tell a line's exact share of a rule's points, or why it has none."""
    share = points * Fraction(basis) / basket.basis if basket.basis else 0
    told: dict[str, Any] = {"line_id": line_id, "basis": str(basis), "points": str(share)}
    if reason:
        told["reason"] = reason
    return told
