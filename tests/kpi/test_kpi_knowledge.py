"""What was known when: the same period asked at two knowledge times, and what is not over yet."""

from datetime import UTC, date, datetime, timedelta, timezone

import asyncpg
import pytest

from kpi.actions import answer, overview
from kpi.knowledge import BadInstant
from kpi.measure import Ratio
from loyalty.clock import utc_now
from loyalty.database import Database
from tests.kpi.shop import Shop

MARCH = (date(2026, 3, 1), date(2026, 4, 1))


async def known(shop: Shop, key: str, at: str | None) -> dict[str, tuple[int, int]]:
    """Answer March as of an instant, and hold that `None` is the same as knowing everything."""
    as_of = shop.at(at) if at else None
    told = await answer(shop.owner, shop.program, key, *MARCH, as_of=as_of)
    return {name: (ratio.num, ratio.den) for name, ratio in told.figures.segments.items()}


async def test_a_late_order_and_a_refund_change_the_figures_between_two_knowledge_times(
    owner: asyncpg.Connection,
) -> None:
    shop = await Shop.open(owner)
    prompt, late = await shop.customers(2)
    refunded = await shop.buys(prompt, "2026-03-10 12:00", 1000, recorded="2026-03-10 12:01")
    await shop.buys(late, "2026-03-20 12:00", 500, recorded="2026-04-05 09:00")
    await shop.refunds(refunded, 400, recorded="2026-04-07 09:00")
    assert (await known(shop, "aov", "2026-04-01 00:00"))["all"] == (1000, 1)
    assert (await known(shop, "aov", "2026-04-05 09:00"))["all"] == (1500, 2)
    assert (await known(shop, "aov", "2026-04-07 08:59:59"))["all"] == (1500, 2)
    assert (await known(shop, "aov", "2026-04-07 09:00"))["all"] == (1100, 2)
    assert (await known(shop, "aov", None))["all"] == (1100, 2)


async def test_a_cancellation_counts_from_when_it_is_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-10 12:00", recorded="2026-03-10 12:00")
    await shop.cancels(purchase, recorded="2026-03-12 12:00")
    assert (await known(shop, "orders_per_active", "2026-03-11 12:00"))["all"] == (1, 1)
    assert (await known(shop, "orders_per_active", "2026-03-12 12:00"))["all"] == (0, 0)
    assert (await known(shop, "orders_per_active", None))["all"] == (0, 0)


async def test_a_figure_is_read_with_no_more_than_the_services_rights(
    owner: asyncpg.Connection, database: Database
) -> None:
    shop = await Shop.open(owner)
    await shop.buys(await shop.customer(), "2026-03-10 12:00", 700, recorded="2026-03-10 12:00")
    async with database.reader() as connection:
        for as_of in (None, shop.at("2026-04-01 00:00")):
            told = await answer(connection, shop.program, "aov", *MARCH, as_of=as_of)
            assert told.figures.segments["all"].num == 700


async def test_a_back_dated_joining_moves_the_purchase_from_when_it_is_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.buys(customer, "2026-02-10 12:00", recorded="2026-02-10 12:00")
    await shop.buys(customer, "2026-03-10 12:00", 1000, recorded="2026-03-10 12:00")
    await shop.joins(customer, "2026-02-01 12:00", recorded="2026-04-10 12:00")
    assert await known(shop, "aov", "2026-04-09 12:00") == {"all": (1000, 1), "member": (0, 0), "non_member": (1000, 1)}
    assert await known(shop, "retention_rate", "2026-04-09 12:00") == {
        "all": (1, 1),
        "member": (0, 0),
        "non_member": (1, 1),
    }
    for at in ("2026-04-10 12:00", None):
        assert await known(shop, "aov", at) == {"all": (1000, 1), "member": (1000, 1), "non_member": (0, 0)}
        assert (await known(shop, "retention_rate", at))["member"] == (1, 1)


async def test_a_back_dated_leaving_takes_the_status_back_from_when_it_is_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    await shop.joins(customer, "2026-01-10 12:00", recorded="2026-01-10 12:00")
    await shop.buys(customer, "2026-03-10 12:00", 1000, recorded="2026-03-10 12:00")
    await shop.leaves(customer, "2026-02-10 12:00", recorded="2026-03-15 12:00")
    assert (await known(shop, "aov", "2026-03-14 12:00"))["member"] == (1000, 1)
    assert (await known(shop, "loyal_conversion", "2026-03-14 12:00"))["member"] == (1, 1)
    for at in ("2026-03-15 12:00", None):
        assert (await known(shop, "aov", at))["member"] == (0, 0)
        assert (await known(shop, "loyal_conversion", at))["member"] == (0, 0)


