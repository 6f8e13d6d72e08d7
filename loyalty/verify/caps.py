"""The promises about what is counted within periods: caps, what happens once, and what actions earned."""

from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from loyalty.verify.checks import Found, of_account, one
from loyalty.verify.facts import AwardRow
from loyalty.verify.histories import AccountHistory
from loyalty.verify.listed import STEP, Told, listed_worth
from loyalty.verify.told import instant
from loyalty.verify.worth import earns, seen_of, unknown_kind, worth

_MARKS = "@"
Uses = Counter[tuple[str, str]]


def _held(seen: dict[str, Any] | None) -> Iterator[tuple[tuple[str, str], int]]:
    for name, cap in ((seen or {}).get("caps") or {}).items():
        yield (name, cap["period"]), cap["use"]


def _acted(history: AccountHistory) -> list[AwardRow]:
    return [award for award in history.awards if award.cause == "action"]


def _actions(history: AccountHistory) -> int:
    return len(_acted(history))


def _household(history: AccountHistory) -> list[AccountHistory]:
    return history.household or [history]


def _is_head(history: AccountHistory) -> bool:
    """Tell whether it is the first of its household: what is asked of all is asked once."""
    return _household(history)[0] is history


def _remembers(history: AccountHistory) -> bool:
    return any(member.remembers for member in _household(history))


def _uses(history: AccountHistory) -> Uses:
    """Sum what the newest decisions of a household say they hold."""
    found: Uses = Counter()
    for member in _household(history):
        for purchase in member.purchases:
            for key, use in _held(seen_of(purchase)):
                found[key] += use
        for award in _acted(member):
            facts = award.told_facts
            for key, use in _held(facts.get("seen")):
                found[key] += use
            at = instant(facts["at"])
            if facts["action"] == "birthday" and at is not None:
                found["@birthday", str(at.astimezone(ZoneInfo(history.programme.timezone)).year)] += 1
    return found


@of_account(one)
def what_is_held_under_caps_is_what_awards_say(history: AccountHistory) -> Found:
    """What a customer is said to hold under a cap in a period is the sum of what the newest decisions hold."""
    if not _is_head(history):
        return
    rows: Uses = Counter()
    for member in _household(history):
        for row in member.cap_uses:
            rows[row.rule_id, row.period] += row.points
    if not rows and not _remembers(history):
        return
    said = _uses(history)
    for rule, period in sorted({*rows, *said}):
        stored, held = rows[rule, period], said[rule, period]
        # Whoever was merged may have had a birthday twice; one mark stands for both. A first purchase is marked by it.
        marked = rule.startswith(_MARKS) and stored == 1 and (held or rule == "@first_purchase")
        if stored != held and not marked:
            yield f"rule {rule!r}, {period}", f"stored are {stored}, the awards hold {held}"


@of_account(one)
def caps_hold(history: AccountHistory) -> Found:
    """What is given within a period, less what was taken back, is at most what the cap says."""
    if len(_household(history)) > 1 or not _remembers(history):
        return
    most: dict[str, int] = {}
    for stored in history.programme.rules.values():
        for place, rule in enumerate(stored.rules, 1):
            name = rule.get("id") or f"rule-{place}"
            limit = 1 if rule.get("once_per") else int(rule["points"]) if rule["kind"] == "cap" else 0
            most[name] = max(most.get(name, 0), limit)
    for (name, period), use in _uses(history).items():
        if use > most.get(name, use) or use < 0:
            yield f"rule {name!r}, {period}", f"{use} points were given, the cap is {most.get(name)}"


@of_account(one)
def purchases_hold_what_they_earn(history: AccountHistory) -> Found:
    """What a purchase holds under a cap is what it earns under it, as it stands."""
    for purchase in history.purchases if _remembers(history) else ():
        seen = seen_of(purchase)
        if not seen or not seen.get("caps") or purchase.rules is None or unknown_kind(purchase.rules):
            continue
        uses = worth(purchase, purchase.rules).uses if earns(purchase) else {}
        for name, cap in seen["caps"].items():
            if cap["use"] != uses.get(name, 0):
                message = f"it says it holds {cap['use']} of rule {name!r}, and earns {uses.get(name, 0)}"
                yield f"purchase {purchase.purchase.purchase_id}", message


@of_account(one)
def first_purchases_are_one(history: AccountHistory) -> Found:
    """At most one purchase of a customer's life was the first; who was merged may have had more."""
    if len(_household(history)) > 1 or not _remembers(history):
        return
    firsts = [p.purchase.order_id for p in history.purchases if (seen_of(p) or {}).get("first")]
    if len(firsts) > 1:
        yield "", f"orders {', '.join(firsts)} were each decided as the first"


@of_account(_actions)
def actions_gave_what_they_are_worth(history: AccountHistory) -> Found:
    """What an action gave is what the rules in force say, by what was seen then; a non-member's gives nothing."""
    rules = history.programme.rules
    for award in _acted(history) if history.remembers else ():
        place, stored, facts = f"award {award.award_id}", rules.get(award.rules_version or 0), award.told_facts
        at = instant(facts["at"])
        if stored is None or at is None:
            yield place, "its rules or its time are not stored"
            continue
        if any(rule["kind"] not in STEP for rule in stored.rules):
            continue
        told = Told(
            0, [], at.astimezone(ZoneInfo(history.programme.timezone)), facts.get("seen") or {}, facts["action"]
        )
        found = None if facts["reason"] else listed_worth(stored.rules, told)
        expected = found.points if found else 0
        if (award.target, award.due) != (expected, expected):
            yield place, f"{award.target} points, {award.due} due; it is worth {expected} by version {stored.version}"
        held = {key[0]: use for key, use in _held(facts.get("seen")) if use}
        if held != {name: use for name, use in (found.uses if found else {}).items() if use}:
            yield place, f"it says it holds {held}"
