"""Accounts that were merged are verified together: a purchase keeps its customer, and is decided on by who is left."""

from collections.abc import Iterable
from uuid import UUID

from loyalty.verify.histories import AccountHistory


class Households:
    """Collects the accounts of each merge until all have come; everybody else is a household of one."""

    def __init__(self, families: dict[UUID, UUID]) -> None:
        """Know who was merged into whom; who is left leads to itself."""
        self._families = families
        self._missing: dict[UUID, set[UUID]] = {}
        for customer_id, head in families.items():
            self._missing.setdefault(head, set()).add(customer_id)
        self._waiting: dict[UUID, list[AccountHistory]] = {}

    def add(self, history: AccountHistory) -> list[AccountHistory]:
        """Add an account; gives the household that it completes, or nothing."""
        customer_id = history.account.customer_id
        head = self._families.get(customer_id)
        if head is None:
            return gathered([history])
        household = self._waiting.setdefault(head, [])
        household.append(history)
        self._missing[head].discard(customer_id)
        return gathered(self._waiting.pop(head)) if not self._missing[head] else []

    def rest(self) -> list[AccountHistory]:
        """Give those of whose household somebody is not there."""
        waiting, self._waiting = self._waiting, {}
        return [history for household in waiting.values() for history in gathered(household)]

    def everybody(self, some: Iterable[UUID]) -> list[UUID]:
        """Give some customers, with all who belong to them."""
        heads = {self._families.get(customer_id, customer_id) for customer_id in some}
        return [*heads, *(customer_id for customer_id, head in self._families.items() if head in heads)]


def gathered(household: list[AccountHistory]) -> list[AccountHistory]:
    """Bring awards and memberships of a household to its purchases."""
    memberships = [membership for history in household for membership in history.memberships]
    purchases = {purchase.purchase.purchase_id: purchase for history in household for purchase in history.purchases}
    for purchase in purchases.values():
        purchase.memberships = memberships
    for history in household:
        history.household = household
        for award in (*history.claimed, *history.awards):
            if award.purchase_id in purchases:
                purchases[award.purchase_id].awards.append(award)
    return household
