"""An independent recount of the measures of purchases and memberships: plain sets and loops over lists of orders."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import sqrt
from uuid import UUID
from zoneinfo import ZoneInfo

from kpi.periods import Days, instant
from tests.kpi.recount import Z95, Order

Interval = tuple[float, float]
# Y and x of each cluster: a customer, or an anonymous order.
Sums = dict[UUID, list[int]]
NAMES = ("all", "member", "non_member")


@dataclass
class Figure:
    """What a measure should answer; intervals only of those that are clustered, `difference` among them."""

    segments: dict[str, tuple[int, int | None]]
    counts: dict[str, int] = field(default_factory=dict)
    ci95: dict[str, Interval | None] = field(default_factory=dict)
    reason: str | None = None


class Recount:
    """All that happened, ready to be counted. `intervals`: who was a member from when to when."""

    def __init__(
        self, orders: Iterable[Order], intervals: list[tuple[UUID, datetime, datetime | None]], zone: ZoneInfo
    ) -> None:
        """Go through all orders once, for the one before of each."""
        self.orders = sorted(orders, key=lambda order: order.placed)
        self.intervals, self.zone = intervals, zone
        self.gaps: list[timedelta | None] = []
        last: dict[UUID, datetime] = {}
        for order in self.orders:
            before = last.get(order.customer) if order.customer else None
            self.gaps.append(order.placed - before if before else None)
            if order.customer:
                last[order.customer] = order.placed

    def buyers(self, after: datetime | None, until: datetime) -> set[UUID]:
        """Give who bought in [after, until)."""
        return {o.customer for o in self.orders if o.customer and (not after or o.placed >= after) and o.placed < until}

    def members(self, at: datetime) -> set[UUID]:
        """Give who had joined before an instant, and not left before it."""
        return {who for who, joined, left in self.intervals if joined < at and (left is None or left >= at)}

    def of(self, days: Days, before: date, window: int, as_of: datetime) -> dict[str, Figure]:
        """Count every measure over the days; the period before begins on `before`."""
        start, end = (instant(day, self.zone) for day in days)
        inside = [pair for pair in zip(self.orders, self.gaps, strict=True) if start <= pair[0].placed < end]
        joined = {who for who, at, _ in self.intervals if start <= at < end}
        return {
            **self._by_status_at_start(days, instant(before, self.zone), window),
            **_by_order([order for order, _ in inside], months(days)),
            **self._new(inside, self.buyers(None, start), days.start),
            **_again(inside),
            **self._members_only([order for order, _ in inside], joined, end),
            "first_30d_conversion": self._first_days(start, end, as_of),
        }

    def _by_status_at_start(self, days: Days, before: datetime, window: int) -> dict[str, Figure]:
        start, end = (instant(day, self.zone) for day in days)
        member, known = self.members(start), self.buyers(None, start)
        had_bought, bought = self.buyers(before, start), self.buyers(start, end)
        steps = {
            "start": had_bought,
            "retained": had_bought & bought,
            "lost": had_bought - bought,
            "new": {who for who in bought if who not in known},
            "reactivated": {who for who in bought if who in known and who not in had_bought},
            "end": bought,
        }
        counts = {name: len(who) for name, who in steps.items()}
        counts |= {f"member_{name}": len(who & member) for name, who in steps.items()}
        counts |= {f"non_member_{name}": len(who - member) for name, who in steps.items()}
        ends: dict[str, tuple[int, int | None]] = {
            "all": (len(bought), None),
            "member": (len(bought & member), None),
            "non_member": (len(bought - member), None),
        }
        left = {who for who, _, at in self.intervals if at and start <= at < end}
        opening = [instant(day - timedelta(days=window), self.zone) for day in days]
        active, still = self.buyers(opening[0], start), self.buyers(opening[1], end)
        day_after = instant(days.start - timedelta(days=window - 1), self.zone)
        stock, lapse = _at_start(active, still, member), _at_start(active, active - still, member)
        if not self.buyers(None, day_after):
            none: dict[str, tuple[int, int | None]] = dict.fromkeys(NAMES, (0, 0))
            stock = lapse = Figure(none, reason="history_too_short")
        return {
            "base_flow": Figure(ends, counts),
            "churn_rate": _at_start(had_bought, had_bought - bought, member),
            "crr_stock": stock,
            "lapse_rate": lapse,
            "member_leave_rate": Figure({"all": (len(member & left), len(member))}),
        }

    def _new(self, inside: list[tuple[Order, timedelta | None]], known: set[UUID], start: date) -> dict[str, Figure]:
        new = {name: {o.customer for o, _ in chosen if o.customer} - known for name, chosen in parted(inside).items()}
        year_ago = instant(start - timedelta(days=364), self.zone)
        counts = {
            "overlap": len(new["member"] & new["non_member"]),
            "left_censored": 0 if self.buyers(None, year_ago) else 1,
        }
        return {"new_customers": Figure({name: (len(who), None) for name, who in new.items()}, counts)}

    def _members_only(self, orders: list[Order], joined: set[UUID], end: datetime) -> dict[str, Figure]:
        others = {order.customer for order in orders if order.customer and not order.member}
        spent: Sums = {who: [0, 1] for who in self.members(end)}
        for order in orders:
            if order.member:
                spent.setdefault(order.cluster, [0, 0])[0] += order.net
        members = [order for order in orders if order.member]
        identified = [order for order in orders if order.customer]
        return {
            "enrolment_rate": Figure({"all": (len(others & joined), len(others))}),
            "member_order_share": Figure({"all": (len(members), len(orders))}),
            "identified_order_share": Figure({"all": (len(identified), len(orders))}),
            "member_revenue_share": Figure({"all": (sum(o.net for o in members), sum(o.net for o in orders))}),
            "spend_per_member": Figure({"all": total(spent)}, ci95={"all": ratio_interval(spent)}),
        }

    def _first_days(self, start: datetime, end: datetime, as_of: datetime) -> Figure:
        first: dict[UUID, datetime] = {}
        for who, joined, _ in self.intervals:
            if start <= joined < end:
                first[who] = min(joined, first.get(who, joined))
        due = {who: joined.astimezone(self.zone) + timedelta(days=30) for who, joined in first.items()}
        mature = {who for who in first if due[who] <= as_of}
        bought = {
            o.customer for o in self.orders if o.customer in mature and first[o.customer] <= o.placed <= due[o.customer]
        }
        reason = "immature" if first and not mature else None
        return Figure({"all": (len(bought), len(mature))}, {"immature": len(first) - len(mature)}, reason=reason)


def months(days: Days) -> float:
    """Count calendar months, or days by their mean length."""
    start, end = days
    if start.day == end.day == 1:
        return 12 * (end.year - start.year) + end.month - start.month
    return (end - start).days / (365.25 / 12)


def parted(inside: list[tuple[Order, timedelta | None]]) -> dict[str, list[tuple[Order, timedelta | None]]]:
    """Part orders by their own status."""
    return {
        "all": inside,
        "member": [pair for pair in inside if pair[0].member],
        "non_member": [pair for pair in inside if not pair[0].member],
    }


def total(sums: Sums) -> tuple[int, int]:
    """Add up y and x; without any x there is nothing to tell."""
    x = sum(pair[1] for pair in sums.values())
    return (sum(pair[0] for pair in sums.values()) if x else 0, x)


def ratio_interval(sums: Sums, unit: float = 1, least: float = 0) -> Interval | None:
    """r ± z·√(Σ(y − r·x)²·n/(n−1)) / Σx."""
    terms = influences(sums)
    if terms is None:
        return None
    y, x = total(sums)
    margin = Z95 * sqrt(sum(term * term for term in terms.values()))
    return max(least, (y / x - margin) / unit), (y / x + margin) / unit


def difference_interval(one: Sums, two: Sums, unit: float = 1) -> Interval | None:
    """Whoever is on both sides is one cluster, with both terms."""
    terms, others = influences(one), influences(two)
    if terms is None or others is None:
        return None
    gap = total(one)[0] / total(one)[1] - total(two)[0] / total(two)[1]
    margin = Z95 * sqrt(sum((terms.get(who, 0) - others.get(who, 0)) ** 2 for who in {*terms, *others}))
    return (gap - margin) / unit, (gap + margin) / unit


def influences(sums: Sums) -> dict[UUID, float] | None:
    """√(n/(n−1))·(y − r·x) / Σx of each cluster; None below two."""
    y, x = total(sums)
    n = sum(1 for pair in sums.values() if pair[1])
    if n < 2:
        return None
    return {who: sqrt(n / (n - 1)) * (pair[0] - y / x * pair[1]) / x for who, pair in sums.items()}


def clustered(sides: dict[str, Sums], unit: float = 1, least: float = 0) -> Figure:
    """Give a ratio by order with all its intervals."""
    ci95 = {name: ratio_interval(sums, unit, least) for name, sums in sides.items()}
    ci95["difference"] = difference_interval(sides["member"], sides["non_member"], unit)
    return Figure({name: total(sums) for name, sums in sides.items()}, ci95=ci95)


def _at_start(asked: set[UUID], did: set[UUID], member: set[UUID]) -> Figure:
    groups = {"all": asked, "member": asked & member, "non_member": asked - member}
    return Figure({name: (len(who & did), len(who)) for name, who in groups.items()})


def _by_order(orders: list[Order], length: float) -> dict[str, Figure]:
    told = {name: [order for order, _ in pairs] for name, pairs in parted([(o, None) for o in orders]).items()}
    buyers = {name: {order.customer for order in chosen if order.customer} for name, chosen in told.items()}
    return {
        "active_customers": Figure({name: (len(who), None) for name, who in buyers.items()}),
        "orders": Figure({name: (len(chosen), None) for name, chosen in told.items()}),
        "revenue": Figure({name: (sum(o.net for o in chosen), None) for name, chosen in told.items()}),
        "purchase_frequency": clustered(_of_buyers(told, lambda _: 1), length, 1 / length),
        "spend_per_active": clustered(_of_buyers(told, lambda order: order.net)),
    }


def _of_buyers(told: dict[str, list[Order]], y: Callable[[Order], int]) -> dict[str, Sums]:
    sides: dict[str, Sums] = {}
    for name, chosen in told.items():
        sums: Sums = defaultdict(lambda: [0, 1])
        for order in chosen:
            if order.customer:
                sums[order.customer][0] += y(order)
        sides[name] = sums
    return sides


def _again(inside: list[tuple[Order, timedelta | None]]) -> dict[str, Figure]:
    repeat: dict[str, Sums] = {}
    returning: dict[str, Sums] = {}
    gaps: dict[str, Sums] = {}
    for name, pairs in parted(inside).items():
        bought: dict[UUID, list[timedelta | None]] = defaultdict(list)
        for order, gap in pairs:
            if order.customer:
                bought[order.customer].append(gap)
        repeat[name] = {who: [int(len(told) >= 2), 1] for who, told in bought.items()}
        returning[name] = {who: [int(any(gap is not None for gap in told)), 1] for who, told in bought.items()}
        between = {who: [gap for gap in told if gap is not None] for who, told in bought.items()}
        gaps[name] = {
            who: [sum(gap // timedelta(seconds=1) for gap in told), len(told)] for who, told in between.items()
        }
    told = {"repeat_purchase_rate": clustered(repeat), "returning_customer_rate": clustered(returning)}
    for figure in told.values():
        # Of a rate, only the difference is clustered.
        figure.ci95 = {"difference": figure.ci95["difference"]}
    return {**told, "reorder_rate": told["repeat_purchase_rate"], "days_between_purchases": clustered(gaps, 86_400)}
