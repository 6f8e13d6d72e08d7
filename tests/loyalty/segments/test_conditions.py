"""Every kind of condition, with its edges, on a small shop whose clock stands still."""

from datetime import date
from typing import Any

import pytest

from loyalty.customers.facts import Profile
from loyalty.errors import Invalid
from loyalty.segments.condition import CONDITIONS, load, load_all
from tests.loyalty.segments.conftest import Town, ago
from tests.stories import cancellation, joining, purchase, refund

KINDS = {
    "birthday_month", "bought_articles", "consent", "first_purchase_within", "joined_within", "language",
    "last_purchase_before", "last_purchase_within", "member", "orders", "points_available", "rfm", "spent",
}  # fmt: skip


@pytest.fixture
async def bought(town: Town) -> Town:
    """Give a shop with purchases of five customers and of nobody.

    ann: 100.00 today and 50.00 31 days ago; ben: 20.00 30 days ago; cat: 80.00 taken back whole, 10.00 150 days ago, of
    which 4.00 came back; dan: a test, a cancelled and an awaited purchase; eve: none at all, but known.
    """
    shop = town.shop
    lines = [{"line_id": "1", "sku": "tea", "category": "drinks", "kind": "goods", "quantity": 1, "amount_minor": 2000}]
    await shop.buy(
        purchase("a1", 10000, "ann", on=ago(0)),
        purchase("a2", 5000, "ann", on=ago(31)),
        purchase("b1", 2000, "ben", on=ago(30), lines=lines),
        purchase("c1", 8000, "cat", on=ago(1)),
        purchase("c2", 1000, "cat", on=ago(150)),
        purchase("d1", 9000, "dan", on=ago(1), test=True),
        purchase("d2", 9000, "dan", on=ago(1)),
        purchase("n1", 70000, on=ago(1)),
    )
    await shop.take_back(refund("c1", "r", 8000, on=ago(0)), refund("c2", "r", 400, on=ago(0)))
    await shop.take_back(cancellation("d2", on=ago(0)), refund("unknown", "r", 100, on=ago(0)))
    await shop.join(joining("eve", on=ago(3)))
    return town


def test_these_are_the_kinds_and_their_names_are_for_ever() -> None:
    assert set(CONDITIONS.all()) == KINDS


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"kind": "orders", "at_least": 1}, "ann ben cat"),
        ({"kind": "orders", "at_least": 2}, "ann"),
        ({"kind": "orders", "at_least": 3}, ""),
        ({"kind": "orders", "at_most": 0}, "dan eve"),
        ({"kind": "orders", "at_most": 1}, "ben cat dan eve"),
        ({"kind": "orders", "at_least": 1, "at_most": 1}, "ben cat"),
        ({"kind": "orders", "at_least": 1, "days": 30}, "ann ben"),
        ({"kind": "orders", "at_least": 2, "days": 30}, ""),
        ({"kind": "orders", "at_least": 2, "days": 31}, "ann"),
        ({"kind": "orders", "at_most": 0, "days": 29}, "ben cat dan eve"),
        ({"kind": "spent", "at_least_minor": 15000}, "ann"),
        ({"kind": "spent", "at_least_minor": 15001}, ""),
        ({"kind": "spent", "at_least_minor": 10001, "days": 30}, ""),
        ({"kind": "spent", "at_least_minor": 600, "at_most_minor": 600}, "cat"),
        ({"kind": "spent", "at_most_minor": 599}, "dan eve"),
        ({"kind": "spent", "at_most_minor": 0, "days": 149}, "cat dan eve"),
        ({"kind": "last_purchase_within", "days": 1}, "ann"),
        ({"kind": "last_purchase_within", "days": 30}, "ann ben"),
        ({"kind": "last_purchase_within", "days": 29}, "ann"),
        ({"kind": "last_purchase_before", "days": 30}, "cat"),
        ({"kind": "last_purchase_before", "days": 29}, "ben cat"),
        ({"kind": "last_purchase_before", "days": 150}, ""),
        ({"kind": "first_purchase_within", "days": 31}, "ann ben"),
        ({"kind": "first_purchase_within", "days": 30}, "ben"),
        ({"kind": "bought_articles", "skus": ["tea", "cake"]}, "ben"),
        ({"kind": "bought_articles", "categories": ["drinks"], "days": 30}, "ben"),
        ({"kind": "bought_articles", "categories": ["drinks"], "days": 29}, ""),
        ({"kind": "bought_articles", "skus": ["drinks"], "categories": ["tea"]}, ""),
    ],
    ids=str,
)
async def test_what_people_bought_and_kept(bought: Town, condition: dict[str, Any], expected: str) -> None:
    assert await bought.who(condition) == set(expected.split())


