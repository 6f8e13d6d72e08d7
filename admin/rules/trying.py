"""A try on a basket: the form, all of which is in the address, and the points with the why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, Said, draw, read
from admin.members.listing import name_of
from admin.members.why import WhyBox, make_tried
from admin.rules.addresses import base_of, draft_address
from admin.rules.draft_page import current
from admin.rules.listing import speaker_of
from loyalty.earning.facts import DraftFacts
from loyalty.i18n import mark
from loyalty.members.people import Found
from loyalty.members.why import RuleShare, Why
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.calculating import CalculationIn, CalculationOut
from loyalty.purchases.staff import RulesSeen
from loyalty.purchases.told import LineIn
from loyalty.web.bounds import decimal_text

_MOST_LINES = 20
_EMPTY_LINES = 2
_Amount = Annotated[int, Meta(ge=0, le=10**15)]
_Text = Annotated[str, Meta(min_length=1, max_length=128)]


class Basket(Struct, frozen=True):
    """What was bought, and when."""

    goods_minor: Annotated[
        _Amount | None,
        Meta(title=mark("Amount"), description=mark("After discounts. Empty: what the products below come to.")),
    ] = None
    placed_at: Annotated[datetime | None, Meta(title=mark("When"), description=mark("Empty: now."))] = None


class BasketLine(Struct, frozen=True):
    """A product of the basket."""

    sku: Annotated[_Text | None, Meta(title=mark("Product (SKU)"))] = None
    category: Annotated[_Text | None, Meta(title=mark("Category"))] = None
    amount_minor: Annotated[_Amount, Meta(title=mark("Amount"))] = 0


@dataclass(frozen=True)
class Tried:
    """The form as it was filled in. `told` is the basket when nothing is wrong; `asked`, whether one was sent."""

    basket: KindForm
    lines: Sequence[KindForm]
    customer: str
    chosen: str
    told: CalculationIn | None
    asked: bool

    @property
    def is_wrong(self) -> bool:
        """Whether something in a field cannot be."""
        return self.basket.is_wrong or any(line.is_wrong for line in self.lines)


@dataclass(frozen=True)
class Outcome:
    """What a basket earns."""

    points: str
    about: str
    why: WhyBox


@dataclass(frozen=True)
class TryPage:
    """The page. `rules` are (value, name, whether chosen); `people` those whom the text may mean."""

    base: str
    back: str
    back_name: str
    action: str
    rules: Sequence[tuple[str, str, bool]]
    tried: Tried
    people: Sequence[tuple[str, str, str]]
    outcome: Outcome | None
    refusal: str


def read_basket(said: Said, program: ProgramFacts, f: Format) -> Tried:
    """Read the form off the address."""
    asked = "goods_minor" in said
    basket, goods = (
        read("basket", Basket, said, f, program) if asked else (draw("basket", Basket, {}, f, program), None)
    )
    forms: list[KindForm] = []
    lines: list[dict[str, Any]] = []
    wrong = basket.is_wrong
    for place in range(_MOST_LINES):
        prefix = f"l{place}-"
        if not any(value for name in ("sku", "category", "amount_minor") for value in said.get(prefix + name, ())):
            continue
        form, line = read("line", BasketLine, said, f, program, prefix)
        forms.append(form.placed(f"l{len(forms)}-"))
        wrong = wrong or line is None
        lines.append(line or {})
    told = None if wrong or not asked else _told(goods or {}, lines, program)
    blanks = [
        draw("line", BasketLine, {"amount_minor": None}, f, program, f"l{len(forms) + place}-")
        for place in range(min(_EMPTY_LINES, _MOST_LINES - len(forms)))
    ]
    first = {name: (said.get(name) or [""])[-1] for name in ("customer", "who")}
    return Tried(basket, [*forms, *blanks], first["customer"], first["who"], told, asked)


def _told(goods: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], program: ProgramFacts) -> CalculationIn | None:
    sums = sum(int(line.get("amount_minor", 0)) for line in lines)
    minor = sums if goods.get("goods_minor") is None else int(goods["goods_minor"])
    if goods.get("goods_minor") is None and not lines:
        return None
    placed_at = goods.get("placed_at")
    return CalculationIn(
        goods=decimal_text(minor, program.digits),
        placed_at=msgspec.convert(placed_at, datetime) if placed_at else None,
        lines=[
            LineIn(
                line_id=str(place + 1),
                amount=decimal_text(int(line.get("amount_minor", 0)), program.digits),
                sku=line.get("sku"),
                category=line.get("category"),
            )
            for place, line in enumerate(lines)
        ]
        or None,
    )


def meant(found: Sequence[Found], tried: Tried) -> UUID | None:
    """Give whom the text means: the one who was chosen, or the only one it can be."""
    chosen = next((one.customer_id for one in found if str(one.customer_id) == tried.chosen), None)
    exact = [one.customer_id for one in found if one.exact] or [one.customer_id for one in found]
    return chosen or (exact[0] if len(exact) == 1 else None)


def make_try(
    program: ProgramFacts,
    seen: RulesSeen,
    draft: DraftFacts | None,
    tried: Tried,
    found: Sequence[Found],
    outcome: Outcome | None,
    f: Format,
    *,
    refusal: str = "",
) -> TryPage:
    """Put the page together."""
    base = base_of(program)
    offered = [("", f.words.gettext("Those in force then"))]
    offered += [(str(one.draft_id), f.words.gettext("Draft “%(name)s”", name=one.name)) for one in seen.drafts]
    chosen = str(draft.draft_id) if draft else ""
    return TryPage(
        base=base,
        back=draft_address(program, draft.draft_id) if draft else base,
        back_name=draft.name if draft else "",
        action=f"{base}/try",
        rules=[(value, name, value == chosen) for value, name in offered],
        tried=tried,
        people=[
            (str(one.customer_id), name_of(one.name, one.email, one.ids, f), " ".join(one.ids[:1])) for one in found
        ],
        outcome=outcome,
        refusal=refusal,
    )


def make_outcome(
    program: ProgramFacts,
    seen: RulesSeen,
    draft: DraftFacts | None,
    basket: CalculationIn,
    done: CalculationOut,
    someone: Found | None,
    f: Format,
) -> Outcome:
    """Put what a basket earns into words."""
    words, points = f.words, done.points
    number = points.rules_version
    version = next((one for one in seen.versions if one.version == number), None) or current(seen)
    rules = draft.rules if draft else version.rules
    lines = [
        {"line_id": line.line_id, "sku": line.sku or line.category, "category": line.category if line.sku else None}
        for line in basket.lines or []
    ]
    why = Why(
        award_id=UUID(int=0),
        cause="purchase",
        rules_version=number,
        basis=points.basis,
        breakdown=[msgspec.convert(msgspec.to_builtins(part), RuleShare) for part in points.breakdown],
        facts={"reason": points.reason},
        target=points.target,
        due=points.due,
        given=points.given,
        recorded_at=done.placed_at,
        request_id="",
        order_id="",
        storefront="",
        lines=lines,
        rules=list(rules),
        moves=[],
    )
    box = make_tried(why, speaker_of(program, seen, rules, f))
    by = (
        words.gettext("under the draft “%(name)s”", name=draft.name)
        if draft
        else words.gettext("under version %(n)s", n=number)
    )
    whom = name_of(someone.name, someone.email, someone.ids, f) if someone else words.gettext("A new member")
    at = f.instant(done.placed_at, program.timezone)
    about = words.gettext("%(who)s, %(at)s, %(rules)s", who=whom, at=at, rules=by)
    return Outcome(box.title, about, box)
