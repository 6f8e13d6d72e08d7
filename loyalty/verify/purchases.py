"""The promises about purchases: their worth by the stored rules, their status, their refunds, their awards."""

from datetime import datetime, timedelta

from loyalty.verify.checks import Found, awards, of_purchase, one
from loyalty.verify.facts import AwardRow
from loyalty.verify.histories import PurchaseHistory
from loyalty.verify.worth import rules_in_force, unknown_kind, was_member, worth

# A version published while a purchase was being recorded may or may not have been seen by it.
_PUBLISHING = timedelta(minutes=2)


def _refunds(history: PurchaseHistory) -> int:
    return len(history.refunds)


def _checkable(history: PurchaseHistory) -> bool:
    return unknown_kind(history.rules) is None


def _first_placed_at(history: PurchaseHistory) -> datetime | None:
    """Give when it was placed as the first decision knew it."""
    return history.former[0].placed_at if history.former else history.purchase.placed_at


def _in_force(history: PurchaseHistory, first: AwardRow, placed_at: datetime) -> bool:
    rules = history.programme.rules
    if len(rules) == 1:
        return first.rules_version in rules
    known = (first.recorded_at, first.recorded_at - _PUBLISHING)
    return first.rules_version in {rules_in_force(rules, placed_at, at) for at in known}


@of_purchase(_checkable)
def purchases_gave_what_they_are_worth(history: PurchaseHistory) -> Found:
    """What was due so far is what the kept goods earn by the stored rules, under the purchase's status now."""
    due = sum(award.due for award in history.awards)
    rules = history.rules
    if rules is None:
        if history.awards:
            yield "", f"{due} points were due by rules that are not stored"
    elif not unknown_kind(rules):
        target = worth(history, rules).points
        if due != target:
            yield "", f"{due} points were due so far, and it is worth {target} by version {rules.version} of the rules"


@of_purchase(awards)
def awards_reach_their_target(history: PurchaseHistory) -> Found:
    """What an award says was due is the way from what was due before to its target."""
    reached = 0
    for award in history.decided:
        if reached + award.due != award.target:
            yield (
                f"award {award.award_id}",
                f"its target is {award.target}; due were {reached} before it and {award.due}",
            )
        reached += award.due


@of_purchase(awards)
def awards_use_the_rules_in_force(history: PurchaseHistory) -> Found:
    """The first award uses the rules that were in force when the purchase was placed; the others use them again."""
    decided, placed_at = history.decided, _first_placed_at(history)
    if not decided or placed_at is None:
        return
    first = decided[0]
    if not _in_force(history, first, placed_at):
        yield f"award {first.award_id}", f"version {first.rules_version} was not in force at {placed_at}"
    for award in decided[1:]:
        if award.rules_version != first.rules_version:
            message = f"version {award.rules_version} instead of the first one's {first.rules_version}"
            yield f"award {award.award_id}", message


@of_purchase(one)
def member_flag_is_what_memberships_say(history: PurchaseHistory) -> Found:
    """A purchase is stored as a member's if and only if a membership covers the instant it was placed at."""
    member = was_member(history.memberships, history.purchase.placed_at)
    if history.purchase.member != member:
        told = f"stored is {history.purchase.member}, the memberships say {member}"
        yield "", f"member at {history.purchase.placed_at}: {told}"


@of_purchase(one)
def recorded_purchases_are_awarded(history: PurchaseHistory) -> Found:
    """A recorded purchase has the one award that recorded it; an awaited one has no award, date or customer yet."""
    purchase = history.purchase
    if purchase.state == "awaited":
        if history.awards or purchase.placed_at or purchase.customer_id or not history.refunds:
            yield "", "it is awaited, and has more or less than the refunds that wait for it"
        return
    recorded_at = history.former[0].recorded_at if history.former else purchase.recorded_at
    first = [award for award in history.awards if award.cause == "purchase"]
    if len(first) != 1 or first[0].recorded_at != recorded_at:
        yield "", f"{len(first)} awards recorded it, or not when it was recorded"


def _former(history: PurchaseHistory) -> int:
    return len(history.former)


@of_purchase(_former)
def former_facts_join_up(history: PurchaseHistory) -> Found:
    """What was known of a purchase before is kept: every edit or claim ends one interval and begins the next."""
    edits = [award.recorded_at for award in history.awards if award.cause in {"edit", "claim"}]
    if not history.former:
        if edits:
            yield "", f"it was edited at {min(edits)}, and what was known before is not there"
        return
    changed = set(edits)
    version = 0
    following = [*(former.recorded_at for former in history.former[1:]), history.purchase.recorded_at]
    for former, later in zip(history.former, following, strict=True):
        place = f"version {former.version}"
        if former.version <= version or former.version >= history.purchase.version:
            yield place, f"it follows version {version} of a purchase at {history.purchase.version}"
        if former.superseded_at != later:
            yield place, f"known until {former.superseded_at}, what came then was recorded at {later}"
        if former.superseded_at not in edits:
            yield place, f"no award of an edit or claim ended it at {former.superseded_at}"
        changed.discard(former.superseded_at)
        version = former.version
    for at in changed:
        yield "", f"it was edited at {at}, and what was known before is not there"


@of_purchase(_refunds)
def refunds_have_their_award(history: PurchaseHistory) -> Found:
    """Every refund of a recorded purchase led to one award, at once or, when parked, with the purchase."""
    if not history.refunds and not any(award.refund_id is not None for award in history.awards):
        return
    by_id = {award.award_id: award for award in history.awards}
    came: dict[tuple[str, str], list[AwardRow]] = {}
    for award in history.awards:
        if award.cause in {"refund", "cancellation"}:
            came.setdefault((award.cause, award.refund_id or ""), []).append(award)
    with_purchase = {award.recorded_at for award in history.awards if award.cause == "purchase"}
    for refund in history.refunds:
        place, own = f"{refund.kind} {refund.refund_id!r}", came.pop((refund.kind, refund.refund_id), [])
        if len(own) != (history.purchase.state == "recorded"):
            yield place, f"{len(own)} awards came of it"
        elif refund.award_id and by_id.get(refund.award_id) not in own:
            yield place, f"its award {refund.award_id} is not of it"
        elif own and own[0].recorded_at not in ({refund.recorded_at} if refund.award_id else with_purchase):
            yield place, f"its award {own[0].award_id} was recorded at {own[0].recorded_at}, neither with it nor later"
    for kind, refund_id in came:
        yield f"{kind} {refund_id!r}", "an award came of it, and it is not there"


def _anonymous(history: PurchaseHistory) -> int:
    return sum(award.customer_id is None for award in history.awards)


@of_purchase(_anonymous)
def awards_have_their_event(history: PurchaseHistory) -> Found:
    """Every award younger than the window of events was told by one, and with it every entry."""
    # Those of a customer are seen with the account.
    for award in history.awards:
        if award.customer_id is None and not award.told and award.recorded_at > history.programme.events_since:
            yield f"award {award.award_id}", "no event tells of it"


@of_purchase(_anonymous)
def anonymous_awards_give_nothing(history: PurchaseHistory) -> Found:
    """A purchase of nobody gives nothing to nobody; once it is somebody's, it stays so."""
    claimed = False
    for award in history.decided:
        claimed = claimed or award.customer_id is not None
        if award.customer_id is None and (award.due, award.given, award.target, award.after) != (0, 0, 0, None):
            yield f"award {award.award_id}", f"due {award.due}, given {award.given}, target {award.target}"
        elif award.customer_id is None and claimed:
            yield f"award {award.award_id}", "it is nobody's, and the purchase was somebody's before"