async def test_an_edit_is_read_from_the_former_facts_until_it_is_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    customer = await shop.customer()
    purchase = await shop.buys(None, "2026-03-10 12:00", 1000, recorded="2026-03-10 12:00")
    await shop.edits(purchase, recorded="2026-03-11 12:00", goods_minor=800)
    await shop.edits(purchase, recorded="2026-03-12 12:00", customer_id=customer)
    await shop.edits(purchase, recorded="2026-03-13 12:00", placed_at=shop.at("2026-04-10 12:00"))
    assert (await known(shop, "aov", "2026-03-10 11:59"))["all"] == (0, 0)
    assert (await known(shop, "aov", "2026-03-10 12:00"))["all"] == (1000, 1)
    assert (await known(shop, "aov", "2026-03-11 12:00"))["all"] == (800, 1)
    assert (await known(shop, "orders_per_active", "2026-03-11 12:00"))["all"] == (0, 0)
    assert (await known(shop, "orders_per_active", "2026-03-12 12:00"))["all"] == (1, 1)
    assert (await known(shop, "aov", "2026-03-13 12:00"))["all"] == (0, 0)
    assert (await known(shop, "aov", None))["all"] == (0, 0)


async def test_a_purchase_edited_into_a_test_counts_until_then(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    purchase = await shop.buys(await shop.customer(), "2026-03-10 12:00", 1000, recorded="2026-03-10 12:00")
    await shop.edits(purchase, recorded="2026-03-11 12:00", test=True)
    assert (await known(shop, "aov", "2026-03-11 11:59"))["all"] == (1000, 1)
    assert (await known(shop, "aov", "2026-03-11 12:00"))["all"] == (0, 0)


async def test_two_customers_are_two_until_their_merge_is_known(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    one, two = await shop.customers(2)
    await shop.joins(one, "2026-02-15 12:00", recorded="2026-02-15 12:00")
    await shop.joins(two, "2026-02-20 12:00", recorded="2026-02-20 12:00")
    await shop.buys(one, "2026-02-10 12:00", recorded="2026-02-10 12:00")
    await shop.buys(two, "2026-03-10 12:00", recorded="2026-03-10 12:00")
    await shop.merges(one, two, at="2026-03-20 12:00")
    assert (await known(shop, "retention_rate", "2026-03-19 12:00"))["all"] == (0, 1)
    assert (await known(shop, "loyal_conversion", "2026-03-19 12:00"))["member"] == (1, 2)
    for at in ("2026-03-20 12:00", None):
        assert (await known(shop, "retention_rate", at))["all"] == (1, 1)
        assert (await known(shop, "loyal_conversion", at))["member"] == (1, 1)
        # Two memberships lie over each other now; the purchase is still one.
        assert await known(shop, "aov", at) == {"all": (1000, 1), "member": (1000, 1), "non_member": (0, 0)}


async def test_a_period_is_partial_until_its_last_instant_has_passed(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    for as_of, partial in (("2026-03-31 23:59:59.999999", True), ("2026-04-01 00:00", False)):
        told = await answer(owner, shop.program, "aov", *MARCH, as_of=shop.at(as_of), compare="previous")
        assert told.figures.partial is partial
        assert told.compare is not None
        assert told.compare.partial is False


async def test_what_is_now_comes_from_the_programmes_own_clock(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    far = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=1000)
    await owner.execute(
        "UPDATE program SET clock_offset = $2 - clock_timestamp() WHERE program_id = $1", shop.program.program_id, far
    )
    told = await answer(owner, shop.program, "aov", far.date(), far.date() + timedelta(days=1))
    assert told.figures.partial is True
    assert timedelta() <= told.as_of - far < timedelta(minutes=1)
    assert told.as_of - told.data_as_of == timedelta(seconds=10)
    assert not told.as_of_lowered
    page = await overview(owner, shop.program, ["aov"], *MARCH, slots=400)
    assert page.series["aov"].periods[-1].period.start == date(2026, 12, 1)
    page = await overview(owner, shop.program, ["aov"], far.date(), far.date() + timedelta(days=1))
    assert page.series["aov"].periods[-1].period.start == far.date().replace(day=1)


async def test_a_knowledge_time_that_has_not_settled_is_lowered_and_told(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    for as_of in (datetime(9999, 12, 31, tzinfo=UTC), utc_now() - timedelta(seconds=5)):
        told = await answer(owner, shop.program, "aov", *MARCH, as_of=as_of)
        assert told.as_of_lowered
        assert told.as_of == told.data_as_of < as_of
    asked = utc_now() - timedelta(seconds=60)
    told = await answer(owner, shop.program, "aov", *MARCH, as_of=asked)
    assert (told.as_of, told.as_of_lowered) == (asked, False)


async def test_without_a_knowledge_time_even_the_last_second_counts(owner: asyncpg.Connection) -> None:
    shop = await Shop.open(owner)
    just_now = utc_now()
    await shop.buys(await shop.customer(), "2026-03-10 12:00", 1000, recorded=just_now.isoformat())
    assert (await known(shop, "aov", None))["all"] == (1000, 1)
    lowered = await answer(owner, shop.program, "aov", *MARCH, as_of=just_now)
    assert lowered.figures.segments["all"] == Ratio(0, 0, None, None)


@pytest.mark.parametrize(
    "as_of",
    [
        datetime(2026, 1, 1),  # noqa: DTZ001 - the case
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12))),
    ],
)
async def test_an_instant_that_no_clock_shows_is_refused(owner: asyncpg.Connection, as_of: datetime) -> None:
    shop = await Shop.open(owner)
    with pytest.raises(BadInstant) as refused:
        await answer(owner, shop.program, "aov", *MARCH, as_of=as_of)
    assert refused.value.pointer == "/as_of"
