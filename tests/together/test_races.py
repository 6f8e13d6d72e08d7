"""Two at once about the same thing have one outcome, whoever is faster.

Even rounds meet after reading, so one of the two is always too late; odd rounds run as they come.
"""

from tests.stories import cancellation, joined, joining, purchase, recorded, refund
from tests.together.meeting import ROUNDS, Meeting


async def test_the_same_order_twice_at_once_is_recorded_once(meeting: Meeting) -> None:
    for n in range(ROUNDS):
        order = purchase(f"o{n}", 1000, "ann")
        [[one], [other]] = await meeting.race([order], [order], after_read=n % 2 == 0)
        assert {recorded(one).replayed, recorded(other).replayed} == {True, False}
        assert recorded(one).awards == recorded(other).awards
    assert await meeting.shop.value("SELECT count(*) FROM award") == ROUNDS
    assert await meeting.shop.value("SELECT version FROM account") == ROUNDS
    assert meeting.refused.total() >= ROUNDS / 2


async def test_two_purchases_of_one_customer_at_once_are_both_awarded(meeting: Meeting) -> None:
    await meeting.shop.join(joining("ann"))
    for n in range(ROUNDS):
        batches = [[purchase(f"{side}{n}", 1000, "ann")] for side in ("left", "right")]
        outcomes = [recorded(one) for [one] in await meeting.race(*batches, after_read=n % 2 == 0)]
        versions = sorted(outcome.awards[0].account_version or 0 for outcome in outcomes)
        assert versions == [2 * n + 2, 2 * n + 3]
        assert not any(outcome.replayed for outcome in outcomes)
    assert await meeting.shop.balance("ann") == (2 * ROUNDS * 10, 0)
    assert meeting.refused["MissedGuard"] >= ROUNDS / 2


async def test_two_first_purchases_of_a_new_customer_make_one_customer(meeting: Meeting) -> None:
    for n in range(ROUNDS):
        batches = [[purchase(f"{side}{n}", 1000, f"customer {n}")] for side in ("left", "right")]
        outcomes = [recorded(one) for [one] in await meeting.race(*batches, after_read=n % 2 == 0)]
        assert sorted(outcome.awards[0].account_version or 0 for outcome in outcomes) == [1, 2]
        assert len({outcome.awards[0].customer_id for outcome in outcomes}) == 1
    for table in ("customer", "customer_alias", "account"):
        assert await meeting.shop.value(f"SELECT count(*) FROM {table}") == ROUNDS


async def test_a_purchase_that_meets_its_customers_joining_earns(meeting: Meeting) -> None:
    for n in range(ROUNDS):
        customer = f"customer {n}"
        if n % 4 > 1:  # known before, so that the account's version decides, not the alias
            await meeting.shop.buy(purchase(f"before {n}", 500, customer, on=-9))
        [[one], [other]] = await meeting.race(
            [joining(customer)], [purchase(f"o{n}", 1000, customer, on=1)], after_read=n % 2 == 0
        )
        joined(one)
        recorded(other)
        assert await meeting.shop.balance(customer) == (10, 0)


async def test_a_refund_that_meets_its_purchase_takes_its_points(meeting: Meeting) -> None:
    await meeting.shop.join(joining("ann"))
    for n in range(ROUNDS):
        await meeting.race([purchase(f"o{n}", 1000, "ann")], [refund(f"o{n}", "r", 400)], after_read=n % 2 == 0)
        assert await meeting.shop.balance("ann") == (6 * (n + 1), 0)
    assert await meeting.shop.value("SELECT count(*) FROM award WHERE cause = 'refund'") == ROUNDS
    assert await meeting.shop.value("SELECT count(*) FROM purchase WHERE state = 'recorded'") == ROUNDS


async def test_two_refunds_of_one_anonymous_order_both_count(meeting: Meeting) -> None:
    orders = [purchase(f"o{n}", 1000) for n in range(ROUNDS)]
    await meeting.shop.buy(*orders)
    for n in range(ROUNDS):
        batches = [[refund(f"o{n}", side, 300)] for side in ("left", "right")]
        outcomes = [recorded(one) for [one] in await meeting.race(*batches, after_read=n % 2 == 0)]
        assert sorted(outcome.awards[0].facts["kept"] for outcome in outcomes) == [400, 700]
    assert await meeting.shop.value("SELECT count(*) FROM purchase WHERE version = 3") == ROUNDS


async def test_the_same_refund_twice_at_once_takes_once(meeting: Meeting) -> None:
    await meeting.shop.join(joining("ann"))
    for n in range(ROUNDS):
        await meeting.shop.buy(purchase(f"o{n}", 1000, "ann"))
        again = cancellation(f"o{n}") if n % 4 > 1 else refund(f"o{n}", "r", 1000)
        [[one], [other]] = await meeting.race([again], [again], after_read=n % 2 == 0)
        assert {recorded(one).replayed, recorded(other).replayed} == {True, False}
        assert recorded(one).awards == recorded(other).awards
    assert await meeting.shop.balance("ann") == (0, 0)


async def test_two_refunds_that_meet_before_their_purchase_are_both_parked(meeting: Meeting) -> None:
    await meeting.shop.join(joining("ann"))
    for n in range(ROUNDS):
        await meeting.race([refund(f"o{n}", "a", 300)], [refund(f"o{n}", "b", 300)], after_read=n % 2 == 0)
        await meeting.shop.buy(purchase(f"o{n}", 1000, "ann"))
    assert await meeting.shop.balance("ann") == (4 * ROUNDS, 0)


async def test_a_refund_that_meets_the_leaving_takes_nothing_twice(meeting: Meeting) -> None:
    for n in range(ROUNDS):
        customer = f"customer {n}"
        await meeting.shop.join(joining(customer))
        await meeting.shop.buy(purchase(f"kept {n}", 500, customer, on=1), purchase(f"o{n}", 1000, customer, on=9))
        await meeting.race([joining(customer, left=5)], [refund(f"o{n}", "r", 400)], after_read=n % 2 == 0)
        assert await meeting.shop.balance(customer) == (5, 0)


async def test_the_same_joining_twice_at_once_is_one_membership(meeting: Meeting) -> None:
    for n in range(ROUNDS):
        customer = f"customer {n}"
        await meeting.shop.buy(purchase(f"o{n}", 1000, customer, on=1))
        [[one], [other]] = await meeting.race([joining(customer)], [joining(customer)], after_read=n % 2 == 0)
        assert {joined(one).replayed, joined(other).replayed} == {True, False}
        assert joined(one).award == joined(other).award
        assert await meeting.shop.balance(customer) == (10, 0)
