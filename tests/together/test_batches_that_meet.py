"""Batches that meet the same customers and orders, each in an order of its own: none deadlocks, nothing is lost."""

from collections.abc import Sequence
from random import Random

import pytest

from loyalty.customers.facts import Profile
from loyalty.members.decisions import NewMembership
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.stories import cancellation, joining, purchase, refund
from tests.together.meeting import Item, Meeting

ITEMS, TOLD = 250, 200
CUSTOMERS = 40
ROUNDS = {"purchases": 40, "refunds": 30, "joinings": 30}
MIXED_ROUNDS = 8


def some(items: Sequence[Item], seed: int) -> list[Item]:
    """Give some of the items, in an order of their own."""
    return Random(seed).sample(items, TOLD)  # noqa: S311 - to be repeated, not to be secret


def orders(n: int) -> list[NewPurchase]:
    """Give the orders of a round: a third anonymous, the others of customers who become known by them."""
    told = [f"customer {n}/{i % CUSTOMERS}" if i % 3 else None for i in range(ITEMS)]
    return [
        purchase(f"{n}/{i}", 1000 + i, customer, on=i % 9, profile=Profile(email=f"{i}@example.com"))
        for i, customer in enumerate(told)
    ]


def refunds(n: int) -> list[NewRefund]:
    """Give a refund or cancellation of every order."""
    return [cancellation(f"{n}/{i}") if i % 7 == 0 else refund(f"{n}/{i}", "r", 100 + i) for i in range(ITEMS)]


def joinings(n: int) -> list[NewMembership]:
    """Give a membership of every customer, and of some who never buy."""
    return [joining(f"customer {n}/{i}", on=i % 9, profile=Profile(name=f"{i}")) for i in range(ITEMS)]


async def prepare(meeting: Meeting, kind: str, n: int) -> list[Item]:
    """Tell what comes before, and give what is to be told in the race."""
    if kind == "purchases":
        return [*orders(n)]
    await meeting.shop.buy(*orders(n))
    if kind == "joinings":
        return [*joinings(n)]
    await meeting.shop.join(*joinings(n)[:CUSTOMERS])
    return [*refunds(n)]


@pytest.mark.parametrize("kind", ROUNDS)
async def test_shuffled_batches_lose_nothing_and_never_deadlock(meeting: Meeting, kind: str) -> None:
    for n in range(ROUNDS[kind]):
        items = await prepare(meeting, kind, n)
        batches = [some(items, seed) for seed in (2 * n, 2 * n + 1)]
        outcomes = await meeting.race(*batches, after_read=n % 2 == 0)
        fresh = [outcome for batch in outcomes for outcome in batch if not getattr(outcome, "replayed", True)]
        assert len(fresh) == len({repr(item) for batch in batches for item in batch})


async def test_batches_of_all_kinds_that_meet_end_as_if_they_had_come_one_by_one(meeting: Meeting) -> None:
    for n in range(MIXED_ROUNDS):
        kinds: list[Sequence[Item]] = [orders(n), refunds(n), joinings(n), orders(n), refunds(n)]
        batches = [some(items, 5 * n + side) for side, items in enumerate(kinds)]
        await meeting.race(*batches, after_read=n % 2 == 0)
        # The rest, and everything again: most of it is there already.
        for batch in (orders(n), refunds(n), joinings(n)):
            await meeting.race(batch, after_read=False)
        kept = {i: 0 if i % 7 == 0 else 1000 + i - (100 + i) for i in range(ITEMS)}
        # Somebody may have joined after the purchase: a customer joins on the day of his number.
        earned = sum(kept[i] // 100 for i in range(ITEMS) if i % 3 and i % 9 >= (i % CUSTOMERS) % 9)
        found = await meeting.shop.value(
            "SELECT sum(available - debt) FROM account JOIN customer_alias USING (program_id, customer_id)"
            " WHERE external_id LIKE $1",
            f"customer {n}/%",
        )
        assert found == earned