async def test_all_conditions_must_hold(bought: Town) -> None:
    often, lately = {"kind": "orders", "at_least": 1}, {"kind": "last_purchase_within", "days": 30}
    small = {"kind": "spent", "at_most_minor": 2000}
    assert await bought.who(often, lately) == {"ann", "ben"}
    assert await bought.who(often, lately, small) == {"ben"}
    assert await bought.who(small, lately, often, often) == {"ben"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"kind": "member"}, "new old back"),
        ({"kind": "member", "is_member": False}, "gone buyer"),
        ({"kind": "joined_within", "days": 10}, "new back"),
        ({"kind": "joined_within", "days": 9}, "back"),
        ({"kind": "joined_within", "days": 100}, "new old back"),
        ({"kind": "consent", "purpose": "email"}, "new"),
        ({"kind": "consent", "purpose": "sms"}, "old"),
        ({"kind": "consent", "purpose": "e%"}, ""),
        ({"kind": "language", "language": "fr"}, "new old"),
        ({"kind": "language", "language": "fr-CH"}, "old"),
        ({"kind": "language", "language": "de"}, "gone"),
        ({"kind": "birthday_month", "month": 9}, "new"),
        ({"kind": "birthday_month", "month": 2}, "old"),
        # Noon of the 200th day of the story is in September.
        ({"kind": "birthday_month"}, "new"),
        ({"kind": "points_available", "at_least": 20}, "old"),
        ({"kind": "points_available", "at_least": 21}, ""),
    ],
    ids=str,
)
async def test_what_is_known_of_people(town: Town, condition: dict[str, Any], expected: str) -> None:
    new = Profile(language="fr", birthday_on=date(1990, 9, 30), consent={"email": True, "sms": False})
    old = Profile(language="fr-CH", birthday_on=date(1992, 2, 29), consent={"email": False, "sms": True})
    await town.shop.join(
        joining("new", on=ago(10), profile=new),
        joining("old", on=ago(100), profile=old),
        joining("gone", on=ago(5), left=ago(1), profile=Profile(language="de")),
        joining("back", on=ago(90), left=ago(80)),
        joining("back", on=ago(2)),
    )
    await town.shop.buy(purchase("o1", 2000, "old", on=ago(50)), purchase("x1", 2000, "buyer", on=ago(50)))

    assert await town.who(condition) == set(expected.split())


async def test_scores_go_by_fifths_of_the_buyers_of_a_year(town: Town) -> None:
    # Ten buyers: the later, the more often and the more money. Somebody of long ago has no score.
    orders = [
        purchase(f"{number}/{n}", 1000 + number, f"b{number}", on=ago(100 - number - n / 10))
        for number in range(10)
        for n in range(number + 1)
    ]
    await town.shop.buy(*orders)
    await town.shop.buy(purchase("long ago", 100000, "past", on=ago(366)))

    assert await town.who({"kind": "rfm", "recency_from": 5}) == {"b8", "b9"}
    assert await town.who({"kind": "rfm", "recency_to": 1}) == {"b0", "b1"}
    assert await town.who({"kind": "rfm", "frequency_from": 3, "frequency_to": 3}) == {"b4", "b5"}
    assert await town.who({"kind": "rfm", "money_from": 2, "money_to": 3}) == {"b2", "b3", "b4", "b5"}
    assert await town.who({"kind": "rfm", "recency_to": 1, "money_from": 5}) == set()
    assert len(await town.who({"kind": "rfm"})) == 10


