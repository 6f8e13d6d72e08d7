"""What should come of what a shop tells, worked out once more in plain Python: integers, lists, no code of the house.

It knows nothing of batches, versions, lots or time of recording. A programme of `RULES` is assumed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from loyalty.members.decisions import NewMembership
from loyalty.purchases.facts import NewPurchase, NewRefund

RULES = [
    {"kind": "points_per_amount", "points_per_step": 7, "step_minor": 300, "whole_steps": False},
    {"kind": "points_per_amount", "points_per_step": 2, "step_minor": 100},
]
# For the model of the ledger, `tests/model`: what purchases and actions share a cap.
MANY_RULES = [
    *RULES,
    {"kind": "multiplier", "id": "large", "factor": "1.5", "minimum_minor": 4000},
    {"kind": "fixed_bonus", "id": "gift", "points": 25, "minimum_minor": 5000},
    {"kind": "first_purchase", "id": "first", "points": 40},
    {"kind": "custom_action", "id": "review", "action": "review", "points": 15},
    {"kind": "cap", "id": "month", "points": 150, "per": "month"},
]
Fact = NewPurchase | NewRefund | NewMembership


@dataclass
class PlainModel:
    """Everything that was accepted, by its number."""

    purchases: dict[str, NewPurchase] = field(default_factory=dict)
    refunds: dict[tuple[str, str], NewRefund] = field(default_factory=dict)
    parked: set[tuple[str, str]] = field(default_factory=set)
    memberships: dict[tuple[str, datetime], datetime | None] = field(default_factory=dict)

    def tell(self, fact: Fact) -> str:
        """Take a fact in, and give the word for what should be answered."""
        if isinstance(fact, NewPurchase):
            known = self.purchases.setdefault(fact.order_id, fact)
            return "recorded" if known is fact else "replayed" if known == fact else "other_facts"
        if isinstance(fact, NewRefund):
            return self._refund(fact)
        return self._membership(fact)

    def _refund(self, fact: NewRefund) -> str:
        key = (fact.order_id, fact.refund_id)
        if key in self.refunds:
            if self.refunds[key] != fact:
                return "other_facts"
            return "parked again" if key in self.parked else "replayed"
        self.refunds[key] = fact
        if fact.order_id in self.purchases:
            return "recorded"
        self.parked.add(key)
        return "parked"

    def _membership(self, fact: NewMembership) -> str:
        key = (fact.external_id, fact.joined_at)
        if key in self.memberships:
            if fact.left_at in {None, self.memberships[key]}:
                return "replayed"
            if self.memberships[key] is not None:
                return "left_already"
        else:
            for (customer, joined), left in self.memberships.items():
                begins_before_its_end = left is None or fact.joined_at < left
                ends_after_its_begin = fact.left_at is None or joined < fact.left_at
                if customer == fact.external_id and begins_before_its_end and ends_after_its_begin:
                    return "already_member_since"
        self.memberships[key] = fact.left_at
        return "recorded"

    def kept(self, order_id: str) -> int:
        """Count the cents of goods that were not taken back."""
        taken = [refund.goods_minor for (order, _), refund in self.refunds.items() if order == order_id]
        left = self.purchases[order_id].goods_minor
        for goods in taken:
            left = 0 if goods is None else left - goods
        return 0 if None in taken or left < 0 else left

    def basis(self, order_id: str) -> tuple[int, int]:
        """Give the earning basis as numerator and denominator: kept × (goods − reward) / goods."""
        purchase = self.purchases[order_id]
        if purchase.goods_minor == 0:
            return 0, 1
        return self.kept(order_id) * (purchase.goods_minor - purchase.reward_discount_minor), purchase.goods_minor

    def net(self, order_id: str) -> int:
        """Round the basis to cents, half up."""
        n, d = self.basis(order_id)
        return n // d + (2 * (n % d) >= d)

    def member(self, order_id: str) -> bool:
        """Tell whether a membership covers the instant."""
        purchase = self.purchases[order_id]
        return any(
            customer == purchase.external_id
            and joined <= purchase.placed_at
            and not (left is not None and left <= purchase.placed_at)
            for (customer, joined), left in self.memberships.items()
        )

    def due(self, order_id: str) -> int:
        """Count the points that an order is worth."""
        if self.purchases[order_id].test or not self.member(order_id):
            return 0
        n, d = self.basis(order_id)
        # Seven for every three euros, exactly, and two for every whole one; floored once.
        return 7 * n // (300 * d) + 2 * (n // (100 * d))

    def balance(self, customer: str) -> int:
        """Sum what a customer has: nothing was spent."""
        return sum(self.due(key) for key, purchase in self.purchases.items() if purchase.external_id == customer)

    def customers(self) -> set[str]:
        """Name whoever was heard of."""
        buyers = {p.external_id for p in self.purchases.values() if p.external_id is not None}
        return buyers | {customer for customer, _ in self.memberships}

    def facts(self) -> list[Fact]:
        """Give what stands in the end, each fact once: told in any order, it comes to the same."""
        memberships = [NewMembership(customer, joined, left) for (customer, joined), left in self.memberships.items()]
        return [*self.purchases.values(), *self.refunds.values(), *memberships]
