"""Batches that meet the same customers and orders, each in an order of its own: none deadlocks, nothing is lost."""

from random import Random

import pytest

from loyalty.members.decisions import NewMembership
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.stories import Shop, cancellation, joining, purchase, recorded, refund
from tests.together.meeting import Item, Meeting

ITEMS, TOLD, ROUNDS = 300, 200, 12
CUSTOMERS = 40


def shuffled(items: list[Item], seed: int) -> list[Item]:
    """Give some of the items, in an order of their own."""
    return Random(seed).sample(items, TOLD)  # noqa: S311 - to be repeated, not to be secret


def bought(n: int) -> list[NewPurchase]:
    """Give orders of a round: a third anonymous, the others of customers who are partly new."""
    return [
        purchase(f"{n}/{i}", 1000 + i, f"customer {n}/{i % CUSTOMERS}" if i % 3 else None, on=i % 9)
        for i in range(ITEMS)
    ]


def refunded(n: int) -> list[NewRefund]:
    """Give a refund or cancellation of every order."""
    return [cancellation(f"{n}/{i}") if i % 7 == 0 else refund(f"{n}/{i}", "r", 100 + i) for i in range(ITEMS)]


def joinings(n: int) -> list[NewMembership]:
    """Give a membership of every customer, and of some who never buy."""
    return [joining(f"customer {n}/{i}", on=i % 9) for i in range(ITEMS)]



@pytest.mark.parametrize("kind", ["purchases", "refunds", "memberships"])
async def test_shuffled_batches_lose_nothing_and_never_deadlock(meeting: Meeting, kind: str) -> None:
    for n in range(ROUNDS):
        if kind == "refunds":
            await meeting.shop.join(*joinings(n)[:CUSTOMERS])
            await meeting.shop.buy(*bought(n))
        if kind == "memberships":
            await meeting.shop.buy(*bought(n))
        items: list[Item] = [*{"purchases": bought, "refunds": refunded, "memberships": joinings}[kind](n)]
        batches = [shuffled(items, seed) for seed in (2 * n, 2 * n + 1)]
        outcomes = await meeting.race(*batches, after_read=n % 2 == 0)
        told = {repr(item) for batch in batches for item in batch}
        fresh = [o for one in outcomes for o in one if not getattr(o, "replayed", True)]
        assert len(fresh) == len(told)
