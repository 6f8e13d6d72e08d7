"""What shops and members do, and what they do wrong."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.commands import Act, Buy, Join, Refund
from tests.model.machine import Ledger
from tests.model.periods import TICK
from tests.model.strategies import (
    CUSTOMERS,
    DAY,
    Moment,
    customers,
    goods,
    moments,
    nth,
)

early = st.sampled_from([False] * 5 + [True])


class Shopping(Ledger):
    """Purchases, refunds, edits, memberships."""

    @rule(
        again=st.sampled_from([False] * 9 + [True]),
        n=nth,
        goods=goods,
        customer=st.sampled_from([*CUSTOMERS, *CUSTOMERS, None]),
        moment=moments,
        seventh=st.sampled_from([0, 0, 1, 7]),
        delivered=st.sampled_from([False, False, True]),
        test=st.sampled_from([False] * 7 + [True]),
    )
    def buy(
        self,
        n: int,
        goods: int,
        customer: str | None,
        moment: Moment,
        seventh: int,
        *,
        delivered: bool,
        test: bool,
        again: bool,
    ) -> None:
        known = self.order(n)
        order = known.order if again and known else self.new_order()
        placed = self.instant(moment)
        self.instants.append(placed)
        told_delivered = placed + (self.clock - placed) / 2 if delivered else None
        self.do(Buy(order, placed, goods, customer, goods * seventh // 7, told_delivered, test=test))

    @rule(count=st.integers(2, 6), goods=goods, customer=customers, moment=moments, step=st.booleans())
    def buy_in_a_batch(self, count: int, goods: int, customer: str, moment: Moment, *, step: bool) -> None:
        placed = self.instant(moment)
        who = CUSTOMERS if step else [customer]
        first = int(self.new_order()[1:])
        told = [Buy(f"o{first + n}", placed, goods, who[n % len(who)]) for n in range(count)]
        # The same again in one batch is a replay, and with other facts refused.
        self.do(*told, told[0], replace(told[1], goods=told[1].goods + 1))

    @rule(n=nth, number=st.sampled_from(["a", *"bcdefghi" * 2]), goods=goods, early=early)
    def refund(self, n: int, number: str, goods: int, *, early: bool) -> None:
        known = self.order(n)
        order = self.new_order() if early or known is None else known.order
        self.do(Refund(order, number, self.clock, goods))

    @rule(n=nth, early=early)
    def cancel(self, n: int, *, early: bool) -> None:
        known = self.order(n)
        self.do(Refund(self.new_order() if early or known is None else known.order, "", self.clock, None))

    @rule(customer=customers, moment=moments, lasts=st.sampled_from([None, None, None, 10 * DAY, 30 * DAY]))
    def join(self, customer: str, moment: Moment, lasts: timedelta | None) -> None:
        joined = self.instant(moment)
        self.instants.append(joined)
        self.do(Join(customer, joined, lasts and min(joined + lasts, self.clock + TICK)))

    @rule(n=nth, customer=customers, moment=moments)
    def act(self, n: int, customer: str, moment: Moment) -> None:
        self.do(Act(customer, f"a{n}", self.instant(moment)))

    @rule(customer=customers, moment=moments)
    @precondition(lambda self: any(self.model.memberships.values()))
    def leave(self, customer: str, moment: Moment) -> None:
        left = self.instant(moment)
        for joined, until in self.model.memberships.get(self.model.root(customer), []):
            if until is None and joined < left:
                self.instants.append(left)
                self.do(Join(customer, joined, left))
                return

    @rule(
        n=nth,
        goods=st.one_of(st.none(), goods),
        customer=customers,
        delivered=st.booleans(),
        later=st.sampled_from([TICK, TICK, -400 * DAY]),
    )
    @precondition(lambda self: self.model.purchases)
    def edit(self, n: int, goods: int | None, customer: str, later: timedelta, *, delivered: bool) -> None:
        if known := self.order(n):
            told = known if goods is None else replace(known, goods=goods, reward=min(goods, known.reward))
            if delivered and known.delivered is None:
                told = replace(told, delivered=self.clock)
            self.do(replace(told, edit=True, customer=known.customer or customer, updated=self.clock + later))
