"""The referral terms while they are written: as the form has them, and read back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct, structs

from admin.format import Format
from admin.forms import KindForm, Said, draw, read
from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.terms import MOST_POINTS, Terms, checked

SIDES = ("referrer", "friend")
_Points = Annotated[int, Meta(ge=0, le=MOST_POINTS)]
_Cap = Annotated[int, Meta(ge=1, le=1_000_000)]


class Promise(Struct, frozen=True):
    """The fields of the form, but for the rewards, which are chosen from those that there are."""

    on: Annotated[bool, Meta(title=mark("Referrals are on"))] = False
    referrer_points: Annotated[_Points, Meta(title=mark("Points for the member who refers"))] = 0
    friend_points: Annotated[_Points, Meta(title=mark("Points for the friend"))] = 0
    minimum_minor: Annotated[
        int,
        Meta(
            ge=0,
            le=10**15,
            title=mark("The friend’s first purchase is at least"),
            description=mark("Goods that are kept, after discounts."),
        ),
    ] = 0
    return_days: Annotated[
        int,
        Meta(
            ge=0,
            le=365,
            title=mark("Return window in days"),
            description=mark("So long the points are pending; a refund in this time means no reward."),
        ),
    ] = 14
    per_month: Annotated[_Cap | None, Meta(title=mark("Rewarded friends of a member each month, at most"))] = None
    ever: Annotated[_Cap | None, Meta(title=mark("Rewarded friends of a member in all, at most"))] = None
    code_days: Annotated[
        Annotated[int, Meta(ge=1, le=3_650)] | None,
        Meta(title=mark("A code ends after so many days"), description=mark("Empty: it does not end.")),
    ] = None
    review_from: Annotated[
        int,
        Meta(
            ge=2,
            le=100,
            title=mark("Ask staff from the n-th friend with the same address or card"),
            description=mark("From 2 to 100: that friend and all after wait until you decide."),
        ),
    ] = 2
    link: Annotated[
        Annotated[str, Meta(max_length=500)] | None,
        Meta(
            title=mark("Address of your shop"),
            description=mark("The link that members share leads there, with ?ref=CODE."),
            examples=["https://shop.example/welcome"],
        ),
    ] = None


@dataclass(frozen=True)
class Draft:
    """The form as it was filled in. `rewards`: by side (side, label, error, [(id, name, chosen)])."""

    form: KindForm
    rewards: Sequence[tuple[str, str, str, Sequence[tuple[str, str, bool]]]]
    terms: Terms | None = None


Rewards = Sequence[tuple[UUID, str]]


def draft_of(terms: Terms, rewards: Rewards, f: Format, program: ProgramFacts) -> Draft:
    """Begin with the terms as they are."""
    told = {name: getattr(terms, name) for name in Promise.__struct_fields__}
    chosen = {side: str(reward_id) for side, reward_id in terms.rewards.items()}
    return Draft(draw("terms", Promise, told, f, program), _choices(chosen, {}, rewards, f))


def draft_from(said: Said, rewards: Rewards, f: Format, program: ProgramFacts) -> Draft:
    """Read the form, and tell what is wrong with it."""
    form, told = read("terms", Promise, said, f, program)
    chosen = {side: (said.get(f"{side}_reward") or [""])[-1] for side in SIDES}
    known = {str(reward_id): reward_id for reward_id, _ in rewards}
    if told is None:
        return Draft(form, _choices(chosen, {}, rewards, f))
    try:
        terms = checked(_terms(told, {side: known.get(chosen[side]) for side in SIDES}))
    except Invalid as wrong:
        return _with_error(form, chosen, wrong, rewards, f)
    return Draft(form, _choices(chosen, {}, rewards, f), terms)


def _terms(told: dict[str, Any], chosen: dict[str, UUID | None]) -> Terms:
    told = {name: value for name, value in told.items() if value is not None}
    return structs.replace(Terms(**told), **{f"{side}_reward": reward for side, reward in chosen.items()})


def _with_error(form: KindForm, chosen: dict[str, str], wrong: Invalid, rewards: Rewards, f: Format) -> Draft:
    """Say beside the field that a pointer names what is to be written there."""
    words = f.words
    name = (wrong.pointer or "").strip("/")
    said = {
        "link": words.gettext("Write the address of a page, like https://shop.example/welcome."),
        "per_month": words.gettext("Write no more than in all."),
        "referrer_points": words.gettext("Give points or a reward to one side at least."),
    }
    if name.endswith("_reward"):
        both = words.gettext("Give points or a reward, not both.")
        return Draft(form, _choices(chosen, {name.removesuffix("_reward"): both}, rewards, f))
    inputs = [replace(one, error=said.get(name, wrong.detail)) if one.name == name else one for one in form.inputs]
    return Draft(replace(form, inputs=inputs), _choices(chosen, {}, rewards, f))


def _choices(
    chosen: dict[str, str], errors: dict[str, str], rewards: Rewards, f: Format
) -> Sequence[tuple[str, str, str, Sequence[tuple[str, str, bool]]]]:
    words = f.words
    labels = {
        "referrer": words.gettext("Or a reward for the member who refers"),
        "friend": words.gettext("Or a reward for the friend"),
    }
    return [
        (
            side,
            labels[side],
            errors.get(side, ""),
            [(str(key), name, str(key) == chosen.get(side)) for key, name in rewards],
        )
        for side in SIDES
    ]
