"""The rewards in words: what a member can have now, what is missing for the others, and what else stands in the way."""

from collections.abc import Mapping
from dataclasses import dataclass

from loyalty.account_page.points_said import long_day, points_said
from loyalty.format import Format
from loyalty.members.person import Purse
from loyalty.rewards.wire import ReasonOut, RewardOut

_WHOLE = 100
# From so few on it is worth saying how many are left.
_FEW = 10
# Offers that are other people's, or over: nobody wants to read of them.
_HIDDEN = frozenset({"not_in_segment", "ended", "retired", "not_a_member"})
_OF_POINTS = frozenset({"not_enough_points", "debt"})


@dataclass(frozen=True)
class RewardSaid:
    """One reward. `width`: how much of its price is there, in percent; "" where something else is in the way."""

    name: str
    about: str
    price: str
    ready: bool
    note: str
    left: str
    width: str


def make_rewards(rewards: list[RewardOut], purse: Purse, tiers: Mapping[str, str], f: Format) -> list[RewardSaid]:
    """Put the catalogue into words: what can be had first, then what is nearest. `tiers`: their names by key."""
    shown = [one for one in rewards if not any(reason.code in _HIDDEN for reason in one.reasons or ())]
    shown.sort(key=_order)
    return [_said(one, purse, tiers, f) for one in shown]


def _order(reward: RewardOut) -> tuple[int, int]:
    """Sort stably: ready in the catalogue's order, then by what is missing, then what waits for something else."""
    reasons = reward.reasons or []
    if not reasons:
        return 0, 0
    if _in_the_way(reward) is None:
        return 1, max(reason.missing or 0 for reason in reasons)
    return 2, 0


def _in_the_way(reward: RewardOut) -> ReasonOut | None:
    return next((reason for reason in reward.reasons or () if reason.code not in _OF_POINTS), None)


def _said(reward: RewardOut, purse: Purse, tiers: Mapping[str, str], f: Format) -> RewardSaid:
    price = reward.price_points if reward.price_for_member is None else reward.price_for_member
    other, missing = _in_the_way(reward), next((r.missing for r in reward.reasons or () if r.missing), 0)
    ready = not reward.reasons
    note = _note(other, tiers, f) if other else f.words.gettext("%(points)s to go", points=points_said(missing, f))
    few = ready and reward.left is not None and reward.left <= _FEW
    return RewardSaid(
        name=reward.name,
        about=reward.description.fr if f.language == "fr" else reward.description.en,
        price=points_said(price, f),
        ready=ready,
        note=f.words.gettext("Yours when you like") if ready else note,
        left=f.words.gettext("only %(n)s left", n=f.number(reward.left)) if few else "",
        width="" if ready or other else f"{min(1.0, purse.available / price) * _WHOLE:.2f}%",
    )


def _note(reason: ReasonOut, tiers: Mapping[str, str], f: Format) -> str:
    words = f.words
    if reason.code == "tier_too_low":
        return words.gettext("from the tier %(tier)s on", tier=tiers.get(reason.needs or "", reason.needs or ""))
    if reason.code == "not_started" and reason.on:
        return words.gettext("from %(day)s on", day=long_day(reason.on, f))
    if reason.code == "limit_reached":
        if reason.again_on:
            return words.gettext("again from %(day)s on", day=long_day(reason.again_on, f))
        return words.gettext("you have had it already")
    return words.gettext("none left at the moment")
