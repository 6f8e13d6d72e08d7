"""What keys may do: every scope there is, and how an operation says which of them it needs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from loyalty.errors import Invalid
from loyalty.i18n import mark

EVERY = "*"
# In the order of the documentation. A name is for ever: it is stored with keys.
SCOPES: dict[str, str] = {
    "purchases:read": mark("Show purchases, and try baskets."),
    "purchases:write": mark("Record, edit, refund and cancel purchases."),
    "refunds:any": mark("Refund and cancel purchases of the programme's other storefronts."),
    "members:read": mark("Show members, their points, movements and decisions."),
    "members:write": mark("Enrol members, let them leave, change what is known of them, tell their actions."),
    "page_links:write": mark("Make links to members' own pages, where all that is known of them is shown."),
    "points:adjust": mark("Give and take points by hand."),
    "customers:read": mark("Show customers, all that is known of them, and whether they may be offered the programme."),
    "customers:write": mark("Change what is known of a customer."),
    "customers:erase": mark("Erase persons, and merge two into one; neither can be undone."),
    "rewards:read": mark("Show the catalogue."),
    "rewards:write": mark("Offer, edit and retire rewards, and upload codes."),
    "redemptions:read": mark("Show redemptions."),
    "redemptions:write": mark("Redeem rewards: hold, capture, release, reverse."),
    "referrals:read": mark("Show members' codes, whether a code is valid, referrals and their terms."),
    "referrals:write": mark("Publish terms, give codes, record shares, release and refuse referrals."),
    "rules:read": mark("Show earning rules, drafts and back-tests."),
    "rules:write": mark("Write, publish and back-test earning rules."),
    "segments:read": mark("Show segments, and try conditions."),
    "segments:write": mark("Define, change, refresh and delete segments."),
    "tiers:read": mark("Show the tiers."),
    "tiers:write": mark("Publish the tiers, and hold members at one."),
    "surveys:read": mark("Show surveys, their policy and results."),
    "surveys:write": mark("Draft, edit, publish and close surveys, publish their policy, ask for links."),
    "kpis:read": mark("Read the key figures, and what was entered for them."),
    "kpis:write": mark("Enter what no purchase tells: money spent, leads, costs."),
    "holdouts:write": mark("Start and stop holdouts, by which the programme's effect is measured."),
    "imports:read": mark("Show imports, and the rows that were refused."),
    "imports:write": mark("Send files to be imported, with the scope of what their rows do, and stop imports."),
    "exports:read": mark("Show exports, and download them with the scope of what is in them."),
    "exports:write": mark("Ask for exports of what the key may read, and stop them."),
    "clock:read": mark("Show a test programme's clock."),
    "clock:write": mark("Set a test programme's clock forward."),
}


class Needs(NamedTuple):
    """The scopes that an operation needs, all of them."""

    reading: tuple[str, ...]
    writing: tuple[str, ...]


def needs(*scopes: str) -> dict[str, Any]:
    """Say what an operation, or all of a router, needs: `opt=needs("kpis:read")`. The nearer one counts."""
    return {"needs": Needs(scopes, scopes)}


def of_room(room: str) -> dict[str, Any]:
    """Say that a room's operations need its scope to read, or to write, by their method."""
    return {"needs": Needs((f"{room}:read",), (f"{room}:write",))}


def needed(opt: Mapping[str, Any], method: str) -> tuple[str, ...]:
    """Tell what an operation needs; one that says nothing is for keys that may do everything."""
    found: Needs | None = opt.get("needs")
    if found is None:
        return (EVERY,)
    return found.reading if method in {"GET", "HEAD", "OPTIONS"} else found.writing


def checked_scopes(told: list[str]) -> list[str]:
    """Give scopes as they are stored with a key: known ones, each once."""
    if not told:
        msg = "A key needs a scope, or `*` for all of them."
        raise Invalid(msg, pointer="/scopes")
    for scope in told:
        if scope != EVERY and scope not in SCOPES:
            msg = f"There is no scope {scope!r}. There are: {EVERY}, {', '.join(SCOPES)}."
            raise Invalid(msg, pointer="/scopes")
    return [EVERY] if EVERY in told else sorted(set(told))
