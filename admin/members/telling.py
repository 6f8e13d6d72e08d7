"""What happened to somebody, in words: a title, a line that says more, and marks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from admin.format import Format
from loyalty.i18n import mark
from loyalty.members.timeline import Happened


@dataclass(frozen=True)
class Teller:
    """Who tells it: the language, the zone of the days, the names of tiers by key, and where purchases are seen.

    `orders`: the folder of their pages, "" for who sees none.
    """

    f: Format
    zone: ZoneInfo
    tiers: Mapping[str, str] = field(default_factory=dict)
    orders: str = ""


def title_of(row: Happened, teller: Teller) -> str:
    """Name what happened."""
    f, words = teller.f, teller.f.words
    if row.cause in _OF_REWARDS:
        return _OF_REWARDS[row.cause](f, row.reward or words.gettext("A reward"))
    if row.cause in _TITLES:
        return _TITLES[row.cause](row, teller)
    return {
        "purchase": words.gettext("Purchase"),
        "refund": words.gettext("Refund"),
        "cancellation": words.gettext("Cancellation"),
        "edit": words.gettext("Purchase edited"),
        "claim": words.gettext("Purchase claimed"),
        "membership": words.gettext("Purchase decided anew"),
        "joined": words.gettext("Joined"),
        "left": words.pgettext("member", "Left"),
        "merged": words.gettext("Merged with another customer"),
        "erased": words.gettext("Person erased"),
    }.get(row.cause, row.cause)


def _settled(row: Happened, teller: Teller) -> str:
    words = teller.f.words
    return {
        "mature": words.gettext("Points became available"),
        "expire": words.gettext("Points expired"),
        "release": words.gettext("A hold ran out"),
        "repay": words.gettext("What was owed was repaid"),
    }.get(row.part, row.part)


def _adjusted(row: Happened, teller: Teller) -> str:
    words = teller.f.words
    if row.facts.get("points", 0) > 0:
        return words.gettext("Points added by staff")
    return words.gettext("Points removed by staff")


def _tier(row: Happened, teller: Teller) -> str:
    words, key = teller.f.words, row.facts["to"]
    if key is None:
        return words.gettext("No tier any more")
    return words.gettext("Tier: %(tier)s", tier=teller.tiers.get(key, key))


_TITLES: dict[str, Callable[[Happened, Teller], str]] = {
    "settled": _settled,
    "adjusted": _adjusted,
    "tier": _tier,
    "action": lambda row, teller: action_said(row.facts["action"], teller.f),
}


def action_said(action: str, f: Format) -> str:
    """Name what somebody did besides buying."""
    return f.words.gettext(_DID.get(action, mark("Action")))


_DID = {"joining": mark("Welcome"), "birthday": mark("Birthday")}
_OF_REWARDS: dict[str, Callable[[Format, str], str]] = {
    "held": lambda f, name: f.words.gettext("Reward “%(name)s” reserved", name=name),
    "captured": lambda f, name: f.words.gettext("Reward “%(name)s” redeemed", name=name),
    "released": lambda f, name: f.words.gettext("Reward “%(name)s” let go", name=name),
    "reversed": lambda f, name: f.words.gettext("Reward “%(name)s” taken back", name=name),
}


def detail_of(row: Happened, teller: Teller) -> str:
    """Say more of it in one line."""
    f = teller.f
    if row.order_id is not None:
        order = f.words.gettext("order %(id)s", id=row.order_id)
        amount = row.refund_minor if row.cause == "refund" else row.facts.get("goods")
        money = "" if row.cause == "cancellation" else f.money(amount)
        return ", ".join(part for part in (money, order, row.storefront) if part)
    if row.cause in _OF_REWARDS:
        points = points_said(row.facts.get(_AMOUNTS[row.cause]) or 0, f)
        return f"{points}, {f.words.gettext('order %(id)s', id=row.used_order)}" if row.used_order else points
    return _DETAILS.get(row.cause, _decided_anew)(row, teller)


def _by_whom(row: Happened, teller: Teller) -> str:
    words = teller.f.words
    reason = row.reason or words.gettext("The reason was erased with the person.")
    return words.gettext("%(reason)s · %(who)s", reason=reason, who=row.actor)


def _of_action(row: Happened, teller: Teller) -> str:
    words = teller.f.words
    why_not = {"no_rule": words.gettext("no rule rewards it"), "not_member": words.gettext("not a member")}
    own = "" if row.facts["action"] in _DID else str(row.facts["action"])
    return ", ".join(part for part in (own, why_not.get(row.facts.get("reason") or "")) if part)


def _of_tier(row: Happened, teller: Teller) -> str:
    words, key = teller.f.words, row.facts["from"]
    why = words.gettext(_TIER_CAUSES.get(row.facts["cause"], row.facts["cause"]))
    before = words.gettext("%(tier)s before", tier=teller.tiers.get(key, key)) if key else ""
    return ", ".join(part for part in (why, before) if part)


_TIER_CAUSES = {
    "reached": mark("its threshold was reached"),
    "period": mark("a period ended below its threshold"),
    "floor": mark("held there by staff"),
    "floor_ended": mark("no longer held there by staff"),
    "scheme": mark("the tiers were changed"),
    "merged": mark("merged with another customer"),
    "erased": mark("the person was erased"),
}
_AMOUNTS = {"held": "points", "captured": "captured", "released": "released", "reversed": "returned"}


def points_said(n: int, f: Format) -> str:
    """Write `12 points`."""
    return f.words.ngettext("%(n)s point", "%(n)s points", n, n=f.number(n))


def _decided_anew(row: Happened, teller: Teller) -> str:
    """Sum up what a joining, leaving or merge changed."""
    f, zone = teller.f, teller.zone
    n = row.facts.get("purchases", 0)
    said = (
        f.words.ngettext("%(n)s purchase decided anew", "%(n)s purchases decided anew", n, n=f.number(n)) if n else ""
    )
    lost = sum(move.points for move in row.moves if move.kind in {"forfeit", "erase"} and move.credit != "debt")
    gone = f.words.gettext("%(points)s forfeited", points=points_said(lost, f)) if lost else ""
    left = f.words.gettext("until %(at)s", at=f.date(row.left_at.astimezone(zone).date())) if row.left_at else ""
    return ", ".join(part for part in (left, said, gone) if part)


_DETAILS: dict[str, Callable[[Happened, Teller], str]] = {
    "adjusted": _by_whom,
    "settled": lambda row, teller: points_said(sum(move.points for move in row.moves), teller.f),
    "action": _of_action,
    "tier": _of_tier,
}


def chips_of(row: Happened, teller: Teller) -> list[str]:
    """Mark what one would else look for: why nothing was given, what waits, what repaid debt, what came back."""
    words, facts = teller.f.words, row.facts
    chips = []
    if row.purchase_id is not None:
        reason = {
            "not_member": words.gettext("not a member"),
            "anonymous": words.gettext("no customer named"),
            "test": words.gettext("test"),
        }.get(facts.get("reason") or "")
        chips += [reason] if reason else []
    if facts.get("guest"):
        chips.append(words.gettext("before joining"))
    waits = sum(move.points for move in row.moves if move.credit == "pending" and move.kind == "issue")
    repaid = sum(move.points for move in row.moves if move.kind == "repay")
    counted = [
        (waits, mark("%(n)s pending")),
        (repaid if row.cause != "settled" else 0, mark("%(n)s repaid what was owed")),
        (facts.get("clamped", 0), mark("%(n)s not taken back")),
        (facts.get("restored", 0), mark("%(n)s came back")),
        (facts.get("expired", 0), mark("%(n)s over already")),
    ]
    return chips + [words.gettext(text, n=teller.f.number(n)) for n, text in counted if n]
