"""A big batch is written in lanes: side by side, each a commit of its own, and answered as if it were one."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from loyalty.database import MissedGuard, Tx, connect
from loyalty.errors import Invalid, LoyaltyError, OtherFacts, Unavailable
from loyalty.lanes import deal, write_apart
from loyalty.purchases.actions import record_purchases
from loyalty.purchases.api import lane_of
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.facts import NewPurchase
from loyalty.settings import Settings
from tests.stories import Shop, joining, purchase, recorded
from tests.together.meeting import MeetingRules

Fail = Callable[[Sequence[NewPurchase], bool], Exception | None]
CUSTOMERS = 40


class Lanes:
    """Writes batches apart, and notes what each lane was called with. `fail`: what a lane raises before its write."""

    def __init__(self, shop: Shop, fail: Fail | None = None, meet: int = 0) -> None:
        self.shop = shop
        self.calls: list[tuple[list[NewPurchase], bool]] = []
        self._fail = fail
        self._barrier = asyncio.Barrier(meet) if meet else None

    async def buy(self, *items: NewPurchase) -> list[Recorded | LoyaltyError]:
        """Record purchases; where lanes are to meet, all have read before any writes."""
        return await write_apart(self.shop.database, self._verb, items, key=lane_of(items))

    @property
    def first(self) -> list[list[NewPurchase]]:
        """The lanes as they were dealt."""
        return [some for some, locked in self.calls if not locked]

    async def _verb(self, tx: Tx, some: Sequence[NewPurchase]) -> list[Recorded | LoyaltyError]:
        self.calls.append((list(some), tx.locked))
        failure = self._fail and self._fail(some, tx.locked)
        if failure:
            raise failure
        meets = self._barrier and not tx.locked
        rules = MeetingRules(self.shop.rules, self._barrier) if meets and self._barrier else self.shop.rules
        return await record_purchases(tx, self.shop.source, rules, some)


def batch(size: int = 200) -> list[NewPurchase]:
    """Give purchases of a few customers, in turn; every tenth is nobody's."""
    return [purchase(f"o{n}", 1000 + n, None if n % 10 == 9 else f"c{n % CUSTOMERS}") for n in range(size)]


async def everybody_joins(shop: Shop) -> None:
    await shop.join(*(joining(f"c{n}") for n in range(CUSTOMERS)))


async def test_a_big_batch_is_written_apart_and_answered_in_its_order(shop: Shop) -> None:
    await everybody_joins(shop)
    lanes = Lanes(shop)
    results = [recorded(result) for result in await lanes.buy(*batch())]
    assert len(lanes.first) == 4
    assert [result.awards[0].target for result in results] == [
        0 if n % 10 == 9 else (1000 + n) // 100 for n in range(200)
    ]
    assert len({result.awards[0].recorded_at for result in results}) == 4
    again = [recorded(result) for result in await lanes.buy(*batch())]
    assert all(result.replayed for result in again)
    assert [r.awards[0].award_id for r in again] == [r.awards[0].award_id for r in results]
    assert (await shop.verified()).checked["purchases_gave_what_they_are_worth"] == 200


async def test_a_customer_is_in_one_lane_and_every_purchase_sees_the_one_before_it(shop: Shop) -> None:
    await everybody_joins(shop)
    lanes = Lanes(shop)
    results = await lanes.buy(*batch())
    for n in range(CUSTOMERS):
        assert sum(any(item.external_id == f"c{n}" for item in lane) for lane in lanes.first) == (n % 10 != 9)
        own = [recorded(result).awards[0] for result in results[n::CUSTOMERS] if n % 10 != 9]
        balances = [award.available_after or 0 for award in own]
        assert balances == [sum(award.given for award in own[: place + 1]) for place in range(len(own))]


@pytest.mark.parametrize("size", [1, 99])
async def test_a_small_batch_is_one_commit(shop: Shop, size: int) -> None:
    lanes = Lanes(shop)
    await lanes.buy(*batch(size))
    assert len(lanes.calls) == 1


async def test_a_batch_of_one_customer_is_one_commit(shop: Shop) -> None:
    lanes = Lanes(shop)
    await lanes.buy(*(purchase(f"o{n}", 1000, "ann") for n in range(200)))
    assert len(lanes.calls) == 1


