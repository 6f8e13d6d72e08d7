"""docs/rules.md read by a machine: its tables of rules, baskets and awards."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.earning.kind import Standing
from loyalty.earning.rules import RulesVersion
from loyalty.programs.policies import Basis
from loyalty.purchases.rules import Known
from tests.paper import version

PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
PARIS = ZoneInfo("Europe/Paris")
_ROW = re.compile(r"^\| ([A-F]\d+) \| (.*?) \| (.*?) \| (\d+) \|(?: (.*?))? \|$", re.MULTILINE)
_AMOUNT = re.compile(r"(\d+)(?:/(\d*)€)(~?)")
_LINE = re.compile(r"^(?:(\w+) )?(\d+\.\d\d)(?: \(([\w ]+)\))?$")


@dataclass
class Basket:
    """What stands under "basket": a purchase as it is kept, and what was known of its customer."""

    goods_minor: int = 0
    tax_minor: int = 0
    shipping_minor: int = 0
    reward_discount_minor: int = 0
    lines: list[dict[str, Any]] | None = None
    refunded_minor: int = 0
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def counts(self) -> Basis:
        """What its basis is made of."""
        return Basis()


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    number: str
    rules: list[dict[str, Any]]
    basket: Basket
    award: int
    worked: str

    @property
    def version(self) -> RulesVersion:
        """The rules, published."""
        return version(1, *self.rules)

    @property
    def known(self) -> Known:
        """What was known; every cap that counts within a period has the room of the row."""
        told = dict(self.basket.known)
        room, tier = told.pop("room", None), told.get("tier")
        rooms = {} if room is None else {rule.id: room for rule in self.version.counting()}
        if tier:
            # A tier multiplies only where the row says by how much.
            told["tier"] = Standing(*tier)
        return Known(room=rooms, **told)


def rows() -> list[Row]:
    """Read every row of the tables A to F."""
    return [
        Row(number, rules_of(rules), basket_of(basket, rules), int(award), worked)
        for number, rules, basket, award, worked in _ROW.findall(PAGE.read_text())
    ]


def rules_of(text: str) -> list[dict[str, Any]]:
    """Read `1/€ + ×2 on category wine`; a tier is no rule."""
    return [_rule(part.strip()) for part in text.split(", tier ", maxsplit=1)[0].split(" + ")]


def _rule(text: str) -> dict[str, Any]:
    head, _, rest = text.partition(" ")
    if amount := _AMOUNT.fullmatch(head):
        step = int(amount[2] or 1) * 100
        rule: dict[str, Any] = {"kind": "points_per_amount", "points_per_step": int(amount[1]), "step_minor": step}
        if amount[3]:
            rule["whole_steps"] = False
    elif head.startswith("×"):
        rule = {"kind": "multiplier", "factor": head[1:]}
    else:
        kind = {"bonus": "fixed_bonus", "first": "first_purchase", "cap": "cap"}[head]
        points, _, rest = rest.partition(" ")
        rule = {"kind": kind, "points": int(points)}
    rest = f" {rest}" if rest else ""
    for pattern, name, read in _SAID:
        if found := re.search(pattern, rest):
            rule[name] = read(found[1])
            rest = rest.replace(found[0], "", 1)
    assert not rest.strip(), f"{text!r}: {rest!r} is not understood"
    return rule


_SAID: list[tuple[str, str, Any]] = [
    (r" on category (\w+)", "categories", lambda word: [word]),
    (r" on sku (\w+)", "skus", lambda word: [word]),
    (r" except category (\w+)", "except_categories", lambda word: [word]),
    (r" except sku (\w+)", "except_skus", lambda word: [word]),
    (r" on weekdays (\d)", "weekdays", lambda day: [int(day)]),
    (r" minimum (\d+\.\d\d)", "minimum_minor", lambda amount: minor(amount)),  # noqa: PLW0108 - it stands below
    (r" from (\d{4}-\d\d-\d\d)", "starts_on", str),
    (r" to (\d{4}-\d\d-\d\d)", "ends_on", str),
    (r" between (\d\d:\d\d)", "from_time", lambda at: f"{at}:00"),
    (r" and (\d\d:\d\d)", "until_time", lambda at: f"{at}:00"),
    (r" for tiers (\w+)", "tiers", lambda word: [word]),
    (r" for segments (\w+)", "segments", lambda word: [word]),
    (r" per (\w+)", "per", str),
    (r" of (rule-\d)", "rules", lambda word: [word]),
    (r" priority (\d+)", "priority", int),
    (r" (exclusive)", "exclusive", bool),
]


def basket_of(text: str, rules: str = "") -> Basket:
    """Read `red 10.00 (wine), bread 10.00 (food), paid 10.00 with a reward`; a tier's factor stands with the rules."""
    basket, lines = Basket(), []
    if multiplied := re.search(r", tier (\w+) ×([\d.]+)", rules):
        basket.known["tier"] = (multiplied[1], multiplied[2])
    for said in re.split(r", +", re.sub(r",? paid (\d+\.\d\d) with", r", paid \1 with", text)):
        if at := re.fullmatch(r"(\d+\.\d\d) at (\S+)", said):
            basket.known["at"] = datetime.fromisoformat(at[2]).astimezone(PARIS)
            lines.append(("", minor(at[1]), None))
        elif line := _LINE.fullmatch(said):
            lines.append((line[1] or "", minor(line[2]), line[3]))
        else:
            _note(basket, said)
    basket.goods_minor = sum(amount for _, amount, category in lines if category != "gift card")
    if lines[0][0]:
        basket.lines = [_line(*line) for line in lines]
    return basket


def _note(basket: Basket, said: str) -> None:
    for pattern, note in _KNOWN:
        if found := re.fullmatch(pattern, said):
            note(basket, found)
            return
    msg = f"{said!r} is not understood"
    raise AssertionError(msg)


_KNOWN: list[tuple[str, Callable[[Basket, re.Match[str]], object]]] = [
    (r"paid (\d+\.\d\d) with a reward", lambda b, m: setattr(b, "reward_discount_minor", minor(m[1]))),
    (r"(\d+\.\d\d) of it refunded", lambda b, m: setattr(b, "refunded_minor", minor(m[1]))),
    (r"room (\d+)", lambda b, m: b.known.update(room=int(m[1]))),
    (r"tier (\w+)", lambda b, m: b.known.update(tier=(m[1], "1"))),
    (r"segments (\w+)", lambda b, m: b.known.update(segments=frozenset({m[1]}))),
    (r"the (first|second)", lambda b, m: b.known.update(first=m[1] == "first")),
]


def _line(name: str, amount: int, category: str | None) -> dict[str, Any]:
    kind = "gift_card" if category == "gift card" else "goods"
    return {"line_id": name, "sku": name, "category": category, "kind": kind, "quantity": 1, "amount_minor": amount}


def minor(amount: str) -> int:
    """Read an amount in cents."""
    return int(Decimal(amount) * 100)
