"""What purchases, edits, refunds and memberships come to."""

from dataclasses import dataclass, field

from tests.model.accounts import Account
from tests.model.commands import Buy, Join, Refund
from tests.model.people import People
from tests.model.periods import Policy, guest_covers


@dataclass
class Purchase:
    """An order as it is known: `first` is how it was told first; no `now`: only refunds of it have come."""

    refunds: dict[str, Refund] = field(default_factory=dict)
    parked: set[str] = field(default_factory=set)
    first: Buy | None = None
    told: Buy | None = None
    due: int = 0
    restored: int = 0
    member: bool = False

    @property
    def now(self) -> Buy:
        """Give the facts that stand."""
        assert self.told is not None
        return self.told

    def kept(self) -> int:
        """Count the cents that were not taken back."""
        taken = [refund.goods for refund in self.refunds.values()]
        left = self.now.goods - sum(goods or 0 for goods in taken)
        return 0 if None in taken or left < 0 else left

    def worth(self) -> int:
        """Count the points of what is kept: 7 for every three euros, 2 for every whole one, floored once."""
        if self.now.goods == 0:
            return 0
        n, d = self.kept() * (self.now.goods - self.now.reward), self.now.goods
        return 7 * n // (300 * d) + 2 * (n // (100 * d))


class Shop(People):
    """Orders, and what they gave."""

    def __init__(self, policy: Policy) -> None:
        """Begin with nothing sold."""
        super().__init__(policy)
        self.purchases: dict[str, Purchase] = {}

    def _earns(self, purchase: Purchase) -> bool:
        customer, placed = purchase.now.customer, purchase.now.placed
        if customer is None or purchase.now.test:
            return False
        own = self.memberships.get(self.root(customer), [])
        return self.covers(customer, placed) or any(
            guest_covers(self.policy["guest_window"], placed, joined) for joined, _ in own
        )

    def _decide(self, purchase: Purchase, *, gives_back: bool = True) -> None:
        """Give or take the difference between what a purchase is worth and what it gave."""
        told = purchase.now
        purchase.member = told.customer is not None and self.covers(told.customer, told.placed)
        if told.customer is None:
            return
        account = self._account(told.customer)
        target = purchase.worth() if self._earns(purchase) else 0
        due, purchase.due = target - purchase.due, target
        if due > 0:
            account.be_active(told.placed)
            account.earn(due, told.placed, order=told.order, delivered=told.delivered)
        elif due < 0:
            account.claw_back(-due, told.order)
        if gives_back:
            self._give_back_spent(purchase)
        account.repay()

    def _give_back_spent(self, purchase: Purchase) -> None:
        """Give back the points spent on what was taken back."""
        goods, kept = purchase.now.goods, purchase.kept()
        spent = [self.holds[name] for name in purchase.now.redemptions]
        points = sum(hold.captured for hold in spent)
        if self.policy["spent_points"] == "none" or goods == 0:
            return
        if self.policy["spent_points"] == "full":
            target = points if kept == 0 else 0
        else:
            target = points * (goods - kept) // goods
        for hold in spent:
            some = min(target - purchase.restored, hold.captured - hold.returned)
            if some > 0:
                hold.returned += some
                purchase.restored += some
                # Who was merged since has no account of their own any more.
                hold.owner = self._account(hold.owner.name)
                hold.owner.give_back(hold, some, self.now)
                hold.owner.repay()

    def _purchase(self, told: Buy) -> str:
        return self._edit(told) if told.edit else self._buy(told)

    def _buy(self, told: Buy) -> str:
        if self._ahead(told.placed, told.delivered):
            return "invalid"
        purchase = self.purchases.setdefault(told.order, Purchase())
        if purchase.first is not None:
            return "replayed" if purchase.first == told else "other_facts"
        purchase.first = purchase.told = told
        if told.customer is not None:
            self._account(told.customer)
        late, purchase.refunds = purchase.refunds, {}
        self._decide(purchase)
        for number, refund in late.items():
            purchase.refunds[number] = refund
            self._decide(purchase)
        return "recorded"

    def _edit(self, told: Buy) -> str:
        purchase = self.purchases.get(told.order)
        if purchase is None or purchase.told is None:
            return self._buy(told)
        if self._ahead(told.placed, told.delivered):
            return "invalid"
        before = purchase.now
        if before == told:
            return "replayed"
        if before.updated is not None and told.updated is not None and told.updated < before.updated:
            return "stale"
        if before.customer is not None and before.customer != told.customer:
            return "other_customer"
        purchase.told = told
        if told.customer is not None:
            account = self._account(told.customer)
            if before.delivered is None and told.delivered is not None:
                account.deliver(told.order, told.delivered)
        self._decide(purchase)
        return "recorded"

    def _refund(self, told: Refund) -> str:
        if self._ahead(told.at):
            return "invalid"
        purchase = self.purchases.setdefault(told.order, Purchase())
        if told.number in purchase.refunds:
            if purchase.refunds[told.number] != told:
                return "other_facts"
            return "parked again" if told.number in purchase.parked else "replayed"
        purchase.refunds[told.number] = told
        if purchase.told is None:
            purchase.parked.add(told.number)
            return "parked"
        self._decide(purchase)
        return "recorded"

    def _join(self, told: Join) -> str:  # noqa: PLR0911 - an answer a line
        if self._ahead(told.joined, told.left):
            return "invalid"
        if self.root(told.customer) in self.erased:
            return "customer_erased"
        own = self.memberships.setdefault(self.root(told.customer), [])
        vanished = not any(joined == told.joined for joined, _ in own)
        if (told.customer, told.joined, told.left) in self.joins or (
            vanished
            and (told.joined in {joined for _, joined, _ in self.joins_of(told.customer)} and told.left is None)
        ):
            # A merge made one interval of several; what was told of each is known for ever.
            return "replayed"
        known = next((interval for interval in own if interval[0] == told.joined), None)
        if known is not None:
            if told.left is None or told.left == known[1]:
                return "replayed"
            if known[1] is not None:
                return "left_already"
            own.remove(known)
        elif any(
            (left is None or told.joined < left) and (told.left is None or joined < told.left) for joined, left in own
        ):
            return "already_member_since"
        own.append((told.joined, told.left))
        self.joins.add((told.customer, told.joined, told.left))
        account = self._account(told.customer)
        self._decide_anew(account)
        if known is not None and self.policy["on_leaving"] == "forfeit":
            account.forfeit()
        return "recorded"

    def _decide_anew(self, account: Account) -> None:
        """Decide every purchase whose status changes, in the order in which they were placed."""
        own = [
            (purchase.now.placed, purchase.now.order, purchase)
            for purchase in self.purchases.values()
            if purchase.told is not None and purchase.now.customer and self.known(purchase.now.customer) is account
        ]
        for _, _, purchase in sorted(own, key=lambda found: found[:2]):
            self._decide(purchase, gives_back=False)
