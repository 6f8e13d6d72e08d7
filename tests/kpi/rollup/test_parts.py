"""What day sets tell beyond sets and sums: gaps, first days, and that there is nothing there; as the rows tell it."""

from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from kpi.actions import answer, overview
from kpi.answers import Figures
from kpi.inputs.actions import tell_unit_costs, withdraw
from kpi.inputs.facts import NewUnitCost
from kpi.inputs.queries import UNIT_COSTS
from kpi.knowledge import knowledge
from kpi.measure import MEASURES
from kpi.periods import Days
from kpi.rollup.reading import RollupReading
from kpi.rows import queries
from loyalty.clock import utc_now
from loyalty.members.decisions import NewMembership
from loyalty.purchases.facts import NewPurchase, NewRefund
from tests.kpi.rollup.world import Worker, facts_by_days, facts_by_rows
from tests.stories import Shop, cancellation, day, joining, purchase

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


@pytest.mark.usefixtures("many")
async def test_what_lines_say_is_told_at_once_and_its_intervals_when_they_were_counted(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann", 2))
    await shop.buy(purchase("one", 1000, "ann", on=1), purchase("two", 500, "ann", on=4), purchase("three", 70, on=4))
    keys = ("product_return_rate", "prr_flow", "profit_per_customer", "cac_net")
    rows = [await figures(owner, shop, key) for key in keys]
    assert [one.reason.key if one.reason else None for one in rows[:2]] == ["no_lines", "no_lines"]
    await keeper.build()
    assert [await figures(owner, shop, key) for key in keys] == rows, "what has no figure has no interval to wait for"
    goods = {"line_id": "1", "kind": "goods", "quantity": 2, "amount_minor": 1000, "unit_cost_minor": 100}
    await shop.buy(
        purchase("lined", 1000, "ann", on=5, lines=[goods]), purchase("none", 1000, "bob", on=5, lines=[goods])
    )
    await shop.take_back(NewRefund("lined", "some", day(40), 400, lines=[goods | {"quantity": 1, "amount_minor": 400}]))
    await shop.take_back(NewRefund("none", "all", day(3), 1000))
    await catch_up(keeper)
    returned = await figures(owner, shop, "product_return_rate")
    assert [(one.num, one.den) for one in returned.segments.values()] == [(3, 4), (1, 2), (2, 2)]
    assert returned.ci_pending
    assert returned.segments["all"].ci95 is not None, "a share of units needs no customers"
    assert returned.difference.ci95 is None
    # What came back before it was sold came back all the same.
    spring = Days(date(2025, 3, 1), date(2025, 5, 1))
    flow = [(await figures(owner, shop, "prr_flow", days)) for days in (MARCH, spring)]
    assert [(one.segments["all"].num, one.segments["member"].num, one.ci_pending) for one in flow] == [
        (2, 0, False),
        (3, 1, False),
    ]
    # A cancelled sale was none.
    await shop.take_back(cancellation("lined"))
    await catch_up(keeper)
    assert (await figures(owner, shop, "product_return_rate")).segments["member"].den == 0
    assert (await figures(owner, shop, "prr_flow", spring)).segments["all"].num == 2


@pytest.mark.usefixtures("many")
async def test_a_cost_that_is_entered_changes_what_was_sold_since(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    async def profit() -> tuple[int, int | None, int]:
        told = await figures(owner, shop, "profit_per_customer")
        return told.segments["all"].num, told.segments["all"].den, told.counts["uncovered_minor"]

    tea = {"line_id": "1", "kind": "goods", "quantity": 2, "amount_minor": 1000, "sku": "tea"}
    await shop.buy(
        *(purchase(f"{on}", 1000, who, on=on, lines=[tea]) for on, who in ((2, "ann"), (9, "ann"), (20, "bob")))
    )
    await keeper.build()
    assert await profit() == (0, 0, 3000)
    for from_on, cost, expected in (
        (date(2025, 1, 1), 100, (2400, 2, 0)),
        (date(2025, 3, 10), 300, (1600, 2, 0)),
        (date(2025, 3, 21), 0, (2200, 2, 0)),
    ):
        costs = [NewUnitCost("tea", from_on, cost)]
        await shop.do(lambda tx, costs=costs: tell_unit_costs(tx, shop.source, costs))  # type: ignore[misc]
        await keeper.work_off()
        assert await profit() == expected
    await shop.do(lambda tx: withdraw(tx, shop.source, UNIT_COSTS, ("tea", date(2025, 3, 10))))
    await keeper.work_off()
    assert await profit() == (2600, 2, 0)
    # The same again is no news.
    await shop.do(lambda tx: tell_unit_costs(tx, shop.source, costs))
    assert await keeper.work_off() == 0


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


async def test_who_redeems_for_the_first_time_is_told_of_the_day_on_which_they_joined(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    async def redeemed() -> tuple[int, int | None]:
        told = (await figures(owner, shop, "time_to_first_redemption")).segments["all"]
        return told.num, told.den

    await shop.join(joining("ann", 1), joining("bob", 2), joining("cid", 3))
    await shop.buy(*(purchase(who, 10_000, who, on=5) for who in ("ann", "bob", "cid")))
    await keeper.build()
    assert await redeemed() == (0, 3)
    hold = await shop.spend("ann", 10)
    await shop.spend("ann", 10)
    await catch_up(keeper)
    assert await redeemed() == (1, 3)
    # Taken back or not, points were spent; and who joined before is no newcomer of March.
    await shop.reverse(hold)
    await shop.join(joining("bob", -40, left=-30))
    await catch_up(keeper)
    assert await redeemed() == (1, 2)
    await shop.merge("cid", "ann")
    await catch_up(keeper)
    assert await redeemed() == (1, 1)
    assert await facts_by_days(owner, shop, [MARCH]) == await facts_by_rows(owner, shop, [MARCH])


async def test_points_are_told_of_the_day_on_which_they_moved(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    async def held(day: date) -> int:
        return (
            (await figures(owner, shop, "points_outstanding", Days(day, day + timedelta(days=1)))).segments["all"].num
        )

    await shop.join(joining("ann", -1), joining("bob", -1))
    await shop.buy(purchase("one", 10_000, "ann", on=1))
    await keeper.build()
    today = utc_now().date()
    assert [await held(on) for on in (date(2025, 3, 1), date(2025, 3, 2), today)] == [0, 100, 100]
    await shop.spend("ann", 30)
    await shop.adjust("ann", 7)
    await shop.buy(purchase("late", 5000, "bob", on=0))
    await catch_up(keeper)
    told = [await held(on) for on in (date(2025, 3, 1), date(2025, 3, 2), today + timedelta(days=1))]
    assert told == [50, 150, 127]
    share = await figures(owner, shop, "points_redeemed", Days(today - timedelta(days=2), today + timedelta(days=2)))
    assert share.segments["all"].num == 30


async def test_who_is_looked_up_by_id_among_day_sets_is_who_bought(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.buy(purchase("one", 1000, "ann", on=3), purchase("two", 1000, "bob", on=3))
    await keeper.build()
    told = await reading(owner, shop, "stock", "history", "rewards")
    [one, other] = await owner.fetch("SELECT customer_id FROM customer ORDER BY 1")
    assert await told.numbers([one[0], other[0]]) == told.facts_of(MARCH).bought
    assert len(await told.numbers([one[0]])) == 1
    assert not await told.numbers([])


@pytest.mark.usefixtures("many")
async def test_all_measures_on_one_page_say_what_each_says_alone(
    shop: Shop, keeper: Worker, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("ann", 2))
    await shop.buy(*(purchase(f"{on}", 1000, who, on=on) for on, who in ((-300, "bob"), (2, "ann"), (9, "ann"))))
    await keeper.build()
    program, keys = shop.source.program, sorted(MEASURES.all())
    page = await overview(owner, program, keys, *MARCH)
    for key in keys:
        alone = await answer(owner, program, key, *MARCH, compare="previous")
        told = page.answers[key]
        assert (told.figures.segments, told.figures.counts) == (alone.figures.segments, alone.figures.counts), key
        assert told.compare is not None
        assert alone.compare is not None
        assert told.compare.segments == alone.compare.segments, key
