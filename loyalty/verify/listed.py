"""The arithmetic of several rules, written down a second time from docs/rules.md; it shares nothing with the rules."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from typing import Any

Rule = dict[str, Any]
# The kinds whose arithmetic stands here, and in which step each is asked.
STEP = {
    "points_per_amount": 3, "multiplier": 4, "fixed_bonus": 5, "first_purchase": 5, "joining": 5, "birthday": 5,
    "custom_action": 5, "cap": 6,
}  # fmt: skip
_OF_ACTIONS = {"joining", "birthday", "custom_action"}
_NO_LINE = (None, None)


@dataclass(frozen=True, slots=True)
class Told:
    """What is decided on: lines as (sku, category, basis), or one of nothing; the local time; what was seen."""

    basis: Fraction | int
    lines: list[tuple[str | None, str | None, Fraction | int]]
    at: datetime
    seen: dict[str, Any] = field(default_factory=dict)
    action: str | None = None


@dataclass(frozen=True, slots=True)
class Worth:
    """Whole points, and what is held under each rule that counts."""

    points: int
    uses: dict[str, int]


def listed_worth(rules: list[Rule], told: Told) -> Worth:
    """Compute what an occasion is worth by a list of rules."""
    named = [(rule.get("id") or f"rule-{place}", rule) for place, rule in enumerate(rules, 1)]
    speaking = [(name, rule, hits) for name, rule in named if (hits := _hits(rule, told, name)) is not None]
    loud = [s for s in speaking if s[1].get("exclusive")]
    tier = None if told.action else told.seen.get("tier")
    if loud:
        best = max(loud, key=lambda s: int(s[1].get("priority", 0)))
        speaking = [s for s in speaking if s is best or s[1]["kind"] == "cap"]
        tier = None
    have: list[Fraction | int] = [0] * max(1, len(told.lines))
    gains: dict[str, Fraction | int] = {}
    for step in (3, 4, 5):
        for name, rule, hits in speaking:
            if STEP[rule["kind"]] == step:
                gains[name] = _gain(rule, hits, told, have)
        if step == 4 and tier and not loud:  # noqa: PLR2004 - of the page
            gains["the tier"] = sum(have) * (Fraction(tier["factor"]) - 1)
    order = [name for name, _ in named if name in gains] + ["the tier"] * ("the tier" in gains)
    caps = [(name, rule) for name, rule, _ in speaking if rule["kind"] == "cap"]
    for name, rule in caps:
        own = [gain for gain in order if _all(rule) or gain in rule["rules"]]
        _cut(_room(name, rule, told), own, gains)
    points = sum(gains.values()) // 1
    uses = {
        name: points if _all(rule) else _rounded_up(rule, gains) for name, rule in caps if rule["per"] != "purchase"
    }
    return Worth(points, uses | {name: 1 for name, rule, _ in speaking if rule.get("once_per")})


def _hits(rule: Rule, told: Told, name: str) -> list[int] | None:
    """Give the lines that a rule is about; None: it does not speak."""
    kind = rule["kind"]
    if not _holds(rule, told) or (kind in _OF_ACTIONS) != (told.action is not None and kind != "cap"):
        return None
    if told.action is not None:
        own = kind == "cap" or (rule["action"] if kind == "custom_action" else kind) == told.action
        if kind == "cap" and rule["per"] == "purchase":
            return None
        return [] if own and (not rule.get("once_per") or _left(name, 1, told)) else None
    if kind == "cap":
        return []
    lines = told.lines or [(*_NO_LINE, told.basis)]
    hits = [place for place, line in enumerate(lines) if line[2] and _about(rule, line[0], line[1])]
    if not hits or not told.basis or sum(lines[place][2] for place in hits) < int(rule.get("minimum_minor", 0)):
        return None
    return None if kind == "first_purchase" and not told.seen.get("first") else hits


def _holds(rule: Rule, told: Told) -> bool:
    day, clock = told.at.date(), told.at.time()
    tier, tiers, segments = told.seen.get("tier"), rule.get("tiers"), rule.get("segments")
    return not (
        ("starts_on" in rule and rule["starts_on"] and day < date.fromisoformat(rule["starts_on"]))
        or ("ends_on" in rule and rule["ends_on"] and day > date.fromisoformat(rule["ends_on"]))
        or (rule.get("weekdays") and day.isoweekday() not in rule["weekdays"])
        or (rule.get("from_time") and clock < time.fromisoformat(rule["from_time"]))
        or (rule.get("until_time") and clock >= time.fromisoformat(rule["until_time"]))
        or (tiers and (tier is None or tier["key"] not in tiers))
        or (segments and not set(segments) & set(told.seen.get("segments") or ()))
    )


def _about(rule: Rule, sku: str | None, category: str | None) -> bool:
    skus, categories = rule.get("skus") or (), rule.get("categories") or ()
    if (skus or categories) and sku not in skus and category not in categories:
        return False
    return sku not in (rule.get("except_skus") or ()) and category not in (rule.get("except_categories") or ())


def _gain(rule: Rule, hits: list[int], told: Told, have: list[Fraction | int]) -> Fraction | int:
    """Give what a rule gives, and let the lines have it."""
    if rule["kind"] == "multiplier":
        more = {place: have[place] * (Fraction(rule["factor"]) - 1) for place in hits}
    elif rule["kind"] == "points_per_amount":
        lines = told.lines or [(*_NO_LINE, told.basis)]
        basis = sum(lines[place][2] for place in hits)
        points = per_amount(rule, basis)
        more = {place: Fraction(lines[place][2]) * points / basis for place in hits}
    else:
        return int(rule["points"])
    for place, points in more.items():
        have[place] += points
    return sum(more.values())


def per_amount(rule: Rule, basis: Fraction | int) -> Fraction | int:
    """Give the points of an amount, exact."""
    step, points_per_step = int(rule["step_minor"]), int(rule["points_per_step"])
    if rule.get("whole_steps", True):
        return basis // step * points_per_step
    return Fraction(basis) / step * points_per_step


def _all(rule: Rule) -> bool:
    return not rule.get("rules")


def _room(name: str, rule: Rule, told: Told) -> int:
    if rule["per"] == "purchase":
        return int(rule["points"])
    return _left(name, int(rule["points"]), told)


def _left(name: str, limit: int, told: Told) -> int:
    return int(((told.seen.get("caps") or {}).get(name) or {}).get("room", limit))


def _cut(room: int, own: list[str], gains: dict[str, Fraction | int]) -> None:
    too_much = max(0, sum(gains[name] for name in own) - room)
    for name in reversed(own):
        cut = min(too_much, gains[name])
        gains[name] -= cut
        too_much -= cut


def _rounded_up(rule: Rule, gains: dict[str, Fraction | int]) -> int:
    return -(-sum(gains.get(name, 0) for name in set(rule["rules"])) // 1)
