"""What day sets tell beyond sets and sums: gaps, first days, and that there is nothing there; as the rows tell it."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from kpi.actions import answer, overview
from kpi.answers import Figures
from kpi.knowledge import knowledge
from kpi.measure import MEASURES
from kpi.periods import Days
from kpi.rollup.reading import RollupReading
from kpi.rows import queries
from loyalty.clock import utc_now
from loyalty.members.decisions import NewMembership
from loyalty.purchases.facts import NewPurchase
from tests.kpi.rollup.world import Worker, facts_by_days, facts_by_rows
from tests.stories import Shop, cancellation, joining, purchase

# The stories begin at noon (UTC) on 1 March 2025; the clocks of Paris go on in its night to the 30th.
MARCH = Days(date(2025, 3, 1), date(2025, 4, 1))
AN_HOUR = 1 / 24


async def figures(owner: asyncpg.Connection, shop: Shop, key: str, days: Days = MARCH) -> Figures:
    return (await answer(owner, shop.source.program, key, *days)).figures


async def in_time(owner: asyncpg.Connection, shop: Shop) -> tuple[int, int | None]:
    told = (await figures(owner, shop, "first_30d_conversion")).segments["all"]
    return told.num, told.den


async def catch_up(keeper: Worker) -> None:
    await keeper.hand_over()
    await keeper.work_off()


async def reading(owner: asyncpg.Connection, shop: Shop, *needs: str) -> RollupReading:
    program = shop.source.program
    known = knowledge(await queries.now(owner, program.program_id), None)
    found = await RollupReading.read(owner, program, [MARCH], known, frozenset(needs))
    assert found is not None
    return found


async def test_what_newcomers_buy_later_is_told_of_the_day_on_which_they_joined(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann"), joining("bob"))
    await keeper.build()
    assert await in_time(owner, shop) == (0, 2)
    for name, on, bought in (("late", 30, 0), ("just", 30 - AN_HOUR, 1), ("too early", -1, 1), ("more", 5, 1)):
        await shop.buy(purchase(name, 1000, "ann", on=on))
        await catch_up(keeper)
        assert await in_time(owner, shop) == (bought, 2), name
    await shop.take_back(cancellation("just"))
    await catch_up(keeper)
    assert await in_time(owner, shop) == (1, 2)
    await shop.take_back(cancellation("more"))
    await catch_up(keeper)
    assert await in_time(owner, shop) == (0, 2)
    counted = await keeper.stored()
    await keeper.build()
    assert await keeper.stored() == counted


async def test_whose_first_days_go_on_is_read_from_the_memberships(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    now = utc_now()

    def ago(days: float) -> Any:  # noqa: ANN401 - an instant
        return now - timedelta(days=days)

    await shop.join(NewMembership("again", ago(50), ago(45)), NewMembership("old", ago(40)))
    await shop.join(NewMembership("due", ago(30.5)), NewMembership("none", ago(30.5)), NewMembership("young", ago(29)))
    await shop.join(NewMembership("again", ago(10)), NewMembership("new", ago(2)))
    for name in ("again", "old", "due", "young"):
        [row] = await shop.rows(
            "SELECT max(m.joined_at) FROM membership m JOIN customer_alias a USING (program_id, customer_id)"
            f" WHERE a.external_id = '{name}'"
        )
        when = row[0] + timedelta(hours=1)
        await shop.buy(NewPurchase(name, when, "EUR", 1000, external_id=name))
    await keeper.build()
    today = now.date()
    wanted = [
        Days(today - timedelta(days=start), today + timedelta(days=end))
        for start, end in ((60, 2), (20, 2), (60, -20), (31, -29), (32, -28), (60, -33))
    ]
    told = await facts_by_days(owner, shop, wanted)
    assert told == await facts_by_rows(owner, shop, wanted)
    whole = await figures(owner, shop, "first_30d_conversion", wanted[0])
    # Who is back counts from the first time, and bought nothing then.
    assert (whole.segments["all"].num, whole.segments["all"].den, whole.counts["immature"]) == (2, 4, 2)


@pytest.mark.usefixtures("many")
async def test_gaps_are_told_at_once_and_their_median_when_they_were_counted(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann", 6))
    await shop.buy(*(purchase(f"a {n}", 1000, "ann", on=on) for n, on in enumerate((-300, 1, 5, 5, 9))))
    await shop.buy(purchase("b", 9, "bob", on=2))
    await keeper.build()
    told = await figures(owner, shop, "days_between_purchases")
    everybody = told.distributions["all"]
    assert told.ci_pending
    assert (told.segments["all"].value, told.segments["all"].den) == ((301 + 4 + 0 + 4) / 4, 4)
    assert [(day, number) for day, number in enumerate(everybody.by_day) if number] == [(0, 1), (4, 2), (181, 1)]
    assert everybody.median is None
    assert (told.segments["member"].value, told.segments["non_member"].den) == (4.0, 3)
    # An order that comes late shortens the gap of the one that follows, in whichever month that is.
    await shop.buy(purchase("late", 1000, "ann", on=-100))
    await catch_up(keeper)
    assert (await figures(owner, shop, "days_between_purchases")).segments["all"].num == 86_400 * (101 + 4 + 0 + 4)
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_where_no_purchase_tells_its_lines_nobody_looks_for_them(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann", 2))
    await shop.buy(purchase("one", 1000, "ann", on=1), purchase("two", 500, "ann", on=4), purchase("three", 70, on=4))
    keys = ("product_return_rate", "prr_flow", "profit_per_customer", "cac_net")
    rows = [await figures(owner, shop, key) for key in keys]
    assert [one.reason.key if one.reason else None for one in rows[:2]] == ["no_lines", "no_lines"]
    await keeper.build()
    found = await reading(owner, shop, "units", "margins", "first_margins")
    assert all(found.part(name) is not None for name in ("units", "margins", "first_margins"))
    assert [await figures(owner, shop, key) for key in keys] == rows
    goods = {"line_id": "1", "kind": "goods", "quantity": 2, "amount_minor": 1000}
    await shop.buy(purchase("lined", 1000, "ann", on=5, lines=[goods]))
    await catch_up(keeper)
    found = await reading(owner, shop, "units", "margins", "first_margins")
    assert all(found.part(name) is None for name in ("units", "margins", "first_margins"))
    assert (await figures(owner, shop, "product_return_rate")).segments["all"].den == 2


async def test_what_was_paid_with_rewards_alone_leaves_a_profit_of_nothing(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann", 2))
    for number, who in enumerate(("ann", "ann", "bob")):
        await shop.buy(purchase(f"{number}", 1000, who, on=3 * number, reward_discount_minor=1000))
    rows = await figures(owner, shop, "profit_per_customer")
    assert (rows.segments["all"].num, rows.segments["all"].den) == (0, 2)
    await keeper.build()
    assert await figures(owner, shop, "profit_per_customer") == rows


async def test_ids_are_read_only_for_who_looks_customers_up(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.buy(purchase("one", 1000, "ann", on=3))
    await keeper.build()
    ids = list(await owner.fetchval("SELECT array_agg(customer_id) FROM customer"))
    assert len((await reading(owner, shop, "points", "stock")).numbers(ids)) == 1
    with pytest.raises(ValueError, match="not told so"):
        (await reading(owner, shop, "stock", "history", "rewards")).numbers(ids)


@pytest.mark.usefixtures("many")
async def test_all_measures_of_one_read_answer_as_each_alone(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann"))
    await shop.buy(purchase("first", 1000, "ann", on=2), purchase("second", 2500, "ann", on=9))
    await keeper.build()
    page = await overview(owner, shop.source.program, list(MEASURES.all()), *MARCH)
    for key in MEASURES.all():
        assert page.answers[key].figures == await figures(owner, shop, key), key
