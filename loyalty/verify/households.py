"""Accounts that were merged are verified together: a purchase keeps its customer, and is decided on by who is left."""

from loyalty.verify.histories import AccountHistory


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
