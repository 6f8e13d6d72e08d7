"""What is done with points."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.commands import Adjust, Buy, Capture, Erase, Merge, Redeem, Refund, Release, Reverse, Sweep
from tests.model.shopping import Shopping
from tests.model.strategies import (
    PRICES,
    Moment,
    customers,
    goods,
    moments,
    nth,
)


class Spending(Shopping):
    """Redemptions, adjustments, merges, erasures, the nightly work."""

    @rule(customer=customers, price=st.sampled_from(PRICES), at_once=st.booleans())
    def redeem(self, customer: str, price: int, *, at_once: bool) -> None:
        self.do(Redeem(customer, price, at_once, self.key()))

    @rule(n=nth, part=st.sampled_from([0.2, 0.5, 1]), at_once=st.sampled_from([False, False, True]))
    @precondition(lambda self: any(account.available for account in self.model.accounts.values()))
    def redeem_what_there_is(self, n: int, part: float, *, at_once: bool) -> None:
        there = [(account.available, name) for name, account in self.model.accounts.items() if account.available]
        if there:
            available, customer = there[n % len(there)]
            price = max((price for price in PRICES if price <= available * part), default=PRICES[0])
            self.do(Redeem(customer, price, at_once, self.key()))

    @rule(n=nth, part=st.sampled_from([None, None, 0, 0.3, 0.6, 1, 1.5]))
    @precondition(lambda self: self.model.holds)
    def capture(self, n: int, part: float | None) -> None:
        if hold := self.hold(n):
            self.do(Capture(hold.name, None if part is None else max(1, int(hold.points * part))))

    @rule(n=nth)
    @precondition(lambda self: self.model.holds)
    def release(self, n: int) -> None:
        if hold := self.hold(n):
            self.do(Release(hold.name))

    @rule(n=nth)
    @precondition(lambda self: self.model.holds)
    def reverse(self, n: int) -> None:
        if hold := self.hold(n):
            self.do(Reverse(hold.name))

    @rule(
        first=nth,
        more=st.sampled_from([None, None, 0, 1, 7]),
        goods=goods.filter(bool),
        moment=moments,
        refunded=st.sampled_from([0, 0.1, 0.5, 1]),
    )
    @precondition(lambda self: self.model.holds)
    def buy_with_rewards(self, first: int, more: int | None, goods: int, moment: Moment, refunded: float) -> None:
        spent = (self.hold(first, "captured"), more is not None and self.hold(first + more, "captured"))
        found = [hold for hold in spent if hold]
        owner = self.model.root(found[0].owner.name)
        names = dict.fromkeys(hold.name for hold in found if self.model.root(hold.owner.name) == owner)
        order = self.new_order()
        self.do(Buy(order, self.instant(moment), goods, owner, goods // 7, redemptions=tuple(names)))
        if refunded:
            self.do(Refund(order, f"r{self.keys}", self.clock, int(goods * refunded)))

    @rule(customer=customers, points=st.sampled_from([-300, -20, -1, 1, 20, 300]))
    def adjust(self, customer: str, points: int) -> None:
        self.do(Adjust(customer, points, self.key()))

    @rule(customer=customers, into=customers, seldom=nth)
    def merge(self, customer: str, into: str, seldom: int) -> None:
        if seldom % 4 == 3:
            self.do(Merge(customer, into, self.key()))

    @rule(customer=customers, seldom=nth)
    def erase(self, customer: str, seldom: int) -> None:
        if seldom % 10 == 9:
            self.do(Erase(customer))

    @rule()
    @precondition(lambda self: self.due())
    def sweep(self) -> None:
        self.swept = True
        self.do(Sweep())