async def test_equal_scores_go_by_the_customers_id(town: Town) -> None:
    await town.shop.buy(*[purchase(f"o{n}", 1000, f"b{n}", on=ago(5)) for n in range(5)])
    rows = await town.shop.rows("SELECT external_id FROM customer_alias ORDER BY customer_id")

    found = [await town.who({"kind": "rfm", "money_from": n, "money_to": n}) for n in range(1, 6)]

    assert found == [{external_id} for (external_id,) in rows]


async def test_a_day_begins_at_the_programmes_midnight(town: Town) -> None:
    # Paris is two hours ahead of UTC on that day: its midnight is 22:00.
    await town.shop.buy(
        purchase("o1", 1000, "before", on=ago(30) - 14.01 / 24), purchase("o2", 1000, "after", on=ago(30) - 13.99 / 24)
    )
    assert await town.who({"kind": "last_purchase_within", "days": 30}) == {"after"}
    assert await town.who({"kind": "last_purchase_before", "days": 30}) == {"before"}


async def test_who_was_merged_counts_for_the_survivor_and_who_was_erased_never(town: Town) -> None:
    await town.shop.buy(
        purchase("o1", 1000, "one", on=ago(5)),
        purchase("o2", 1000, "two", on=ago(4)),
        purchase("o3", 1000, "three", on=ago(3)),
        purchase("o4", 1000, "erased", on=ago(3)),
    )
    await town.shop.merge("one", "two")
    await town.shop.merge("two", "three")
    await town.shop.erase("erased")

    assert await town.who({"kind": "orders", "at_least": 3}) == {"one", "two", "three"}
    assert await town.who({"kind": "spent", "at_least_minor": 3000}) == {"one", "two", "three"}
    assert len(await town.ids("one")) == 1
    async with town.shop.database.reader() as connection:
        assert await connection.fetchval("SELECT count(DISTINCT customer_id) FROM customer_alias") == 1
    assert await town.who({"kind": "member", "is_member": False}) == {"one", "two", "three"}


@pytest.mark.parametrize(
    ("conditions", "pointer"),
    [
        ([], "/conditions"),
        ([{"kind": "member"}] * 21, "/conditions"),
        ([{"kind": "magic"}], "/conditions/0/kind"),
        ([{"kind": ["member"]}], "/conditions/0/kind"),
        ([{}], "/conditions/0/kind"),
        ([{"kind": "member"}, {"kind": "joined_within", "days": 0}], "/conditions/1/days"),
        ([{"kind": "joined_within", "days": "5"}], "/conditions/0/days"),
        ([{"kind": "joined_within"}], "/conditions/0"),
        ([{"kind": "member", "and": 1}], "/conditions/0"),
        ([{"kind": "orders"}], "/conditions/0"),
        ([{"kind": "orders", "at_least": 2, "at_most": 1}], "/conditions/0"),
        ([{"kind": "bought_articles", "days": 3}], "/conditions/0"),
        ([{"kind": "bought_articles", "skus": ["a", ""]}], "/conditions/0/skus/1"),
        ([{"kind": "rfm", "recency_from": 4, "recency_to": 3}], "/conditions/0"),
        ([{"kind": "rfm", "money_to": 6}], "/conditions/0/money_to"),
        ([{"kind": "birthday_month", "month": 13}], "/conditions/0/month"),
        ([{"kind": "language", "language": "French"}], "/conditions/0/language"),
    ],
    ids=str,
)
def test_conditions_that_cannot_be_are_refused_with_their_place(conditions: list[dict[str, Any]], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        load_all(conditions)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_in_words_what_it_and_its_fields_are(kind: str) -> None:
    found = CONDITIONS.all()[kind]
    assert found.title
    assert found.__doc__


def test_a_condition_is_made_of_what_is_stored() -> None:
    assert load({"kind": "joined_within", "days": 5}) == CONDITIONS.all()["joined_within"](days=5)  # type: ignore[call-arg]
