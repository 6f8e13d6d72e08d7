"""What purchases, edits, refunds and memberships come to."""

from dataclasses import dataclass, field
from fractions import Fraction

from tests.model.accounts import Account
from tests.model.commands import Act, Buy, Join, Refund
from tests.model.people import People
from tests.model.periods import Policy, day_of, guest_covers


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
    guest: bool = False
    # Under many rules: whether it was the first, and what it holds under the cap of its month.
    first_of_life: bool | None = None
    month: str = ""
    room: int = 0
    use: int = 0

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

    def worth_by_many(self) -> int:
        """Count the points by `MANY_RULES`, but for the cap: from 40 euros on half as many more, from 50 on a gift."""
        if not self.kept() or self.now.goods == self.now.reward:
            return 0
        basis = Fraction(self.kept() * (self.now.goods - self.now.reward), self.now.goods)
        points = basis * 7 / 300 + 2 * (basis // 100)
        points = points * 3 / 2 if basis >= 4000 else points
        return int(points + (25 if basis >= 5000 else 0) + (40 if self.first_of_life else 0))


class Shop(People):
    """Orders, and what they gave."""

    def __init__(self, policy: Policy, *, many: bool = False) -> None:
        """Begin with nothing sold."""
        super().__init__(policy)
        self.purchases: dict[str, Purchase] = {}
        self.many = many
        self.acts: dict[str, Act] = {}
        # What each action gave, and to whom in which month.
        self.rewarded: list[tuple[str, str, int]] = []
        self.bought: set[str] = set()

    def _earns(self, purchase: Purchase) -> bool:
        customer, placed = purchase.now.customer, purchase.now.placed
        if customer is None or purchase.now.test:
            return False
        own = self.memberships.get(self.root(customer), [])
        return self.covers(customer, placed) or any(
            guest_covers(self.policy["guest_window"], placed, joined) for joined, _ in own
        )

    def _left(self, root: str, month: str, but: Purchase | None = None) -> int:
        """Count what is left under the cap of a month."""
        own = [p for p in self.purchases.values() if p is not but and p.told and p.now.customer and p.month == month]
        used = sum(p.use for p in own if p.now.customer and self.root(p.now.customer) == root)
        return max(0, 150 - used - sum(n for who, when, n in self.rewarded if self.root(who) == root and when == month))

    def _target(self, purchase: Purchase, *, again: bool) -> int:
        """Count what a purchase is to have given, by many rules."""
        assert purchase.now.customer
        root, month = self.root(purchase.now.customer), f"{day_of(purchase.now.placed):%Y-%m}"
        if purchase.first_of_life is None:
            purchase.first_of_life = all(self.root(who) != root for who in self.bought)
            self.bought.add(root)
            again = True
        if again:
            purchase.use = purchase.use if purchase.month == month else 0
            purchase.month = month
            purchase.room = max(purchase.use, self._left(root, month, purchase))
        target = min(purchase.worth_by_many(), purchase.room)
        most = max(purchase.use, self._left(root, purchase.month, purchase))
        if target > most:
            # Others have taken since what was left.
            target = purchase.room = most
        return target

    def _decide(self, purchase: Purchase, *, gives_back: bool = True, again: bool = False) -> None:
        """Give or take the difference between what a purchase is worth and what it gave."""
        told = purchase.now
        purchase.member = told.customer is not None and self.covers(told.customer, told.placed)
        if told.customer is None:
            return
        account = self._account(told.customer)
        purchase.guest = self._earns(purchase) and not purchase.member
        target = (
            (self._target(purchase, again=again) if self.many else purchase.worth()) if self._earns(purchase) else 0
        )
        purchase.use = target
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
        self._decide(purchase, again=True)
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
            member = self.covers(account.name, purchase.now.placed)
            if (member, self._earns(purchase) and not member) != (purchase.member, purchase.guest):
                self._decide(purchase, gives_back=False)

    def _act(self, told: Act) -> str:
        if told.number in self.acts:
            return "replayed" if self.acts[told.number] == told else "other_facts"
        if self._ahead(told.at):
            return "invalid"
        if self.root(told.customer) in self.erased:
            return "customer_erased"
        if self.known(told.customer) is None:
            return "not_found"
        self.acts[told.number] = told
        account, month = self._account(told.customer), f"{day_of(told.at):%Y-%m}"
        points = min(15, self._left(account.name, month)) if self.many and self.covers(told.customer, told.at) else 0
        if points:
            self.rewarded.append((told.customer, month, points))
            account.be_active(told.at)
            account.earn_by_doing(points, told.at)
            account.repay()
        return "recorded"
