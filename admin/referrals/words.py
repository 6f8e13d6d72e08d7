"""The words of referrals: what is promised, on which terms, what became of one and why."""

from collections.abc import Mapping
from uuid import UUID

from admin.format import Format
from loyalty.referrals.terms import Terms


def promised(terms: Terms, side: str, rewards: Mapping[UUID, str], f: Format) -> str:
    """Say what one side is promised."""
    reward_id = terms.rewards.get(side)
    if reward_id is not None:
        return rewards.get(reward_id) or f.words.gettext("a reward")
    points = terms.points[side]
    return f.words.ngettext("%(n)s point", "%(n)s points", points, n=f.number(points))


def terms_said(terms: Terms, rewards: Mapping[UUID, str], f: Format) -> list[str]:
    """Say the terms in sentences."""
    words = f.words
    if not terms.on:
        return [words.gettext("Referrals are off: codes that are claimed now are refused.")]
    told = [
        words.gettext(
            "Who brings a friend gets %(one)s, and the friend %(other)s, when the friend’s first purchase is kept.",
            one=promised(terms, "referrer", rewards, f),
            other=promised(terms, "friend", rewards, f),
        )
    ]
    if terms.minimum_minor:
        told.append(words.gettext("That purchase is at least %(amount)s.", amount=f.money(terms.minimum_minor)))
    days = f.number(terms.return_days)
    told.append(
        words.ngettext("The return window is %(n)s day.", "The return window is %(n)s days.", terms.return_days, n=days)
    )
    if terms.per_month is not None:
        told.append(words.gettext("At most %(n)s friends a month.", n=f.number(terms.per_month)))
    if terms.ever is not None:
        told.append(words.gettext("At most %(n)s friends in all.", n=f.number(terms.ever)))
    return told


def state_said(state: str, f: Format) -> str:
    """Name a state."""
    words = f.words
    return {
        "claimed": words.gettext("Signed up"),
        "in_review": words.gettext("Waiting for you"),
        "qualified": words.gettext("Bought, in the return window"),
        "rewarded": words.gettext("Rewarded"),
        "refused": words.gettext("Refused"),
        "reversed": words.gettext("Taken back"),
    }[state]


def reason_said(reason: str, f: Format) -> str:
    """Say why."""
    words = f.words
    return {
        "unknown_code": words.gettext("Nobody has this code"),
        "switched_off": words.gettext("Referrals were off"),
        "expired_code": words.gettext("The code had ended"),
        "own_code": words.gettext("Their own code"),
        "referrer_left": words.gettext("Who referred is no member any more"),
        "same_email": words.gettext("The same e-mail address"),
        "existing_customer": words.gettext("A customer already"),
        "not_first_purchase": words.gettext("Not the first purchase"),
        "below_minimum": words.gettext("The purchase was too small"),
        "same_address": words.gettext("The referrer’s own address"),
        "same_payment": words.gettext("The referrer’s own card"),
        "over_cap": words.gettext("More friends than are rewarded"),
        "shared_trace": words.gettext("Several friends with one address or card"),
        "refunded": words.gettext("The purchase was taken back"),
        "by_staff": words.gettext("Refused by staff"),
    }.get(reason, reason)


def notice_said(did: str, f: Format) -> str:
    """Say what was just done, or why not."""
    words = f.words
    return {
        "": "",
        "released": words.gettext("Released. The points are pending until the return window is over."),
        "refused": words.gettext("Refused. Nobody gets anything."),
        "referral_decided": words.gettext("This one was decided already."),
    }.get(did, words.gettext("Nothing was changed. Look at the list, then try again."))
