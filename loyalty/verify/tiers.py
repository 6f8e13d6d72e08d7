"""The promises about tiers, computed a second time: what days count, who reaches what, and the chain of changes."""

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from loyalty.verify.checks import Found, of_account
from loyalty.verify.histories import AccountHistory, PurchaseHistory
from loyalty.verify.tier_facts import TierScheme
from loyalty.verify.worth import earns, kept_goods, months_later

_EVENTS_KEPT = timedelta(days=90)
_HALF = Fraction(1, 2)
_Sums = dict[date, tuple[int, int]]


def _days(history: AccountHistory) -> int:
    return len(history.tier_days)


def _changes(history: AccountHistory) -> int:
    return len(history.tier_changes)


def _standings(history: AccountHistory) -> int:
    return len(history.standings)


@of_account(_days)
def days_count_what_was_decided(history: AccountHistory) -> Found:
    """Every day counts the points due, and the net kept, of the purchases and actions of that day, and nothing else."""
    stored = {row.day: (row.points, row.spent_minor) for row in history.tier_days}
    if not history.standings:
        if stored:
            yield "", "days are counted, and there is no standing"
        return
    counted = counted_days(history)
    for day in sorted(stored.keys() | counted.keys()):
        points, spent = counted.get(day, (0, 0))
        if (points, spent) != stored.get(day, (0, 0)):
            yield f"day {day}", f"it is worth {points} points and {spent} spent, it says {stored.get(day, (0, 0))}"


def counted_days(history: AccountHistory) -> _Sums:
    """Count the days of a person anew, from all rows of the household."""
    zone = ZoneInfo(history.programme.timezone)
    sums: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for member in history.household or [history]:
        for purchase in member.purchases:
            placed_at = purchase.purchase.placed_at
            if placed_at is not None and purchase.purchase.state == "recorded":
                day = sums[placed_at.astimezone(zone).date()]
                day[0] += sum(award.due for award in purchase.awards)
                day[1] += _spent(purchase)
        for award in member.awards:
            if award.cause == "action" and award.due:
                day = sums[member.entries_of[award.award_id][0].effective_at.astimezone(zone).date()]
                day[0] += award.due
    return {day: (points, spent) for day, (points, spent) in sums.items() if points or spent}


def _spent(history: PurchaseHistory) -> int:
    """Give the net that is kept of a purchase that can earn, rounded once, half up."""
    goods = history.purchase.goods_minor or 0
    if goods <= 0 or not earns(history):
        return 0
    kept = max(0, kept_goods(history))
    net = kept - Fraction((history.purchase.reward_discount_minor or 0) * kept, goods)
    return max(0, (net + _HALF) // 1)


@of_account(_standings)
def whoever_reaches_a_tier_holds_it(history: AccountHistory) -> Found:
    """A customer's tier is that of the last change, is no lower than what was earned, and that than the sum reaches."""
    tiers = history.programme.tiers
    for standing in history.standings:
        last = history.tier_changes[-1] if history.tier_changes else None
        if standing.changes != len(history.tier_changes) or standing.tier != (last.tier_to if last else None):
            yield (
                "standing",
                f"{standing.changes} changes led to {standing.tier}; there are {len(history.tier_changes)}",
            )
        if standing.tier is not None and last is not None and standing.since != last.effective_at:
            yield "standing", f"it holds since {standing.since}, the last change says {last.effective_at}"
        if tiers is None or standing.scheme_version != tiers.version:
            continue
        rank = {tier["key"]: place for place, tier in enumerate(tiers.scheme["tiers"], 1)}
        held, earned = rank.get(standing.tier or "", 0), rank.get(standing.earned_tier or "", 0)
        if held < earned or (standing.floor_tier is None and held != earned):
            yield "standing", f"it holds {standing.tier}, and has earned {standing.earned_tier}"
        total = sum_now(history, tiers)
        reached = sum(tier["threshold"] <= total for tier in tiers.scheme["tiers"])
        if earned < reached:
            yield "standing", f"the sum of {total} reaches rank {reached}, and it has earned {standing.earned_tier}"


def sum_now(history: AccountHistory, tiers: TierScheme) -> int:
    """Sum what counts of the days as stored, on the day of the programme on which this runs."""
    window, in_points = tiers.scheme["window"], tiers.scheme["counts"] == "points_earned"
    now = history.programme.events_since + _EVENTS_KEPT
    today = now.astimezone(ZoneInfo(history.programme.timezone)).date()
    days = [(row.day, row.points if in_points else row.spent_minor) for row in history.tier_days]
    if window["kind"] == "calendar":
        return max(sum(counted for day, counted in days if day.year == year) for year in (today.year, today.year - 1))
    if window["kind"] == "rolling":
        first = months_later(now, -window.get("months", 12), history.programme.timezone)
        after = first.astimezone(ZoneInfo(history.programme.timezone)).date()
        return sum(counted for day, counted in days if day > after)
    return sum(counted for _, counted in days)


@of_account(_changes)
def changes_of_tiers_form_a_chain(history: AccountHistory) -> Found:
    """Every change of a tier begins where the one before it ended, no earlier, and none is missing."""
    tier, at = None, None
    for place, change in enumerate(history.tier_changes, 1):
        if change.seq != place:
            yield f"change {change.seq}", f"change {place} is missing before it"
        if change.tier_from != tier:
            yield f"change {change.seq}", f"it leaves {change.tier_from}, and {tier} was held"
        if at is not None and change.effective_at < at:
            yield f"change {change.seq}", f"it begins at {change.effective_at}, before the one before it"
        tier, at = change.tier_to, change.effective_at
