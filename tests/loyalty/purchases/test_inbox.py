"""What arrived, as staff look at it: pages of purchases by what is asked for, and one with all that was told of it."""

from uuid import UUID

import pytest

from loyalty.customers.facts import Profile
from loyalty.members.staff import Seen, see_person
from loyalty.outbox.reading import EventsAsked, StaffEvents
from loyalty.purchases.arrived import PurchaseOpened, PurchasesAsked, PurchasesSeen
from loyalty.purchases.inbox import StaffPurchases
from tests.stories import Shop, cancellation, day, joining, purchase, refund


async def seen(shop: Shop, **asked: object) -> PurchasesSeen:
    """Read a page."""
    return await StaffPurchases(lambda: shop.database).seen(shop.source.program, PurchasesAsked(**asked))  # type: ignore[arg-type]


async def orders(shop: Shop, **asked: object) -> list[str]:
    """Tell which orders a page has."""
    return [one.order_id for one in (await seen(shop, **asked)).purchases]


async def opened(shop: Shop, order: str) -> PurchaseOpened:
    """Open a purchase."""
    number = await shop.value("SELECT purchase_id FROM purchase WHERE order_id = $1", order)
    found = await StaffPurchases(lambda: shop.database).opened(shop.source.program, number)
    assert found is not None
    return found


async def test_purchases_are_found_by_state_by_whose_and_when(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.join(joining("nora", profile=Profile(name="Nora Whitfield")))
    await shop.buy(
        purchase("1", 1000, "nora", on=1), purchase("2", 2000, on=2), purchase("3", 3000, "nora", on=3),
        purchase("4", 500, "guest", on=4),
    )  # fmt: skip
    await shop.take_back(refund("1", "r", 400), cancellation("3"), refund("late", "r", 100))
    assert await orders(shop) == ["4", "3", "2", "1"]
    states = {state: await orders(shop, state=state) for state in ("recorded", "refunded", "cancelled", "awaited")}
    assert states == {"recorded": ["4", "2"], "refunded": ["1"], "cancelled": ["3"], "awaited": ["late"]}
    assert await orders(shop, member=True) == ["3", "1"]
    assert await orders(shop, since=day(2), until=day(4)) == ["3", "2"]
    assert await orders(shop, storefront_id=99) == []
    assert await orders(shop, text="whit") == ["3", "1"]
    assert await orders(shop, text="2") == ["2"]
    assert await orders(shop, text="zz") == []
    # Page by page without gap or repetition.
    monkeypatch.setattr("loyalty.purchases.inbox.PAGE", 3)
    first = await seen(shop)
    last = first.purchases[-1]
    assert first.more
    assert await orders(shop, after=(last.at, last.purchase_id)) == ["1"]
    # What was said of whom: the money as told, the points as they are now.
    [one] = (await seen(shop, text="1")).purchases
    assert (one.goods_minor, one.refunded_minor, one.points, one.name) == (1000, 400, 6, "Nora Whitfield")


async def test_whoever_was_merged_has_the_others_purchases_too(shop: Shop) -> None:
    await shop.join(joining("a"), joining("b"))
    await shop.buy(purchase("1", 1000, "a", on=1), purchase("2", 2000, "b", on=2))
    await shop.merge("a", "b")
    survivor: UUID = await shop.value("SELECT customer_id FROM customer WHERE merged_into IS NULL")
    assert await orders(shop, customer_id=survivor) == ["2", "1"]
    assert {one.customer_id for one in (await seen(shop)).purchases} == {survivor}


async def test_a_purchase_shows_every_revision_as_told_and_what_it_led_to(shop: Shop) -> None:
    await shop.join(joining("nora"))
    await shop.buy(purchase("1", 1050, "nora", on=1, channel="web"))
    await shop.edit(purchase("1", 950, "nora", on=1, channel="web", source_updated_at=day(2)))
    await shop.take_back(refund("1", "r-1", 200))
    found = await opened(shop, "1")
    assert [one.facts["goods"] for one in found.told] == ["9.50", "10.50"]
    assert found.told[1].until == found.told[0].at
    assert found.told[1].facts == {
        "order_id": "1", "customer_id": "nora", "placed_at": day(1).isoformat(), "currency": "EUR", "goods": "10.50",
        "channel": "web",
    }  # fmt: skip
    assert [(one.cause, one.given) for one in found.awards] == [("purchase", 10), ("edit", -1), ("refund", -2)]
    assert [(one.refund_id, one.goods_minor, one.parked) for one in found.refunds] == [("r-1", 200, False)]
    events = await StaffEvents(lambda: shop.database).seen(shop.source.program.program_id, EventsAsked(kind="purchase"))
    assert [one.type for one in events.events] == [
        "purchase.refunded",
        "purchase.edited",
        "purchase.recorded",
    ]
    assert events.events[0].subject == f"purchase/{found.seen.purchase_id}"
    last = events.events[0]
    asked = EventsAsked(after=(last.recorded_at, last.event_id), kind="purchase")
    onward = await StaffEvents(lambda: shop.database).seen(shop.source.program.program_id, asked)
    assert [one.type for one in onward.events] == ["purchase.edited", "purchase.recorded"]


async def test_a_purchase_shows_the_rewards_used_on_it_and_the_member_where(shop: Shop) -> None:
    await shop.join(joining("ann"), joining("ben"))
    await shop.buy(purchase("1", 10_000, "ann", on=1), purchase("2", 10_000, "ben", on=1))
    mine, others = await shop.spend("ann", 40), await shop.spend("ben", 10)
    named = ["no id", str(mine), str(others), str(mine)]
    await shop.buy(purchase("3", 5000, "ann", on=101, redemption_ids=named))
    found = await opened(shop, "3")
    assert [(one.redemption_id, one.reward, one.captured, one.state) for one in found.redemptions] == [
        (mine, "Gift for 40", 40, "captured"),
        (others, "Gift for 10", 10, "captured"),
    ]
    assert len({one.survivor for one in found.redemptions}) == 2
    assert (await opened(shop, "1")).redemptions == []
    async with shop.database.reader() as connection:
        for one, used in zip(found.redemptions, ("3", None), strict=True):
            page = await see_person(connection, shop.source.program, one.survivor, None, None)
            assert isinstance(page, Seen)
            assert [row.used_order for row in page.timeline.rows if row.cause in {"held", "captured"}] == [used]
