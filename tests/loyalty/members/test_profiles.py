"""What a batch tells about a person ends as if it had come one by one."""

import pytest

from loyalty.customers.facts import Profile
from tests.stories import Shop, joined, joining, purchase, recorded


async def profile(shop: Shop) -> tuple[str | None, str | None, str | None]:
    """Read what is known of Ann."""
    async with shop.database.reader() as connection:
        row = await connection.fetchrow("SELECT email, name, consent::text FROM customer")
    assert row is not None
    return row["email"], row["name"], row["consent"]


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("at_once", [True, False], ids=["in a batch", "one by one"])
async def test_purchases_fill_in_what_was_not_known(shop: Shop, *, known: bool, at_once: bool) -> None:
    if known:
        await shop.buy(purchase("before", 100, "ann"))
    told = [
        purchase("a", 100, "ann"),
        purchase("b", 100, "ann", profile=Profile(email="first@example.com")),
        purchase("c", 100, "ann", profile=Profile()),
        purchase("d", 100, "ann", profile=Profile(email="later@example.com", name="Ann")),
        purchase("e", 100, "ann", profile=Profile(name="Anna", consent={"mail": True})),
    ]
    for items in [told] if at_once else [[item] for item in told]:
        for outcome in await shop.buy(*items):
            recorded(outcome)
    assert await profile(shop) == ("first@example.com", "Ann", '{"mail": true}')


@pytest.mark.parametrize("known", [True, False], ids=["known", "new"])
@pytest.mark.parametrize("at_once", [True, False], ids=["in a batch", "one by one"])
async def test_joining_says_what_is_true_now(shop: Shop, *, known: bool, at_once: bool) -> None:
    if known:
        await shop.buy(purchase("before", 100, "ann", profile=Profile(email="old@example.com", name="Ann")))
    told = [
        joining("ann", 0, 5, profile=Profile(email="first@example.com", consent={"mail": True})),
        joining("ann", 5, 9),
        joining("ann", 9, profile=Profile(email="later@example.com", name="Anna")),
    ]
    for items in [told] if at_once else [[item] for item in told]:
        for outcome in await shop.join(*items):
            joined(outcome)
    assert await profile(shop) == ("later@example.com", "Anna", '{"mail": true}')


async def test_a_retry_tells_nothing_new(shop: Shop) -> None:
    await shop.buy(purchase("a", 100, "ann"))
    await shop.buy(purchase("a", 100, "ann", profile=Profile(email="ann@example.com")))
    assert await profile(shop) == (None, None, None)


async def test_joining_and_leaving_in_one_batch_are_both_stored(shop: Shop) -> None:
    await shop.buy(purchase("early", 1000, "ann", on=5), purchase("late", 1000, "ann", on=15))
    outcomes = await shop.join(joining("bob"), joining("ann"), joining("ann", left=10))
    assert [joined(outcome).award.facts["points"] for outcome in outcomes] == [0, 20, -10]
    assert await shop.balance("ann") == (10, 0)
    async with shop.database.reader() as connection:
        rows = await connection.fetch("SELECT left_at, superseded_at = recorded_at AS at_once FROM membership")
    assert sorted((row["left_at"] is None, bool(row["at_once"])) for row in rows) == [
        (False, False),
        (True, False),
        (True, True),
    ]
    # And both retries find their answers.
    again = await shop.join(joining("ann"), joining("ann", left=10))
    assert [joined(outcome).award for outcome in again] == [joined(outcome).award for outcome in outcomes[1:]]
    assert all(joined(outcome).replayed for outcome in again)
    await shop.verified()
