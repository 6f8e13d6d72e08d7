"""One customer's points in lists and integers: lots, holds, debt, and what time does to them."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.model.periods import Policy, after_days, ending, maturing


@dataclass
class Lot:
    """Points of one earning. No `matures`: they wait for the delivery. `slides`: days after activity that they end."""

    number: int
    points: int
    earned: datetime
    matures: datetime | None
    ends: datetime | None
    slides: int | None
    order: str | None


@dataclass
class Hold:
    """Points set aside. `taken`: what is still out, in spending order; each from a lot of an account."""

    name: str
    owner: "Account"
    points: int
    opened: datetime
    ends: datetime
    taken: list[tuple["Account", Lot, int]]
    state: str = "open"
    captured: int = 0
    returned: int = 0
    reversed: bool = False


@dataclass
class Account:
    """A customer's points, as they are at `settled`."""

    name: str
    policy: Policy
    settled: datetime
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    debt: int = 0
    active: datetime | None = None
    numbered: int = 0

    def end(self, lot: Lot) -> datetime | None:
        """Tell when a lot ends, as things are."""
        if lot.slides is None or lot.matures is None:
            return lot.ends
        return after_days(max(lot.matures, self.active or lot.matures), lot.slides)

    def over(self, lot: Lot, at: datetime) -> bool:
        """Tell whether a lot has ended."""
        end = self.end(lot)
        return end is not None and end <= at

    def waits(self, lot: Lot) -> bool:
        """Tell whether a lot is pending."""
        return lot.matures is None or lot.matures > self.settled

    def in_order(self) -> list[Lot]:
        """Give the lots as they will be spent: soonest end, oldest, lowest number; what never ends comes last."""
        ends = {lot.number: self.end(lot) for lot in self.lots}
        return sorted(
            self.lots,
            key=lambda lot: (ends[lot.number] is None, ends[lot.number] or lot.earned, lot.earned, lot.number),
        )

    def spendable(self) -> list[Lot]:
        """Give the lots that are there to be spent."""
        return [lot for lot in self.in_order() if lot.points and not self.waits(lot)]

    @property
    def available(self) -> int:
        """Count what can be spent."""
        return sum(lot.points for lot in self.lots if not self.waits(lot))

    @property
    def pending(self) -> int:
        """Count what is to come."""
        return sum(lot.points for lot in self.lots if self.waits(lot))

    @property
    def held(self) -> int:
        """Count what is set aside."""
        return sum(hold.points for hold in self.holds if hold.state == "open")

    def add(
        self,
        points: int,
        earned: datetime,
        matures: datetime | None,
        ends: datetime | None = None,
        slides: int | None = None,
        order: str | None = None,
    ) -> Lot:
        """Put a new lot in."""
        self.numbered += 1
        lot = Lot(self.numbered, points, earned, matures, ends, slides, order)
        self.lots.append(lot)
        return lot

    def earn(
        self, points: int, earned: datetime, *, order: str | None = None, delivered: datetime | None = None
    ) -> None:
        """Put in what is earned, dated by the policy; what is over already is gone at once."""
        matures = maturing(self.policy, earned, delivered) if order else earned
        slides = self.policy["expiry"].get("days") if self.policy["expiry"]["kind"] == "inactivity" else None
        lot = self.add(points, earned, matures, ending(self.policy, matures), slides, order)
        self.drop_if_over(lot, self.settled)

    def earn_by_doing(self, points: int, earned: datetime) -> None:
        """Put in what an action earns: there is no delivery that it could wait for."""
        waits = self.policy["maturity"]["kind"] == "on_delivery"
        matures = earned if waits else maturing(self.policy, earned, None)
        slides = self.policy["expiry"].get("days") if self.policy["expiry"]["kind"] == "inactivity" else None
        self.drop_if_over(self.add(points, earned, matures, ending(self.policy, matures), slides), self.settled)

    def drop_if_over(self, lot: Lot, at: datetime) -> None:
        """Let points go that have ended."""
        if self.over(lot, at):
            lot.points = 0

    def be_active(self, at: datetime) -> None:
        """Note an earning or a redemption, where points end without one."""
        if self.policy["expiry"]["kind"] == "inactivity":
            self.active = max(self.active or at, at)

    def take(self, points: int) -> list[tuple["Account", Lot, int]]:
        """Take from what is available, in spending order; as much as there is."""
        taken: list[tuple[Account, Lot, int]] = []
        for lot in self.spendable():
            some = min(points, lot.points)
            if some:
                lot.points -= some
                points -= some
                taken.append((self, lot, some))
        return taken

    def repay(self) -> None:
        """Let what is available pay what is owed."""
        self.debt -= sum(points for _, _, points in self.take(self.debt))

    def claw_back(self, points: int, order: str) -> None:
        """Take back what an order gave: its pending points, its available ones, others, and then as debt."""
        own = [lot for lot in self.in_order() if lot.order == order]
        waiting, there = [lot for lot in own if self.waits(lot)], [lot for lot in own if not self.waits(lot)]
        for lot in (*waiting, *there):
            some = min(points, lot.points)
            lot.points -= some
            points -= some
        points -= sum(some for _, _, some in self.take(points))
        if self.policy["debt"] == "allow":
            self.debt += points

    def give_back(self, hold: Hold, points: int, at: datetime) -> None:
        """Bring points back from a hold, those that were spent last first."""
        while points:
            account, lot, out = hold.taken.pop()
            some = min(points, out)
            points -= some
            if some < out:
                hold.taken.append((account, lot, out - some))
            if self.over(lot, at):
                if self.policy["restore_grace_days"]:
                    ends = after_days(at, self.policy["restore_grace_days"])
                    self.add(some, lot.earned, lot.matures, ends, None, lot.order)
            elif account is self:
                lot.points += some
            else:
                self.add(some, lot.earned, lot.matures, lot.ends, lot.slides, lot.order)

    def end_hold(self, hold: Hold, state: str, at: datetime, captured: int = 0) -> None:
        """End a hold; what is not captured comes back."""
        hold.state, hold.captured = state, captured
        self.give_back(hold, hold.points - captured, at)
        self.repay()

    def deliver(self, order: str, delivered: datetime) -> None:
        """Date what waited for the delivery of an order."""
        for lot in self.lots:
            if lot.order == order and lot.matures is None:
                lot.matures = maturing(self.policy, lot.earned, delivered)
                lot.ends = ending(self.policy, lot.matures)
                self.drop_if_over(lot, self.settled)
        self.repay()

    def forfeit(self) -> None:
        """Let all points go but those that are held."""
        for lot in self.lots:
            lot.points = 0

    def swallow(self, other: "Account") -> None:
        """Take another's lots, with their dates, and debt over."""
        self.active = max((at for at in (self.active, other.active) if at is not None), default=None)
        for lot in other.in_order():
            if lot.points:
                self.add(lot.points, lot.earned, lot.matures, lot.ends, lot.slides, lot.order)
                lot.points = 0
        self.debt += other.debt
        other.debt = 0
        self.holds += other.holds
        other.holds = []
        self.repay()

    def dues(self) -> list[datetime]:
        """Name the instants at which something happens by itself, if nothing else does."""
        lots = [at for lot in self.lots if lot.points for at in (lot.matures, self.end(lot)) if at is not None]
        return sorted({*lots, *(hold.ends for hold in self.holds if hold.state == "open")})

    def settle(self, to: datetime) -> None:
        """Let everything happen that falls due until then, in order of time."""
        while due := [at for at in self.dues() if self.settled < at <= to]:
            at = due[0]
            for lot in self.lots:
                self.drop_if_over(lot, at)
            self.settled = at
            self.repay()
            for hold in [hold for hold in self.holds if hold.state == "open" and hold.ends <= at]:
                self.end_hold(hold, "timed_out", at)
        self.settled = to
