"""The tiers while they are written: what counts and each tier as the form has them, without a script to add one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, Said, draw, read
from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.scheme import MOST_TIERS, Scheme, StoredScheme, checked
from loyalty.tiers.wire import SchemeIn, TierOut, scheme_out

_Counts = Annotated[
    Literal["points_earned", "money_spent"],
    Meta(
        title=mark("What counts"),
        extra={"choices": {"points_earned": mark("Points earned"), "money_spent": mark("Money spent")}},
    ),
]
_Window = Annotated[
    Literal["rolling", "calendar", "lifetime"],
    Meta(
        title=mark("Within which time"),
        extra={
            "choices": {
                "rolling": mark("The last months"),
                "calendar": mark("This calendar year, or the one before"),
                "lifetime": mark("All time"),
            }
        },
    ),
]
_Months = Annotated[int, Meta(ge=1, le=120, title=mark("How many months"), description=mark("Of the last months."))]
_Grace = Annotated[
    int,
    Meta(
        ge=0,
        le=3_650,
        title=mark("Days of grace"),
        description=mark("So long a tier is kept after a period that no longer reaches it."),
    ),
]
_Key = Annotated[
    str,
    Meta(
        pattern="^[a-z][a-z0-9_]{0,39}$",
        title=mark("Key"),
        description=mark("For ever, and what the API calls it: small letters, digits and _."),
        examples=["gold"],
    ),
]
_Name = Annotated[str, Meta(min_length=1, max_length=128)]
_Benefit = Annotated[str, Meta(min_length=1, max_length=128)]


class Counting(Struct):
    """What counts towards all tiers."""

    counts: _Counts = "points_earned"
    window: _Window = "rolling"
    months: _Months | None = 12
    grace_days: _Grace = 0


class OneTier(Struct):
    """One tier."""

    key: _Key
    name_en: Annotated[_Name, Meta(title=mark("Name in English"))]
    name_fr: Annotated[_Name, Meta(title=mark("Name in French"))]
    threshold: Annotated[
        Decimal, Meta(title=mark("Reached from"), description=mark("Whole points, or an amount of money."))
    ]
    factor: Annotated[
        Decimal, Meta(title=mark("Multiplies points by"), description=mark("From 1 to 100; 1 changes nothing."))
    ] = Decimal(1)
    benefits_en: Annotated[
        list[_Benefit], Meta(title=mark("Benefits in English"), description=mark("One a line."))
    ] = []
    benefits_fr: Annotated[list[_Benefit], Meta(title=mark("Benefits in French"), description=mark("One a line."))] = []


@dataclass(frozen=True)
class Draft:
    """The form as it was filled in. `scheme`: what it says, as long as nothing is wrong with it."""

    counting: KindForm
    tiers: Sequence[KindForm]
    scheme: Scheme | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether it cannot be published so."""
        return self.scheme is None


def draft_of(stored: StoredScheme | None, f: Format, program: ProgramFacts) -> Draft:
    """Begin with the tiers as they are."""
    shown = scheme_out(stored, program.digits)
    counting: dict[str, Any] = {}
    if stored is not None:
        counting = {"counts": shown.counts, "window": shown.window.kind, "grace_days": shown.grace_days}
        counting["months"] = shown.window.months or 12
    tiers = [_tier(_settings(tier), f, program, place) for place, tier in enumerate(shown.tiers)]
    return Draft(draw("counting", Counting, counting, f, program), tiers or [_tier({}, f, program, 0)])


def _settings(tier: TierOut) -> dict[str, Any]:
    told: dict[str, Any] = {"key": tier.key, "threshold": tier.threshold, "factor": tier.factor}
    for tongue in ("en", "fr"):
        told |= {f"name_{tongue}": tier.name.get(tongue), f"benefits_{tongue}": tier.benefits.get(tongue, [])}
    return told


def _tier(settings: dict[str, Any], f: Format, program: ProgramFacts, place: int) -> KindForm:
    return draw("tier", OneTier, settings, f, program, _prefix(place))


def with_tier(draft: Draft, f: Format, program: ProgramFacts) -> Draft:
    """Add a tier that is still to be filled in."""
    more = [_tier({}, f, program, len(draft.tiers))] if len(draft.tiers) < MOST_TIERS else []
    return _calm(replace(draft, tiers=[*draft.tiers, *more]))


def without_tier(draft: Draft, place: str) -> Draft:
    """Take a tier away."""
    return _calm(replace(draft, tiers=[form for number, form in enumerate(draft.tiers) if str(number) != place]))


def _calm(draft: Draft) -> Draft:
    tiers = [form.placed(_prefix(place), calm=True) for place, form in enumerate(draft.tiers)]
    return Draft(draft.counting.placed("", calm=True), tiers)


def draft_from(said: Said, f: Format, program: ProgramFacts) -> Draft:
    """Read the form, and tell what is wrong with it."""
    counting, counts = read("counting", Counting, said, f, program)
    places = [place for place in range(MOST_TIERS) if f"{_prefix(place)}key" in said]
    told = [read("tier", OneTier, said, f, program, _prefix(place)) for place in places]
    tiers = [form.placed(_prefix(place)) for place, (form, _) in enumerate(told)]
    draft = Draft(counting, tiers)
    settings = [one for _, one in told if one is not None]
    if counts is None or len(settings) < len(told):
        return draft
    try:
        scheme = checked(_scheme(counts, settings).scheme(program.digits))
    except Invalid as wrong:
        return _with_error(draft, wrong.pointer, f)
    except msgspec.ValidationError as wrong:
        return _with_error(draft, "/tiers/0/threshold" if "threshold" in str(wrong) else "", f)
    return replace(draft, scheme=scheme)


def _scheme(counts: dict[str, Any], tiers: list[dict[str, Any]]) -> SchemeIn:
    window = {"kind": counts["window"]}
    if counts["window"] == "rolling":
        window["months"] = counts.get("months") or 12
    listed = []
    for one in tiers:
        names = {tongue: one[f"name_{tongue}"] for tongue in ("en", "fr")}
        benefits = {tongue: one[f"benefits_{tongue}"] for tongue in ("en", "fr") if one.get(f"benefits_{tongue}")}
        factor = str(one.get("factor") or "1")
        listed.append(
            {
                "key": one["key"],
                "name": names,
                "threshold": str(one["threshold"]),
                "factor": factor,
                "benefits": benefits,
            }
        )
    told = {"counts": counts["counts"], "window": window, "tiers": listed, "grace_days": counts.get("grace_days") or 0}
    return msgspec.convert(told, SchemeIn)


def _with_error(draft: Draft, pointer: str, f: Format) -> Draft:
    """Say beside the field that a pointer names what is to be written there."""
    words = f.words
    said = {
        "key": words.gettext("Each tier needs a key of its own."),
        "threshold": words.gettext(
            "Each tier begins at an amount of its own, above zero: whole points, or money of the currency."
        ),
        "factor": words.gettext("Write a number from 1 to 100, with at most 4 decimals."),
    }
    parts = pointer.split("/")
    place, name = (int(parts[2]), parts[3]) if len(parts) > 3 and parts[1] == "tiers" else (0, "threshold")  # noqa: PLR2004
    tiers = list(draft.tiers)
    if place < len(tiers):
        wanted = f"{tiers[place].prefix}{name}"
        inputs = [
            replace(one, error=said.get(name, said["threshold"])) if one.name == wanted else one
            for one in tiers[place].inputs
        ]
        tiers[place] = replace(tiers[place], inputs=inputs)
    return replace(draft, tiers=tiers)


def _prefix(place: int) -> str:
    return f"t{place}-"
