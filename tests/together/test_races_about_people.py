"""Who bought it: joinings, first sights, merges, erasures and edits that meet purchases, sixteen at a time.

Even rounds meet after reading, so that all but one are too late; odd rounds run as they come.
"""

from loyalty.errors import LoyaltyError, SamePerson
from loyalty.points.facts import RecordedAward
from tests.stories import day, joining, purchase, recorded, refund
from tests.together.crowd import CALLERS, Crowd, rounds
from tests.together.verbs import edit, erased, merged, refusals, tell

HALF = CALLERS // 2
FEW = 4


@rounds
async def test_purchases_that_meet_the_joining_all_earn(crowd: Crowd, rounds: int) -> None:
    for n in range(rounds):
        name = f"customer {n}"
        if n % 4 > 1:  # known before, so that the account's version decides, not the alias
            await crowd.shop.buy(purchase(f"before {n}", 500, name, on=-9))
        orders = [tell(crowd.shop, purchase(f"{n}/{i}", 1000, name, on=1)) for i in range(HALF)]
        answers = await crowd.at_once(*[tell(crowd.shop, joining(name))] * HALF, *orders, after_read=n % 2 == 0)
        assert sorted(answer.replayed for answer in answers[:HALF]) == [False] + [True] * (HALF - 1)
        assert not any(recorded(answer).replayed for answer in answers[HALF:])
        assert await crowd.shop.balance(name) == (10 * HALF, 0)


@rounds
async def test_sixteen_first_purchases_make_one_customer(crowd: Crowd, rounds: int) -> None:
    for n in range(rounds):
        orders = [tell(crowd.shop, purchase(f"{n}/{i}", 1000, f"customer {n}")) for i in range(CALLERS)]
        answers = await crowd.at_once(*orders, after_read=n % 2 == 0)
        awards = [recorded(answer).awards[0] for answer in answers]
        assert sorted(award.account_version or 0 for award in awards) == list(range(1, CALLERS + 1))
        assert len({award.customer_id for award in awards}) == 1
    for table in ("customer", "customer_alias", "account"):
        assert await crowd.shop.value(f"SELECT count(*) FROM {table}") == rounds


@rounds
async def test_purchases_that_meet_a_merge_all_end_with_the_survivor(crowd: Crowd, rounds: int) -> None:
    for n in range(rounds):
        gone, kept = f"gone {n}", f"kept {n}"
        await crowd.shop.join(joining(gone), joining(kept))
        orders = [purchase(f"{n}/{i}", 1000, (gone, kept)[i % 2], on=1) for i in range(CALLERS - FEW)]
        callers = [*[merged(crowd.shop, gone, kept)] * FEW, *(tell(crowd.shop, order) for order in orders)]
        answers = await crowd.at_once(*callers, after_read=n % 2 == 0)
        assert refusals(answers, SamePerson) == FEW - 1
        assert sum(recorded(answer).awards[0].given for answer in answers[FEW:]) == 10 * len(orders)
        assert await crowd.shop.balance(kept) == (10 * len(orders), 0)
        # Whatever the shop calls the person, the points are found.
        [again] = await crowd.shop.buy(purchase(f"{n}/again", 1000, gone, on=1))
        assert recorded(again).awards[0].available_after == 10 * len(orders) + 10


@rounds
async def test_purchases_that_meet_an_erasure_make_no_new_customer(crowd: Crowd, rounds: int) -> None:
    for n in range(rounds):
        name = f"customer {n}"
        await crowd.shop.join(joining(name))
        await crowd.shop.buy(purchase(f"{n}/before", 1000, name, on=1))
        orders = [tell(crowd.shop, purchase(f"{n}/{i}", 1000, name, on=1)) for i in range(CALLERS - FEW)]
        answers = await crowd.at_once(*[erased(crowd.shop, name)] * FEW, *orders, after_read=n % 2 == 0)
        assert all(isinstance(answer, RecordedAward) for answer in answers[:FEW])
        assert len({answer.award_id for answer in answers[:FEW]}) == 1
        awards = [recorded(answer).awards[0] for answer in answers[FEW:]]
        # Whatever came before is gone; what is told of the time before only later is nobody's to spend.
        later = sum(award.given for award in awards if award.recorded_at > answers[0].recorded_at)
        [customer_id] = {award.customer_id for award in awards}
        row = await crowd.owner.fetchrow("SELECT * FROM account WHERE customer_id = $1", customer_id)
        assert row is not None
        assert (row["available"], row["pending"], row["held"], row["debt"]) == (later, 0, 0, 0)
    assert await crowd.shop.value("SELECT count(*) FROM customer_alias") == 0
    assert await crowd.shop.value("SELECT count(*) FROM customer") == rounds
    assert await crowd.shop.value("SELECT count(*) FROM purchase") == rounds * (CALLERS - FEW + 1)


@rounds
async def test_edits_that_meet_refunds_end_as_if_they_had_come_one_by_one(crowd: Crowd, rounds: int) -> None:
    await crowd.shop.join(joining("ann"))
    for n in range(rounds):
        order = purchase(f"o{n}", 10_000, "ann", on=1, source_updated_at=day(1))
        await crowd.shop.buy(order)
        edits = [purchase(f"o{n}", 10_000 + 1000 * i, "ann", on=1, source_updated_at=day(2 + i)) for i in range(HALF)]
        refunds = [tell(crowd.shop, refund(f"o{n}", f"r{i}", 500)) for i in range(HALF)]
        answers = await crowd.at_once(*(edit(crowd.shop, told) for told in edits), *refunds, after_read=n % 2 == 0)
        assert not [answer for answer in answers if isinstance(answer, LoyaltyError)]
        # The newest edit stands, and every refund counts.
        newest = await crowd.owner.fetchrow("SELECT * FROM purchase WHERE order_id = $1", order.order_id)
        assert newest is not None
        assert (newest["goods_minor"], newest["source_updated_at"]) == (10_000 + 1000 * (HALF - 1), day(1 + HALF))
        due = await crowd.shop.value("SELECT sum(due)::int FROM award WHERE purchase_id = $1", newest["purchase_id"])
        assert due == (newest["goods_minor"] - 500 * HALF) // 100
