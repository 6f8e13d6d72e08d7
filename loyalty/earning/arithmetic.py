"""The order of the arithmetic, where several rules meet: docs/rules.md. Exact; the caller floors once, at the end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from loyalty.earning.kind import Asked, Exact, Line, Occasion, Standing
from loyalty.earning.rule import Rule


@dataclass(slots=True)
class Part:
    """What one rule (none: the tier) gives. `lines`: by line, of what is given to lines; `net`: less what caps took."""

    rule: Rule | None
    matching: Sequence[int] = ()
    given: Exact = 0
    net: Exact = 0
    steps: Exact | None = None
    reason: str | None = None
    lines: list[Exact] | None = None
    net_lines: list[Exact] | None = None
    # Of a cap: what it took, of whom.
    taken: dict[str, Exact] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The id of the rule."""
        return self.rule.id if self.rule else "tier"

    def give(self, points: Exact, lines: list[Exact] | None) -> None:
        """Note what it gives."""
        self.given = self.net = points
        self.lines = self.net_lines = lines


class Sums:
    """One occasion while its rules are asked, stage by stage."""

    def __init__(self, occasion: Occasion, rules: Iterable[Rule]) -> None:
        """Ask every rule, in the order of the stages."""
        self.occasion = occasion
        # Told without lines it is one, which has no name.
        self.lines = occasion.lines or [Line("", occasion.basis)]
        self.so_far: list[Exact] = [0] * len(self.lines)
        self.parts = [self._opened(rule) for rule in rules]
        self.tier = Part(None) if occasion.action is None and _multiplies(occasion.tier) else None
        self._silence()
        for part in self._speaking("base"):
            self._share(part, part.given, [self.lines[place].basis for place in part.matching])
        for part in self._speaking("multiplier"):
            self._multiply(part)
        if self.tier and not self.tier.reason and occasion.tier:
            self._raise(self.tier, occasion.tier)
        self.caps = self._speaking("cap")
        for part in self.caps:
            self._limit(part)

    def _opened(self, rule: Rule) -> Part:
        """Find what a rule is about, and why it does not speak; base rules and bonuses say what they give."""
        part, occasion = Part(rule, reason=rule.closed(self.occasion)), self.occasion
        if part.reason or rule.stage == "cap":
            return part
        basis: Exact = 0
        if occasion.action is None:
            part.reason = self._find(part, rule)
            if part.reason:
                return part
            basis = sum(self.lines[place].basis for place in part.matching)
            if basis < rule.frame.minimum_minor:
                part.reason = "below_minimum"
                return part
        if rule.stage != "multiplier":
            room = occasion.room.get(rule.id, rule.counted.limit) if rule.counted else 0
            earned = rule.settings.earned(Asked(occasion, basis, 0, room))
            part.reason, part.steps = earned.reason, earned.steps
            part.give(earned.points, None)
        return part

    def _find(self, part: Part, rule: Rule) -> str | None:
        if not self.occasion.basis:
            return "no_basis"
        if rule.needs_lines and not self.occasion.lines:
            return "no_lines"
        part.matching = [place for place, line in enumerate(self.lines) if rule.matches(line)]
        return None if part.matching else "no_matching_line"

    def _silence(self) -> None:
        """Let the exclusive rule of highest priority, of equals the first, silence all others but caps."""
        exclusive = [p for p in self.parts if p.rule and p.rule.frame.exclusive and not p.reason]
        loudest = max(exclusive, key=lambda p: p.rule.frame.priority if p.rule else 0, default=None)
        if loudest is None:
            return
        for part in self.parts:
            if part is not loudest and part.rule and part.rule.stage != "cap" and not part.reason:
                part.reason = "silenced"
                part.give(0, None)
        if self.tier:
            self.tier.reason = "silenced"

    def _speaking(self, stage: str) -> list[Part]:
        return [part for part in self.parts if part.rule and part.rule.stage == stage and not part.reason]

    def _share(self, part: Part, points: Exact, weights: list[Exact]) -> None:
        """Give points to the matching lines by their weights."""
        whole, by_line = sum(weights), [Fraction(0)] * len(self.lines)
        for place, weight in zip(part.matching, weights, strict=True):
            by_line[place] = points * Fraction(weight) / whole
            self.so_far[place] += by_line[place]
        part.give(points, list(by_line))

    def _multiply(self, part: Part) -> None:
        rule, have = part.rule, [self.so_far[place] for place in part.matching]
        if rule is None:  # pragma: no cover - asked for above
            raise AssertionError
        earned = rule.settings.earned(Asked(self.occasion, 0, sum(have), 0))
        part.reason = earned.reason
        if not earned.reason and earned.points:
            self._share(part, earned.points, have)

    def _raise(self, part: Part, tier: Standing) -> None:
        part.matching = [place for place, points in enumerate(self.so_far) if points]
        have = [self.so_far[place] for place in part.matching]
        if have:
            self._share(part, sum(have) * (Fraction(tier.factor) - 1), have)
        else:
            part.reason = "nothing_to_multiply"

    def of_cap(self, cap: Part) -> list[Part]:
        """Give the parts that a cap is about, in the order of the list; the tier's is the last."""
        named = getattr(cap.rule.settings, "rules", ()) if cap.rule else ()
        found = [part for part in self.parts if part.rule and part.rule.stage != "cap" and not part.reason]
        if self.tier and not self.tier.reason:
            found.append(self.tier)
        return [part for part in found if not named or part.name in named] if named else found

    def _limit(self, cap: Part) -> None:
        """Take away what is too much, from the last of its rules first."""
        if cap.rule is None:  # pragma: no cover - asked for above
            raise AssertionError
        own, counted = self.of_cap(cap), cap.rule.counted
        room = self.occasion.room.get(cap.rule.id, counted.limit) if counted else 0
        too_much = -cap.rule.settings.earned(Asked(self.occasion, 0, sum(part.net for part in own), room)).points
        by_line: list[Exact] = [0] * len(self.lines)
        for part in reversed(own):
            take = min(too_much, part.net)
            if not take:
                continue
            too_much -= take
            cap.taken[part.name] = take
            cap.given -= take
            if part.net_lines:
                kept = Fraction(part.net - take) / part.net
                by_line = [taken - line * (1 - kept) for taken, line in zip(by_line, part.net_lines, strict=True)]
                part.net_lines = [line * kept for line in part.net_lines]
            part.net -= take
        cap.lines = by_line if any(by_line) else None

    def all_parts(self) -> list[Part]:
        """Give every part in the order of the list, the tier's last."""
        return [*self.parts, self.tier] if self.tier else self.parts

    def total(self) -> Exact:
        """Give the exact points of all."""
        return sum(part.net for part in self.all_parts())

    def uses(self, total: int) -> dict[str, int]:
        """Give what each rule that counts within a period has let through: of all rules the whole points."""
        found: dict[str, int] = {}
        for cap in self.caps:
            if cap.rule and cap.rule.counted:
                named = getattr(cap.rule.settings, "rules", ())
                exact = sum(part.net for part in self.of_cap(cap))
                found[cap.rule.id] = -(-exact // 1) if named else total
        for part in self.parts:
            if part.rule and part.rule.counted and part.rule.stage != "cap" and not part.reason:
                found[part.rule.id] = 1
        return found

    def told(self, part: Part) -> dict[str, Any]:
        """Tell a part as the award stores it, JSON-ready."""
        told: dict[str, Any] = {"rule": part.rule.id, "kind": part.rule.kind} if part.rule else {"kind": "tier"}
        if part.rule is None and self.occasion.tier:
            told |= {"tier": self.occasion.tier.key, "factor": self.occasion.tier.factor}
        if part.steps is not None and not part.reason:
            told["steps"] = str(part.steps)
        told["points"] = str(part.given)
        if part.reason:
            told["reason"] = part.reason
        if part.taken:
            told["taken"] = {name: str(points) for name, points in part.taken.items()}
        if self.occasion.lines and part.lines:
            told["lines"] = [
                self._line(line, points, part, place)
                for place, (line, points) in enumerate(zip(self.lines, part.lines, strict=True))
            ]
        return told

    def _line(self, line: Line, points: Exact, part: Part, place: int) -> dict[str, Any]:
        told = {"line_id": line.line_id, "basis": str(line.basis), "points": str(points)}
        if line.reason:
            told["reason"] = line.reason
        elif part.rule and part.rule.stage != "cap" and place not in part.matching and line.basis:
            told["reason"] = "other_product"
        return told


def _multiplies(tier: Standing | None) -> bool:
    return tier is not None and Fraction(tier.factor) != 1
