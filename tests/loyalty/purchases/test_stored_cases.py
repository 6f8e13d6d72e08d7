"""Hard cases against PostgreSQL: what the rules decide on paper needs its rows read, and leaves the right ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from loyalty.database import Tx, write
from loyalty.errors import LoyaltyError
from loyalty.members.actions import merge
from loyalty.points.actions import accounts_due, settle_accounts
from loyalty.points.facts import RecordedAward
from loyalty.programs.policies import AfterDays, Inactivity, OnDelivery, Policies
from loyalty.purchases.actions import edit_purchases
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase
from loyalty.rewards.actions import offer_reward, redeem_reward
from loyalty.rewards.decisions import NewRedemption, Redeemed
from tests.stories import Shop, day, joining, purchase, recorded, refund


def follow(shop: Shop, policies: Policies) -> None:
    """Have other policies from now on."""
    shop.source = replace(shop.source, program=replace(shop.source.program, policies=policies))


async def edit(shop: Shop, *items: NewPurchase) -> list[Any]:
    """Edit purchases in one batch."""

    async def verb(tx: Tx, batch: Sequence[NewPurchase]) -> list[Any]:
        return await edit_purchases(tx, shop.source, shop.rules, batch)

    return await write(shop.database, verb, items)


async def spend(shop: Shop, customer: str, points: int, *, at_once: bool = True) -> UUID:
    """Redeem a reward of that price at once, or have it held."""
    async with shop.database.writer() as connection:
        reward = await offer_reward(
            connection,
            shop.source.program.program_id,
            kind="fixed_discount",
            name=f"Gift for {points}",
            price_points=points,
            settings={"amount_minor": points},
        )

    async def verb(tx: Tx, batch: Sequence[NewRedemption]) -> list[Redeemed]:
        return [(await redeem_reward(tx, shop.source, new))[0] for new in batch]

    [redeemed] = await write(shop.database, verb, [NewRedemption(customer, reward.reward_id, at_once=at_once)])
    return redeemed.hold.hold_id


async def sweep(shop: Shop) -> list[RecordedAward | None]:
    """Settle everybody for whom something fell due."""
    async with shop.database.reader() as connection:
        due = await accounts_due(connection, shop.source.program.program_id, timedelta(), UUID(int=0), 100)

    async def verb(tx: Tx, batch: Sequence[UUID]) -> list[RecordedAward | None]:
        return await settle_accounts(tx, shop.source, list(batch))

    return await write(shop.database, verb, due) if due else []


async def left(shop: Shop) -> list[int]:
    """Read what remains in each lot, in the order in which they came."""
    async with shop.database.reader() as connection:
        return [row[0] for row in await connection.fetch("SELECT remaining FROM lot ORDER BY customer_id, seq")]


async def wait(shop: Shop, owner: asyncpg.Connection, days: float) -> None:
    """Let so many days go by."""
    await owner.execute(
        "UPDATE program SET mode = 'test', clock_offset = clock_offset + $2 WHERE program_id = $1",
        shop.source.program.program_id,
        timedelta(days=days),
    )


async def test_a_parked_refund_of_points_that_are_over_takes_from_what_else_there_is(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("book", 10000, "ann"))
    follow(shop, Policies(expiry=AfterDays(30)))
    await shop.take_back(refund("past", "r", 4000, on=20))
    [outcome] = await shop.buy(purchase("past", 10000, "ann"))
    assert [(award.due, award.given) for award in recorded(outcome).awards] == [(100, 100), (-40, -40)]
    assert await shop.balance("ann") == (60, 0)
    assert await left(shop) == [60, 0]


async def test_a_parked_refund_gives_back_what_was_spent_on_its_purchase(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("book", 10000, "ann"))
    spent = await spend(shop, "ann", 80)
    await shop.take_back(refund("gift", "r", 2500))
    [outcome] = await shop.buy(purchase("gift", 5000, "ann", redemption_ids=[str(spent)]))
    assert recorded(outcome).awards[1].facts["restored"] == 40
    # 100 earned, 80 spent, 50 earned, 25 of them taken back, 40 given back.
    assert await shop.balance("ann") == (85, 0)


async def test_redemptions_that_an_edit_names_come_back_with_what_was_refunded_before(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("book", 10000, "ann"), purchase("gift", 5000, "ann"))
    spent = await spend(shop, "ann", 80)
    await shop.take_back(refund("gift", "r", 2500))
    told = purchase("gift", 5000, "ann", redemption_ids=[str(spent)], source_updated_at=day(110))
    [edited] = await edit(shop, told)
    assert isinstance(edited, Edited)
    assert edited.award.facts["restored"] == 40
    assert await shop.balance("ann") == (100 + 50 - 80 - 25 + 40, 0)


@pytest.mark.parametrize("named", ["of somebody else", "00000000-0000-0000-0000-000000000001", "no id", "X" * 36])
async def test_a_redemption_that_is_not_the_customers_gives_nothing_back(shop: Shop, named: str) -> None:
    await shop.join(joining("ann"), joining("bob"))
    await shop.buy(purchase("book", 10000, "bob"))
    spent = str(await spend(shop, "bob", 80)) if named == "of somebody else" else named
    await shop.buy(purchase("gift", 5000, "ann", redemption_ids=[spent, spent]))
    [outcome] = await shop.take_back(refund("gift", "r", 5000))
    assert "restored" not in recorded(outcome).awards[0].facts
    assert await shop.balance("ann") == (0, 0)


async def test_what_was_spent_before_a_merge_comes_back_to_the_survivor(shop: Shop) -> None:
    await shop.join(joining("ann"), joining("bea"))
    await shop.buy(purchase("book", 10000, "ann"))
    spent = await spend(shop, "ann", 80)

    async def verb(tx: Tx, batch: Sequence[str]) -> list[RecordedAward]:
        return [await merge(tx, shop.source, shop.rules, gone, "bea") for gone in batch]

    await write(shop.database, verb, ["ann"])
    assert await shop.balance("bea") == (20, 0)
    await shop.buy(purchase("gift", 5000, "ann", redemption_ids=[str(spent)]))
    [outcome] = await shop.take_back(refund("gift", "r", 5000))
    assert recorded(outcome).awards[0].facts["restored"] == 80
    assert await shop.balance("bea") == (100, 0)


async def test_edits_in_one_batch_of_an_order_that_was_awaited_leave_it_as_told_last(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.take_back(refund("o", "r", 1000))
    first = purchase("o", 5000, "ann", source_updated_at=day(1))
    last = replace(first, goods_minor=8000, source_updated_at=day(2))
    outcomes = await edit(shop, first, last)
    assert not any(isinstance(outcome, LoyaltyError) for outcome in outcomes)
    assert await shop.balance("ann") == (70, 0)
    row = "SELECT row(state, currency, goods_minor, source_updated_at = $1)::text FROM purchase"
    assert await shop.value(row, day(2)) == "(recorded,EUR,8000,t)"
    [again] = await edit(shop, last)
    assert isinstance(again, Edited)
    assert (again.replayed, again.award) == (True, outcomes[1].award)


async def test_what_was_known_before_an_edit_is_kept(shop: Shop) -> None:
    await shop.join(joining("ann"))
    [outcome] = await shop.buy(purchase("o", 5000, "ann"))
    [edited] = await edit(shop, purchase("o", 8000, "ann", source_updated_at=day(1)))
    assert (edited.award.cause, edited.award.due, edited.award.available_after) == ("edit", 30, 80)
    former = "SELECT row(goods_minor, recorded_at = $1, superseded_at = $2)::text FROM purchase_former"
    first, last = recorded(outcome).awards[0].recorded_at, edited.award.recorded_at
    assert await shop.value(former, first, last) == "(5000,t,t)"
    [again] = await shop.buy(purchase("o", 5000, "ann"))
    assert recorded(again).replayed
    [stale] = await edit(shop, purchase("o", 1, "ann", source_updated_at=day(0)))
    assert (stale.stale, stale.award) == (True, edited.award)
    assert await shop.balance("ann") == (80, 0)


async def test_what_was_clamped_is_not_taken_with_the_next_refund(shop: Shop) -> None:
    follow(shop, Policies(debt="clamp"))
    await shop.join(joining("ann"))
    await shop.buy(purchase("first", 10000, "ann"))
    await spend(shop, "ann", 100)
    await shop.take_back(refund("first", "r", 3000))
    await shop.buy(purchase("next", 5000, "ann", on=1))
    await shop.take_back(refund("first", "s", 2000))
    assert await shop.balance("ann") == (30, 0)


async def test_an_anonymous_purchase_is_claimed(shop: Shop) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("o", 5000))
    [claimed] = await edit(shop, purchase("o", 5000, "ann", source_updated_at=day(1)))
    assert (claimed.award.cause, claimed.award.due) == ("claim", 50)
    await shop.take_back(refund("o", "r", 2000))
    assert await shop.balance("ann") == (30, 0)


async def test_points_that_slid_are_dated_by_the_policy_of_their_delivery(shop: Shop) -> None:
    await shop.join(joining("ann"))
    follow(shop, Policies(maturity=OnDelivery(), expiry=Inactivity(30)))
    await shop.buy(purchase("o", 5000, "ann", on=600))
    assert await shop.value("SELECT row(available, pending)::text FROM account") == "(0,50)"
    follow(shop, Policies(maturity=OnDelivery(), expiry=AfterDays(10_000)))
    await edit(shop, purchase("o", 5000, "ann", on=600, delivered_at=day(605), source_updated_at=day(606)))
    assert await shop.balance("ann") == (50, 0)
    assert await shop.value("SELECT slides_days IS NULL AND expires_at > matures_at FROM lot")


async def test_a_sweep_writes_what_the_next_write_would_have(shop: Shop, owner: asyncpg.Connection) -> None:
    follow(shop, Policies(maturity=AfterDays(10), expiry=AfterDays(30)))
    now = await shop.value("SELECT clock_timestamp()")
    await shop.join(joining("swept"), joining("left"))
    for customer in ("swept", "left"):
        await shop.buy(replace(purchase(customer, 10000, customer), placed_at=now))
    assert await shop.balance("swept") == await shop.balance("left") == (0, 0)
    await wait(shop, owner, 12)
    assert len(await sweep(shop)) == 2
    assert await shop.balance("swept") == await shop.balance("left") == (100, 0)
    assert await sweep(shop) == []
    await wait(shop, owner, 40)
    await shop.buy(purchase("pin", 99, "left"))
    assert await shop.balance("left") == (0, 0)
    assert len(await sweep(shop)) == 1
    told = """SELECT array_agg(row(kind, amount, effective_at)::text ORDER BY seq)
        FROM entry JOIN customer_alias USING (program_id, customer_id) WHERE external_id = $1"""
    assert await shop.value(told, "swept") == await shop.value(told, "left")
    assert len(await shop.value(told, "swept")) == 3


async def test_a_hold_times_out_with_the_next_write(shop: Shop, owner: asyncpg.Connection) -> None:
    follow(shop, Policies(expiry=AfterDays(3), maturity=AfterDays(1)))
    now = await shop.value("SELECT clock_timestamp()")
    await shop.join(joining("ann"))
    await shop.buy(replace(purchase("o", 10000, "ann"), placed_at=now))
    await wait(shop, owner, 2)
    await spend(shop, "ann", 80, at_once=False)
    assert await shop.value("SELECT row(available, held)::text FROM account") == "(20,80)"
    await wait(shop, owner, 0.5)
    await shop.take_back(refund("o", "r", 3000, on=0))
    assert await shop.value("SELECT row(available, held, debt)::text FROM account") == "(70,0,0)"
    assert await shop.value("SELECT row(state, ended_at = expires_at, taken)::text FROM hold") == "(timed_out,t,[])"
    assert await left(shop) == [70]


async def test_points_slide_with_every_earning(shop: Shop, owner: asyncpg.Connection) -> None:
    follow(shop, Policies(expiry=Inactivity(30)))
    await shop.join(joining("ann"))
    for number, (days, swept) in enumerate([(0, 0), (20, 0), (20, 1), (32, 1)]):
        await wait(shop, owner, days)
        # What was to fall due when it was earned has moved on since; the account learns it from the sweep.
        assert len(await sweep(shop)) == swept
        now = await shop.value("SELECT clock_timestamp() + clock_offset FROM program")
        await shop.buy(replace(purchase(f"o{number}", 1000, "ann"), placed_at=now))
    assert await left(shop) == [0, 0, 0, 10]
    assert await shop.value("SELECT array_agg(kind ORDER BY seq) FROM entry") == [
        "issue", "issue", "issue", "expire", "expire", "expire", "issue",
    ]  # fmt: skip


async def test_a_guests_purchase_is_known_as_one_when_it_is_read_again(shop: Shop) -> None:
    follow(shop, Policies(guest_window="all"))
    await shop.buy(purchase("o", 5000, "ann"))
    await shop.join(joining("ann", on=5))
    await shop.join(joining("ann", on=5, left=20))
    await shop.join(joining("ann", on=30))
    assert await shop.balance("ann") == (50, 0)
    await shop.take_back(refund("o", "r", 2000))
    assert await shop.balance("ann") == (30, 0)
    assert await shop.value("SELECT count(*) FROM award WHERE due > 0") == 1
    assert await shop.value("SELECT member FROM purchase") is False


async def test_leaving_forfeits_what_is_available_and_pending(shop: Shop) -> None:
    follow(shop, Policies(on_leaving="forfeit"))
    await shop.join(joining("ann"))
    await shop.buy(purchase("o", 5000, "ann"))
    follow(shop, Policies(on_leaving="forfeit", maturity=OnDelivery()))
    await shop.buy(purchase("p", 3000, "ann"))
    await shop.join(joining("ann", left=100))
    assert await shop.value("SELECT row(available, pending, debt)::text FROM account") == "(0,0,0)"
    assert await left(shop) == [0, 0]
    assert await shop.value("SELECT array_agg(amount ORDER BY seq) FROM entry WHERE kind = 'forfeit'") == [50, 30]


async def test_a_replay_settles_nothing(shop: Shop, owner: asyncpg.Connection) -> None:
    follow(shop, Policies(expiry=AfterDays(30)))
    now = await shop.value("SELECT clock_timestamp()")
    await shop.join(joining("ann"))
    told = replace(purchase("o", 10000, "ann"), placed_at=now)
    await shop.buy(told)
    await wait(shop, owner, 40)
    version = await shop.value("SELECT version FROM account")
    [again] = await shop.buy(told)
    assert recorded(again).replayed
    assert await shop.balance("ann") == (100, 0)
    assert await shop.value("SELECT version FROM account") == version
    await shop.take_back(refund("o", "r", 10000, on=0))
    assert await shop.balance("ann") == (0, 100)