async def test_an_order_told_twice_is_recorded_as_it_came_first_whoever_it_is_said_to_be_of(shop: Shop) -> None:
    await everybody_joins(shop)
    items = [*batch(), purchase("o3", 5000, "c4"), purchase("o5", 1005, "c5")]
    results = await Lanes(shop).buy(*items)
    assert not recorded(results[3]).replayed
    assert isinstance(results[200], OtherFacts)
    assert recorded(results[201]).replayed


async def test_two_ids_of_one_person_in_two_lanes_end_as_in_one(shop: Shop) -> None:
    await shop.join(joining("new"), joining("old"))
    await shop.buy(purchase("first", 100, "old"))
    await shop.merge("old", "new")
    lanes = Lanes(shop, meet=2)
    results = await lanes.buy(*(purchase(f"o{n}", 1000, "new" if n % 2 else "old") for n in range(100)))
    # Both have read the same account: whoever writes second misses its guard, and decides again under locks.
    assert [locked for _, locked in lanes.calls] == [False, False, True]
    assert {len({item.external_id for item in some}) for some, _ in lanes.calls} == {1}
    balances = sorted(recorded(result).awards[0].available_after or 0 for result in results)
    assert balances == [1 + 10 * n for n in range(1, 101)]
    assert await shop.value("SELECT count(DISTINCT account_version) FROM award WHERE cause = 'purchase'") >= 100
    await shop.verified()


async def test_a_refused_item_is_its_own_result(shop: Shop) -> None:
    items = batch()
    items[57] = purchase("o57", 1000, "c17", currency="USD")
    results = await Lanes(shop).buy(*items)
    assert [n for n, result in enumerate(results) if isinstance(result, Invalid)] == [57]
    assert await shop.value("SELECT count(*) FROM purchase") == 199


async def test_only_the_lane_that_missed_its_guard_is_read_again(shop: Shop) -> None:
    def overtaken(some: Sequence[NewPurchase], locked: bool) -> Exception | None:  # noqa: FBT001
        return MissedGuard() if some[0].order_id == "o1" and not locked else None

    lanes = Lanes(shop, overtaken)
    results = await lanes.buy(*batch())
    assert not any(recorded(result).replayed for result in results)
    assert [some[0].order_id for some, locked in lanes.calls if locked] == ["o1"]


async def test_when_a_lane_fails_the_batch_does_and_sent_again_it_is_whole(shop: Shop) -> None:
    def overtaken(some: Sequence[NewPurchase], _locked: bool) -> Exception | None:  # noqa: FBT001
        return MissedGuard() if some[0].order_id == "o1" else None

    with pytest.raises(Unavailable, match="Part of the batch is written"):
        await Lanes(shop, overtaken).buy(*batch())
    written = await shop.value("SELECT count(*) FROM purchase")
    assert written == 150
    results = [recorded(result) for result in await Lanes(shop).buy(*batch())]
    assert sum(result.replayed for result in results) == written


async def test_when_all_lanes_are_overtaken_nothing_is_said_to_be_written(shop: Shop) -> None:
    with pytest.raises(Unavailable, match="Nothing was written"):
        await Lanes(shop, lambda *_: MissedGuard()).buy(*batch())


async def test_a_bug_in_one_lane_is_told_before_a_refusal_of_another(shop: Shop) -> None:
    def failing(some: Sequence[NewPurchase], _locked: bool) -> Exception | None:  # noqa: FBT001
        return {"o0": Unavailable("busy"), "o1": ZeroDivisionError()}.get(some[0].order_id)

    with pytest.raises(ZeroDivisionError):
        await Lanes(shop, failing).buy(*batch())
    # The other lanes have ended too: nothing of the batch is written after its answer.
    assert await shop.value("SELECT count(*) FROM purchase") == 100


@pytest.mark.parametrize(("free", "dealt"), [(3, 1), (4, 2), (6, 3), (9, 4)])
async def test_a_batch_takes_at_most_half_of_the_free_connections(
    shop: Shop, database_url: str, free: int, dealt: int
) -> None:
    async with connect(Settings(pool_size=free + 1), database_url) as database:
        few = Shop(database, shop.source, shop.rules)
        lanes = Lanes(few)
        async with database.writer():
            await lanes.buy(*batch())
    assert len(lanes.calls) == dealt


def test_lanes_are_dealt_evenly_and_none_is_empty() -> None:
    assert deal(["a", "b", "a", "c", "d"], 2) == [[0, 2, 4], [1, 3]]
    assert deal(["a", "a"], 3) == [[0, 1]]
