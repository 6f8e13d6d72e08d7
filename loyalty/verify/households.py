"""Accounts that were merged are verified together: a purchase keeps its customer, and is decided on by who is left."""

from uuid import UUID

from loyalty.verify.histories import AccountHistory, PurchaseHistory


def gathered(household: list[AccountHistory]) -> list[AccountHistory]:
    """Bring awards and memberships of a household to its purchases."""
    memberships = [membership for history in household for membership in history.memberships]
    purchases: dict[UUID | None, PurchaseHistory] = {}
    for history in household:
        for purchase in history.purchases:
            purchases[purchase.purchase.purchase_id] = purchase
            purchase.memberships = memberships
    for history in household:
        history.household = household
        for award in (*history.claimed, *history.awards):
            if bought := purchases.get(award.purchase_id):
                bought.awards.append(award)
    return household
