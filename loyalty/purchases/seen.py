"""What is looked up when a purchase is first decided, stored in its award, and used again ever after. Pure.

docs/rules.md, "Decided once". `seen` is JSON-ready, with only what the rules in force ask for: `tier` {key, factor} or
null, `segments`, `first`, `caps` {rule: {period, room, use}}; and `dated` {rule: points} of bonuses with own dates.
"""

from datetime import datetime
from typing import Any

from loyalty.earning.kind import Exact, Standing
from loyalty.earning.periods import period_of
from loyalty.earning.rule import Rule
from loyalty.earning.rules import Points, RulesVersion
from loyalty.points.facts import OpenAccount
from loyalty.purchases.batch import Batch, OpenOrder
from loyalty.purchases.rules import Known, target

Seen = dict[str, Any]
# Whoever tells a purchase anew is given the room that there is then.
_ROOM_AGAIN = frozenset({"edit", "claim"})


def worth_as_seen(
    batch: Batch,
    order: OpenOrder,
    account: OpenAccount | None,
    kept_minor: int,
    version: RulesVersion,
    cause: str,
    *,
    earns: bool,
) -> tuple[Exact, Points, Seen | None]:
    """Decide what a purchase is worth as it stands, and what is to be stored of what was seen."""
    if version.plain is not None and not batch.has_tiers:
        return *target(order, kept_minor, version), None
    at = (order.placed_at or batch.now).astimezone(batch.source.program.zone)
    if not batch.remembers(version):
        return *target(order, kept_minor, version, Known(at)), None
    # What was decided before there was anything to look up stays as it was.
    old = {} if order.noted is None and order.earned else order.noted
    if not earns or account is None:
        held = old and uses_of(old)
        if account is not None and held:
            batch.use(account, held, {})
        order.noted = old and _now(old, {name: {**cap, "use": 0} for name, cap in (old.get("caps") or {}).items()}, {})
        return *target(order, kept_minor, version, known(old or {}, at)), order.noted
    seen = dict(old) if old is not None else look_up(batch, account, order.placed_at or batch.now, version)
    caps = rooms(batch, account, version.counting(), at, old, again=cause in _ROOM_AGAIN)
    whole, points = target(order, kept_minor, version, known({**seen, "caps": caps}, at))
    narrower = _narrowed(batch, account, version.counting(), caps, old, points)
    if narrower:
        caps = {**caps, **narrower}
        whole, points = target(order, kept_minor, version, known({**seen, "caps": caps}, at))
    caps = {name: {**cap, "use": points.uses.get(name, 0)} for name, cap in caps.items()}
    order.noted = _now(seen, caps, points.dated)
    batch.use(account, uses_of(old or {}), uses_of(order.noted))
    return whole, points, order.noted


def look_up(batch: Batch, account: OpenAccount, at: datetime, version: RulesVersion) -> Seen:
    """Look up, once, what is known of a customer then."""
    seen: Seen = {}
    needs = version.needs
    if needs.tier or batch.has_tiers:
        tier = batch.tier_at(account, at)
        seen["tier"] = None if tier is None else {"key": tier.key, "factor": tier.factor}
    if needs.segments:
        seen["segments"] = sorted(batch.segments_of(account) & needs.segments)
    if needs.first:
        seen["first"] = account.customer_id not in batch.earned
    return seen


def known(seen: Seen, at: datetime) -> Known:
    """Make of what was seen what the rules may look at."""
    tier = seen.get("tier")
    return Known(
        at=at,
        tier=None if tier is None else Standing(tier["key"], tier["factor"]),
        segments=frozenset(seen.get("segments") or ()),
        first=bool(seen.get("first")),
        room={name: cap["room"] for name, cap in (seen.get("caps") or {}).items()},
    )


def uses_of(seen: Seen) -> dict[tuple[str, str], int]:
    """Give what a decision holds under each rule and period."""
    return {(name, cap["period"]): cap["use"] for name, cap in (seen.get("caps") or {}).items() if cap["use"]}


def _now(seen: Seen, caps: dict[str, Any], dated: dict[str, int]) -> Seen:
    made = {name: value for name, value in seen.items() if name not in {"caps", "dated"}}
    return made | ({"caps": caps} if caps else {}) | ({"dated": dated} if dated else {})


def rooms(
    batch: Batch, account: OpenAccount, rules: list[Rule], at: datetime, old: Seen | None, *, again: bool
) -> dict[str, Any]:
    """Give the room of each rule that counts: that of the decision before, unless it is to be looked up."""
    before = (old or {}).get("caps") or {}
    rooms: dict[str, Any] = {}
    for rule in rules:
        if rule.id in before and not again:
            rooms[rule.id] = {"period": before[rule.id]["period"], "room": before[rule.id]["room"]}
        elif rule.counted:
            period = period_of(rule.counted.per, at.date())
            held = _held(before, rule.id, period)
            rooms[rule.id] = {"period": period, "room": max(held, left(batch, account, rule, period, held))}
    return rooms


def left(batch: Batch, account: OpenAccount, rule: Rule, period: str, held: int = 0) -> int:
    """Count what the others of a period leave under a rule; `held` is one's own."""
    limit = rule.counted.limit if rule.counted else 0
    return max(0, limit - (batch.used(account, rule.id, period) - held))


def _held(before: dict[str, Any], rule_id: str, period: str) -> int:
    cap = before.get(rule_id)
    return int(cap["use"]) if cap and cap["period"] == period else 0


def _narrowed(
    batch: Batch, account: OpenAccount, rules: list[Rule], caps: dict[str, Any], old: Seen | None, points: Points
) -> dict[str, Any]:
    """Find the rules under which a decision would rise above what others have taken since: it keeps what it holds."""
    narrower: dict[str, Any] = {}
    for rule in rules:
        cap = caps[rule.id]
        held = _held((old or {}).get("caps") or {}, rule.id, cap["period"])
        most = max(held, left(batch, account, rule, cap["period"], held))
        if points.uses.get(rule.id, 0) > most:
            narrower[rule.id] = {"period": cap["period"], "room": most}
    return narrower
