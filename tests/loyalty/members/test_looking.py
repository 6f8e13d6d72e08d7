"""Looking for anything: people, orders and codes by how they begin, of one programme."""

import asyncpg

from loyalty.customers.facts import Profile
from loyalty.earning.actions import start_program
from loyalty.members.looking import MOST, Looked, StaffLooking
from tests.stories import Shop, joining, purchase


async def looked(shop: Shop, text: str) -> Looked:
    """Look as the panel does."""
    return await StaffLooking(lambda: shop.database).look(shop.source.program, text)


async def test_orders_people_and_codes_are_found_by_how_they_begin(shop: Shop, owner: asyncpg.Connection) -> None:
    await shop.join(joining("c-7", profile=Profile(name="Nora Whitfield")))
    await shop.buy(purchase("1001", 1000, "c-7"), purchase("10011", 2000), purchase("2001", 500, "1001"))
    await owner.execute(
        "INSERT INTO referral_code (program_id, code_key, code, customer_id, custom, actor, made_at)"
        " SELECT program_id, 'N0RA22', 'NORA-22', customer_id, true, 'test', now() FROM customer_alias"
        " WHERE external_id = $1",
        "c-7",
    )
    # The very number first; of nobody's order, that it is nobody's.
    found = await looked(shop, "1001")
    assert [(one.order_id, one.storefront, one.customer_id is None) for one in found.orders] == [
        ("1001", "web shop", False),
        ("10011", "web shop", True),
    ]
    assert [person.ids for person in found.people] == [["1001"]]
    assert [one.order_id for one in (await looked(shop, "001")).orders] == []
    # A code however it is written; a name.
    assert [(one.code, one.name) for one in (await looked(shop, "nora2")).codes] == [("NORA-22", "Nora Whitfield")]
    assert [person.name for person in (await looked(shop, "whit")).people] == ["Nora Whitfield"]
    # Two letters are enough, of any word of a name.
    assert [[one.name for one in (await looked(shop, text)).people] for text in ("no", "WH")] == [
        ["Nora Whitfield"]
    ] * 2


async def test_only_the_first_few_are_found_and_nothing_of_another_programme(shop: Shop) -> None:
    await shop.buy(*(purchase(f"9{n}", 100, f"9{n}") for n in range(MOST + 2)))
    found = await looked(shop, "9")
    assert (len(found.people), found.more_people, len(found.orders)) == (MOST, True, MOST)
    async with shop.database.session() as session:
        other = await start_program(session, "Other", timezone="UTC", currency="EUR")
    assert await StaffLooking(lambda: shop.database).look(other, "9") == Looked([], False, [], [])  # noqa: FBT003
