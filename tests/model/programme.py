"""The whole programme in plain Python: what every command should come to, point for point and lot for lot.

Written from `docs/decisions/0003`, `0004`, `0008` and nothing else. It shares no code with the house.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from pickle import dumps, loads
from typing import Any

from tests.model.accounts import Hold
from tests.model.commands import (
    Act,
    Adjust,
    Buy,
    Capture,
    Command,
    Erase,
    Join,
    Merge,
    Redeem,
    Refund,
    Release,
    Reverse,
    Sweep,
)  # fmt: skip
from tests.model.shop import Shop


class Programme(Shop):
    """Everything there is."""

    def tell(self, command: Command, now: datetime, name: str = "") -> str:
        """Do a command at an instant, and give the word for the answer. `name`: what a new hold is called.

        What is not recorded leaves no trace, not even that of settling.
        """
        after: Programme = loads(dumps(self))  # noqa: S301 - our own
        after.now = now
        word = after.do(command, name)
        if word in {"recorded", "parked"}:
            self.__dict__ = after.__dict__
        return word

    def do(self, command: Command, name: str) -> str:
        """Do a command, come what may."""
        if isinstance(command, Redeem):
            return self._redeem(command, name)
        by_kind: dict[type[Command], Callable[[Any], str]] = {
            Buy: self._purchase,
            Refund: self._refund,
            Join: self._join,
            Act: self._act,
            Capture: self._capture,
            Release: self._release,
            Reverse: self._reverse,
            Adjust: self._adjust,
            Merge: self._merge,
            Erase: self._erase,
            Sweep: self._sweep,
        }
        return by_kind[type(command)](command)

    def _adjust(self, told: Adjust) -> str:
        if self.known(told.customer) is None or self.root(told.customer) in self.erased:
            return "not_found"
        account = self._account(told.customer)
        if told.points > 0:
            account.earn(told.points, self.now)
            account.repay()
            return "recorded"
        if account.available < -told.points:
            return "not_enough_points"
        account.take(-told.points)
        return "recorded"

    def _merge(self, told: Merge) -> str:
        if {self.root(told.customer), self.root(told.into)} & self.erased:
            return "customer_erased"
        loser, winner = self.known(told.customer), self.known(told.into)
        if loser is None or winner is None:
            return "not_found"
        if loser is winner:
            return "same_customer"
        loser.settle(self.now)
        winner.settle(self.now)
        if any(hold.state == "open" for account in (loser, winner) for hold in account.holds):
            return "open_holds"
        winner.swallow(loser)
        self.into[loser.name] = winner.name
        self.memberships[winner.name] = self.unite(
            self.memberships.get(winner.name, []) + self.memberships.pop(loser.name, [])
        )
        self._decide_anew(winner)
        return "recorded"

    def _erase(self, told: Erase) -> str:
        if self.known(told.customer) is None:
            return "not_found"
        account = self._account(told.customer)
        if account.name in self.erased:
            return "replayed"
        for hold in [hold for hold in account.holds if hold.state == "open"]:
            account.end_hold(hold, "released", self.now)
        for lot in account.lots:
            lot.points = 0
        account.debt = 0
        own = self.memberships.get(account.name, [])
        self.memberships[account.name] = [(joined, left or self.now) for joined, left in own]
        self.erased.add(account.name)
        return "recorded"

    def _sweep(self, _: Sweep) -> str:
        for account in self.accounts.values():
            if any(at <= self.now for at in account.dues()):
                account.settle(self.now)
        return "recorded"

    def _redeem(self, told: Redeem, name: str) -> str:
        if self.known(told.customer) is None:
            return "not_found"
        if self.root(told.customer) in self.erased:
            return "not_found"
        if not self.covers(told.customer, self.now):
            return "not_a_member"
        account = self._account(told.customer)
        if account.available < told.price:
            return "not_enough_points"
        ends = self.now + timedelta(minutes=self.policy["hold_minutes"])
        account.be_active(self.now)
        hold = Hold(name, account, told.price, self.now, ends, account.take(told.price))
        account.holds.append(hold)
        self.holds[name] = hold
        if told.at_once:
            account.end_hold(hold, "captured", self.now, told.price)
        return "recorded"

    def _hold(self, name: str) -> Hold:
        """Find a hold, as it is now."""
        hold = self.holds[name]
        hold.owner = self.accounts[self.root(hold.owner.name)]
        hold.owner.settle(self.now)
        return hold

    def _over(self, hold: Hold) -> str:
        return "hold_timed_out" if hold.state == "timed_out" else "hold_ended"

    def _capture(self, told: Capture) -> str:
        hold = self._hold(told.hold)
        if hold.state == "captured":
            same = told.points is None or told.points == hold.captured
            return "replayed" if same else "other_facts"
        if hold.state != "open":
            return self._over(hold)
        if told.points is not None and told.points > hold.points:
            return "other_facts"
        hold.owner.end_hold(hold, "captured", self.now, hold.points if told.points is None else told.points)
        return "recorded"

    def _release(self, told: Release) -> str:
        hold = self._hold(told.hold)
        if hold.state != "open":
            return "replayed" if hold.state == "released" else self._over(hold)
        hold.owner.end_hold(hold, "released", self.now)
        return "recorded"

    def _reverse(self, told: Reverse) -> str:
        hold = self._hold(told.hold)
        if hold.reversed:
            return "replayed"
        if hold.state != "captured":
            return "hold_ended"
        left = hold.captured - hold.returned
        hold.returned, hold.reversed = hold.captured, True
        hold.owner.give_back(hold, left, self.now)
        hold.owner.repay()
        return "recorded"
