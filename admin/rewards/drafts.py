"""The form of a reward: what is offered and on which terms, and the settings of its kind; drawn, and read back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, Said, draw, key_in, read
from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.kind import KINDS, MOST_POINTS, RewardFacts, load
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.terms import Count, Description, Key, Per, Terms

_OFFER, _KIND = "offer-", "kind-"
_PRICE = re.compile(r"([\w.-]{1,64})\s*[:=]\s*([0-9]{1,13})")
_Points = Annotated[int, Meta(ge=1, le=MOST_POINTS)]
_Stock = Annotated[int, Meta(ge=0, le=1_000_000_000)]
_TEXT = Annotated[str, Meta(max_length=2_000)]


class Offer(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the form whatever the kind, as its fields."""

    name: Annotated[str, Meta(min_length=1, max_length=128, title=mark("Name"))]
    price_points: Annotated[_Points | None, Meta(title=mark("Price in points"))] = None
    description_en: Annotated[_TEXT | None, Meta(title=mark("Description in English"))] = None
    description_fr: Annotated[_TEXT | None, Meta(title=mark("Description in French"))] = None
    stock: Annotated[
        _Stock | None,
        Meta(
            title=mark("Stock"),
            description=mark("How many there are in all, given out or not. Empty: no end of them."),
        ),
    ] = None
    per_member_limit: Annotated[Count | None, Meta(title=mark("How many a member may have"))] = None
    limit_per: Annotated[
        Per,
        Meta(
            title=mark("in this time"),
            extra={
                "choices": {
                    "ever": mark("Ever"),
                    "day": mark("Each day"),
                    "month": mark("Each month"),
                    "year": mark("Each year"),
                }
            },
        ),
    ] = "ever"
    starts_on: Annotated[date | None, Meta(title=mark("First day"))] = None
    ends_on: Annotated[date | None, Meta(title=mark("Last day"))] = None
    minimum_tier: Annotated[Key | None, Meta(title=mark("Lowest tier"), description=mark("Its key."))] = None
    segments: Annotated[
        list[Key],
        Meta(title=mark("Only for segments"), description=mark("Their keys, one a line; any of them will do.")),
    ] = []
    tier_prices: Annotated[
        list[Annotated[str, Meta(max_length=100)]],
        Meta(title=mark("Prices by tier"), description=mark("One a line, like gold: 400.")),
    ] = []
    position: Annotated[
        int,
        Meta(ge=-1_000_000, le=1_000_000, title=mark("Place in the catalogue"), description=mark("Low ones first.")),
    ] = 0


@dataclass(frozen=True)
class Draft:
    """The form as it is filled in. `key` is new with every form; `errors`: about the whole of it."""

    kind: str
    offer: KindForm
    settings: KindForm
    key: str = field(default_factory=lambda: str(uuid4()))
    error: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether anything in it cannot be."""
        return bool(self.error) or self.offer.is_wrong or self.settings.is_wrong


def kinds(f: Format) -> list[tuple[str, str]]:
    """Name the kinds of rewards that there are."""
    return [(name, f.words.gettext(getattr(kind, "title", name))) for name, kind in KINDS.all().items()]


def new_draft(kind: str, f: Format, program: ProgramFacts) -> Draft | None:
    """Begin the form of a kind; None when there is no such kind."""
    found = KINDS.find(kind)
    if found is None:
        return None
    offer = _for_kind(kind, draw("offer", Offer, {}, f, program, _OFFER))
    return Draft(kind, offer, draw(kind, found, {}, f, program, _KIND))


def draft_of(reward: RewardFacts, f: Format, program: ProgramFacts) -> Draft:
    """Fill the form with a reward as it is."""
    terms = reward.terms
    told: dict[str, Any] = {name: getattr(terms, name) for name in Terms.__struct_fields__}
    told |= {
        "name": reward.name,
        "price_points": None if reward.kind == "points_payment" else reward.price_points,
        "description_en": terms.description.en or None,
        "description_fr": terms.description.fr or None,
        "tier_prices": [f"{tier}: {points}" for tier, points in sorted(terms.tier_prices.items())],
    }
    offer = draw("offer", Offer, {name: told[name] for name in Offer.__struct_fields__}, f, program, _OFFER)
    offer = _for_kind(reward.kind, offer)
    return Draft(reward.kind, offer, draw(reward.kind, KINDS.all()[reward.kind], reward.settings, f, program, _KIND))


def draft_from(kind: str, said: Said, f: Format, program: ProgramFacts) -> tuple[Draft, NewOffer | None] | None:
    """Read the form: as it was written, and what it offers when nothing is wrong; None when there is no such kind."""
    found = KINDS.find(kind)
    if found is None:
        return None
    offer, told = read("offer", Offer, said, f, program, _OFFER)
    settings, chosen = read(kind, found, said, f, program, _KIND)
    draft = Draft(kind, _for_kind(kind, offer), settings, key_in(said))
    if told is None or chosen is None:
        return draft, None
    if not _is_priced(kind, told, chosen):
        return _wrong(draft, f.words.gettext("Write a price in points.")), None
    prices = _prices(told.get("tier_prices", []))
    if prices is None:
        return _wrong(draft, f.words.gettext("Write prices by tier as tier: points, one a line.")), None
    try:
        terms = _terms(told, prices)
    except msgspec.ValidationError:
        return _wrong(draft, f.words.gettext("The last day is before the first.")), None
    return draft, NewOffer(kind, told["name"], told.get("price_points"), chosen, terms)


def refused(draft: Draft, refusal: Invalid, f: Format) -> Draft:
    """Say beside the field what names something that there is not; whatever else was refused, above the form."""
    words = f.words
    tier = words.gettext("There is no such tier. Write the key of one that there is.")
    said = {
        "minimum_tier": tier,
        "tier_prices": tier,
        "segments": words.gettext("There is no such segment. Write the keys of segments that there are."),
    }
    pointed = {f"{_OFFER}{name}": text for name, text in said.items() if _points_at(refusal, name)}
    inputs = [replace(one, error=pointed.get(one.name, one.error)) for one in draft.offer.inputs]
    told = "" if pointed else words.unfilled((refusal.detail,))
    return replace(draft, offer=replace(draft.offer, inputs=inputs), error=told)


def _points_at(refusal: Invalid, name: str) -> bool:
    return any(problem.pointer.split("/")[1:2] == [name] for problem in refusal.problems)


def _for_kind(kind: str, form: KindForm) -> KindForm:
    """Leave out the price where the customer chooses it."""
    if kind != "points_payment":
        return form
    chosen = (f"{_OFFER}price_points", f"{_OFFER}tier_prices")
    return replace(form, inputs=[one for one in form.inputs if one.name not in chosen])


def _is_priced(kind: str, told: Mapping[str, Any], chosen: dict[str, Any]) -> bool:
    try:
        load(kind, chosen).listed(told.get("price_points"))
    except Invalid:
        return False
    return True


def _wrong(draft: Draft, error: str) -> Draft:
    return replace(draft, error=error)


def _terms(told: Mapping[str, Any], prices: dict[str, int]) -> Terms:
    description = Description(told.get("description_en") or "", told.get("description_fr") or "")
    kept = {name: told[name] for name in Terms.__struct_fields__ if name in told}
    plain = kept | {"tier_prices": prices, "description": msgspec.to_builtins(description)}
    return msgspec.convert(plain, Terms)


def _prices(lines: list[str]) -> dict[str, int] | None:
    found = [_PRICE.fullmatch(line) for line in lines]
    if not all(found):
        return None
    return {match[1]: int(match[2]) for match in found if match}
