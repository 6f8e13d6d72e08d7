"""What is measured of money beside purchases: spend, leads, costs, rewards, returns; each number worked out by hand."""

from datetime import date

import asyncpg
import pytest
from statsmodels.stats.proportion import proportion_confint

from kpi.actions import answer
from kpi.answers import Figures
from kpi.measure import Ratio
from tests.kpi.shop import Shop
from tests.kpi.till import Till

MARCH = (date(2026, 3, 1), date(2026, 4, 1))
APRIL = (date(2026, 4, 1), date(2026, 5, 1))
NOTHING = Ratio(0, 0, None, None)


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


async def figures(till: Till, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> Figures:
    as_of = till.shop.at(known) if known else None
    return (await answer(till.shop.owner, till.shop.program, key, *days, as_of=as_of)).figures


async def figure(till: Till, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> Ratio:
    return (await figures(till, key, days, known)).segments["all"]


async def why(till: Till, key: str, days: tuple[date, date] = MARCH, known: str | None = None) -> str | None:
    told = await figures(till, key, days, known)
    assert all(ratio == NOTHING for ratio in told.segments.values()) or told.reason is None
    return told.reason.key if told.reason else None


async def test_a_new_customer_costs_the_spend_over_those_who_bought_for_the_first_time(till: Till) -> None:
    old, *new = await till.shop.customers(4)
    await till.shop.buys(old, "2026-02-10")
    for customer in (old, *new):
        await till.shop.buys(customer, "2026-03-10")
    await till.shop.buys(None, "2026-03-10")
    assert await why(till, "cac") == "no_acquisition_spend"
    await till.spends("acquisition", "2026-03-01", 10_000)
    await till.spends("acquisition", "2026-03-31", 2_001)
    await till.spends("acquisition", "2026-04-01", 700)
    await till.spends("enrolment", "2026-03-10", 999)
    assert await figure(till, "cac") == Ratio(12_001, 3, 12_001 / 3, None)
    # Nobody came in April: no number, though there was spend; it is told beside.
    april = await figures(till, "cac", APRIL)
    assert (april.segments["all"], april.reason, april.counts["spend_minor"]) == (NOTHING, None, 700)


async def test_nothing_spent_is_0_only_where_that_was_entered(till: Till) -> None:
    await till.shop.buys(await till.shop.customer(), "2026-03-10")
    await till.spends("acquisition", "2026-03-05", 0)
    assert await figure(till, "cac") == Ratio(0, 1, 0.0, None)


async def test_a_corrected_booking_counts_from_when_it_was_corrected(till: Till) -> None:
    await till.shop.buys(await till.shop.customer(), "2026-03-10")
    await till.spends("acquisition", "2026-03-05", 500, name="ads", recorded="2026-03-20")
    await till.spends("acquisition", "2026-03-05", 800, name="ads", recorded="2026-04-20")
    assert (await figure(till, "cac", known="2026-04-01")).num == 500
    assert (await figure(till, "cac")).num == 800
    assert await why(till, "cac", known="2026-03-15") == "no_acquisition_spend"
    await till.spends("acquisition", "2026-03-05", 800, name="ads", recorded="2026-04-25", withdrawn=True)
    assert await why(till, "cac") == "no_acquisition_spend"
    assert (await figure(till, "cac", known="2026-04-22")).num == 800
    # Moved to another day, it is booked there alone.
    await till.spends("acquisition", "2026-04-02", 800, name="ads", recorded="2026-04-26")
    assert await why(till, "cac") == "no_acquisition_spend"
    assert (await figures(till, "cac", APRIL)).counts["spend_minor"] == 800


async def test_the_margin_of_first_purchases_is_taken_off_the_cost_of_winning_them(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    first = await till.shop.buys(ada, "2026-03-10", 1000)
    await till.lines(first, {"amount_minor": 1000, "quantity": 2, "unit_cost_minor": 200})
    second = await till.shop.buys(ada, "2026-03-12", 9000)
    await till.lines(second, {"amount_minor": 9000, "unit_cost_minor": 1})
    other = await till.shop.buys(bob, "2026-03-11", 3000)
    await till.lines(other, {"amount_minor": 3000, "sku": "tea"})
    assert await why(till, "cac_net") == "no_acquisition_spend"
    await till.spends("acquisition", "2026-03-05", 5000)
    # Ada's 10.00 of 40.00 have a cost: a quarter.
    assert await why(till, "cac_net") == "too_few_costs"
    await till.costs("tea", "2026-03-11", 1200)
    # 50.00 - (10.00 - 4.00) - (30.00 - 12.00) = 26.00, for two customers.
    assert await figure(till, "cac_net") == Ratio(2600, 2, 1300.0, None)
    await till.spends("acquisition", "2026-03-05", 1400)
    assert (await figure(till, "cac_net")).value == -500.0


async def test_a_new_member_costs_the_enrolment_spend_over_the_joiners(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-03-01 00:00")
    await till.shop.joins(bob, "2026-03-31 23:59:59")
    assert await why(till, "cost_per_new_member") == "no_enrolment_spend"
    await till.spends("enrolment", "2026-03-15", 301)
    assert await figure(till, "cost_per_new_member") == Ratio(301, 2, 150.5, None)


async def test_leads_become_customers_by_their_first_purchase_within_30_days(till: Till) -> None:
    people = await till.shop.customers(6)
    for n, person in enumerate(people):
        await till.called(person, f"c{n}", f"C{n}@example.org")
    for n in range(6):
        link = {"email": f"c{n}@Example.org"} if n % 2 else {"external_id": f"c{n}"}
        await till.leads(f"l{n}", "2026-03-01 10:00", channel="web" if n < 4 else "fair", **link)
    await till.leads("nobody", "2026-03-02")
    await till.leads("poor", "2026-03-02", qualified=False)
    await till.shop.buys(people[0], "2026-03-01 10:00")
    # 30 times 24 hours; the clocks were put forward in between.
    await till.shop.buys(people[1], "2026-03-31 11:00")
    await till.shop.buys(people[2], "2026-03-31 11:00:01")
    await till.shop.buys(people[3], "2026-02-28")  # a customer before
    await till.shop.buys(people[3], "2026-03-02")
    await till.shop.cancels(await till.shop.buys(people[4], "2026-03-02"))
    told = await figures(till, "lead_conversion")
    assert (told.segments["all"].num, told.segments["all"].den) == (2, 7)
    assert told.segments["all"].ci95 == pytest.approx(proportion_confint(2, 7, method="wilson"), abs=1e-6)
    assert (told.counts["leads:web"], told.counts["converted:web"]) == (4, 2)
    assert (told.counts["leads:fair"], told.counts["converted:fair"]) == (2, 0)
    assert (told.counts["leads:"], told.counts["unqualified"], told.counts["immature"]) == (1, 1, 0)
    assert not told.partial


async def test_young_leads_are_left_out_and_the_figure_says_that_it_is_incomplete(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.called(ada, "ada")
    await till.called(bob, "bob")
    await till.leads("old", "2026-03-02", external_id="ada")
    await till.leads("young", "2026-03-30", external_id="bob")
    await till.shop.buys(ada, "2026-03-03")
    await till.shop.buys(bob, "2026-03-31")
    told = await figures(till, "lead_conversion", known="2026-04-05")
    assert (told.segments["all"].num, told.segments["all"].den) == (1, 1)
    assert (told.counts["immature"], told.partial) == (1, True)
    assert await why(till, "lead_conversion", known="2026-03-31 12:00") == "leads_too_young"
    later = await figures(till, "lead_conversion", known="2026-05-05")
    assert (later.segments["all"].num, later.segments["all"].den, later.partial) == (2, 2, False)
    assert await why(till, "lead_conversion", APRIL) == "no_leads"


async def test_profit_is_net_less_what_the_kept_goods_cost_and_rewards_are_off_already(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-03-05")
    before = await till.shop.buys(ada, "2026-03-02", 2000)
    await till.lines(before, {"amount_minor": 2000, "quantity": 4, "unit_cost_minor": 100})
    # 50.00 of goods, 10.00 paid with a reward; half goes back: 25.00 - 5.00 = 20.00, and half of the cost of 18.00.
    member = await till.shop.buys(ada, "2026-03-06", 5000, reward=1000)
    await till.lines(
        member,
        {"amount_minor": 3000, "quantity": 3, "sku": "tea"},
        {"amount_minor": 2000, "kind": "service", "unit_cost_minor": 600},
        {"amount_minor": 700, "kind": "shipping", "unit_cost_minor": 99_999},
    )
    await till.takes_back(member, 2500, "2026-03-20")
    other = await till.shop.buys(bob, "2026-03-07", 1000)
    await till.lines(other, {"amount_minor": 1000, "sku": "tea", "unit_cost_minor": 1100})
    await till.shop.buys(None, "2026-03-07", 99_999)  # nobody's
    await till.costs("tea", "2026-03-01", 250)
    await till.costs("tea", "2026-03-06", 400)
    await till.costs("tea", "2026-03-07", 9_999)
    told = await figures(till, "profit_per_customer")
    # Ada 20.00 - 4.00 as a non-member, 20.00 - 9.00 as a member; Bob 10.00 - 11.00, by his line's own cost.
    assert told.segments["member"] == Ratio(1100, 1, 1100.0, None)
    assert (told.segments["non_member"].num, told.segments["non_member"].den) == (1500, 2)
    assert (told.segments["all"].num, told.segments["all"].den) == (2600, 2)
    # T: 13.00 ± 1.96 · s/√2, s² of 27.00 and -1.00.
    assert told.segments["all"].ci95 == pytest.approx(
        (1300 - 1.959963984540054 * 1400, 1300 + 1.959963984540054 * 1400)
    )
    assert told.difference.value == 350.0
    assert (told.counts["net_minor"], told.counts["uncovered_minor"]) == (5000, 0)


async def test_below_four_fifths_covered_there_is_no_profit(till: Till) -> None:
    ada = await till.shop.customer()
    known = await till.shop.buys(ada, "2026-03-06", 8000)
    await till.lines(known, {"amount_minor": 8000, "unit_cost_minor": 3000})
    await till.shop.buys(ada, "2026-03-07", 2000)  # no lines
    told = await figures(till, "profit_per_customer")
    assert (told.segments["all"].num, told.counts["uncovered_minor"]) == (7000, 2000)
    await till.shop.buys(ada, "2026-03-08", 1)
    assert await why(till, "profit_per_customer") == "too_few_costs"
    # Before a cost was known, there was none.
    assert await why(till, "profit_per_customer", APRIL) is None


async def test_a_cost_counts_from_its_day_and_from_when_it_was_known(till: Till) -> None:
    ada = await till.shop.customer()
    for day in ("2026-03-09 23:59", "2026-03-10 00:00"):
        await till.lines(await till.shop.buys(ada, day, 1000), {"amount_minor": 1000, "sku": "tea"})
    await till.costs("tea", "2026-01-01", 100)
    await till.costs("tea", "2026-03-10", 300, recorded="2026-04-10")
    assert (await figure(till, "profit_per_customer")).num == 2000 - 100 - 300
    assert (await figure(till, "profit_per_customer", known="2026-04-09")).num == 2000 - 100 - 100
    await till.costs("tea", "2026-03-10", 300, recorded="2026-04-11", withdrawn=True)
    assert (await figure(till, "profit_per_customer")).num == 2000 - 100 - 100


async def test_rewards_cost_what_is_kept_of_them_against_what_members_paid(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-03-05")
    half_back = await till.shop.buys(ada, "2026-03-06", 5000, reward=1000)
    await till.takes_back(half_back, 2500, "2026-03-20", recorded="2026-04-20")
    await till.shop.buys(ada, "2026-03-07", 3000)
    await till.shop.buys(ada, "2026-03-01", 500, reward=500)  # no member yet
    await till.shop.buys(bob, "2026-03-06", 500, reward=400)
    # 5.00 of rewards, 20.00 + 30.00 paid.
    assert await figure(till, "reward_cost_ratio") == Ratio(500, 5000, 0.1, None)
    assert await figure(till, "reward_cost_ratio", known="2026-04-19") == Ratio(1000, 7000, 1 / 7, None)
    assert await figure(till, "reward_cost_ratio", APRIL) == NOTHING


async def test_what_is_handed_over_costs_its_article_or_its_worth(till: Till) -> None:
    ada = await till.shop.customer()
    await till.shop.joins(ada, "2026-01-01")
    for day in ("2026-03-06", "2026-04-06"):
        await till.shop.buys(ada, day, 10_000, reward=1000)
    await till.costs("tea", "2026-01-01", 300)
    await till.costs("tea", "2026-03-11", 350, recorded="2026-04-20")
    tea = await till.offers("free_product", 100, sku="tea", worth_minor=900)
    cup = await till.offers("free_product", 100, sku="cup", worth_minor=700)
    gift = await till.offers("gift", 30, worth_minor=1000)
    off = await till.offers("percentage_discount", 50, percent="10")
    for reward in (tea, cup, off, await till.offers("points_payment", 9), await till.offers("fixed_discount", 9)):
        await till.hands_over(ada, reward, "2026-03-10 23:59")
    await till.hands_over(ada, tea, "2026-03-11 00:00")
    # Two thirds of the price were captured: so much of it was given.
    part = await till.hands_over(ada, gift, "2026-03-12", captured=20)
    told = await figures(till, "reward_cost_ratio")
    assert told.segments["all"] == Ratio(1000 + 300 + 350 + 700 + 666, 9000, 3016 / 9000, None)
    assert (told.counts["discounts_minor"], told.counts["handed_over_minor"]) == (1000, 2016)
    assert (await figure(till, "reward_cost_ratio", known="2026-04-19")).num == 1000 + 2 * 300 + 700 + 666
    # It comes back in two goes, at its own time, as it was known: in all not a cent more or less than was given.
    await till.takes_reward_back(ada, part, 7, "2026-04-02", recorded="2026-04-21")
    await till.takes_reward_back(ada, part, 13, "2026-04-03", refund=True, recorded="2026-04-22")
    assert (await figure(till, "reward_cost_ratio")).num == 3016
    april = await figures(till, "reward_cost_ratio", APRIL)
    assert (april.segments["all"].num, april.counts["taken_back_minor"]) == (1000 - 666, 666)
    assert (await figure(till, "reward_cost_ratio", APRIL, known="2026-04-21 12:00")).num == 1000 - (666 - 433)


async def test_a_reward_of_unknown_cost_leaves_no_figure_until_its_worth_is_told(till: Till) -> None:
    ada = await till.shop.customer()
    await till.shop.joins(ada, "2026-01-01")
    await till.shop.buys(ada, "2026-03-06", 10_000)
    reward = await till.offers("voucher_code", 100)
    assert await figure(till, "reward_cost_ratio") == Ratio(0, 10_000, 0.0, None)
    await till.hands_over(ada, reward, "2026-03-10")
    assert await why(till, "reward_cost_ratio") == "no_reward_cost"
    assert (await figures(till, "reward_cost_ratio")).counts["rewards_without_cost"] == 1
    assert await why(till, "reward_cost_ratio", APRIL) is None
    await till.says(reward, worth_minor=500, recorded="2026-04-10")
    assert (await figure(till, "reward_cost_ratio")).num == 500
    assert await why(till, "reward_cost_ratio", known="2026-04-09") == "no_reward_cost"


async def test_units_come_back_of_what_was_sold_services_and_gift_cards_apart(till: Till) -> None:
    ada, bob = await till.shop.customers(2)
    await till.shop.joins(ada, "2026-03-01")
    member = await till.shop.buys(ada, "2026-03-06", 5000)
    await till.lines(
        member,
        {"line_id": "a", "amount_minor": 3000, "quantity": 3},
        {"line_id": "b", "amount_minor": 2000, "kind": "service", "quantity": 8},
        {"line_id": "c", "amount_minor": 900, "kind": "gift_card", "quantity": 9},
    )
    # Two of three, then once more two: of a line no more comes back than was sold.
    await till.takes_back(member, 1000, "2026-03-08", {"line_id": "a", "amount_minor": 1000, "quantity": 2})
    await till.takes_back(member, 10, "2026-04-08", {"line_id": "a", "amount_minor": 10, "quantity": 2})
    other = await till.shop.buys(bob, "2026-03-07", 4000)
    await till.lines(other, {"amount_minor": 4000, "quantity": 5})
    whole = await till.shop.buys(None, "2026-03-07", 800)
    await till.lines(whole, {"amount_minor": 800, "quantity": 2})
    await till.takes_back(whole, 800, "2026-03-25")  # everything, without saying what
    cancelled = await till.lines(await till.shop.buys(bob, "2026-03-09", 100), {"amount_minor": 100, "quantity": 50})
    await till.shop.cancels(cancelled)
    told = await figures(till, "product_return_rate")
    assert (told.segments["member"].num, told.segments["member"].den) == (3, 3)
    assert (told.segments["non_member"].num, told.segments["non_member"].den) == (2, 7)
    assert (told.segments["all"].num, told.segments["all"].den) == (5, 10)
    assert told.segments["all"].ci95 == pytest.approx(proportion_confint(5, 10, method="wilson"), abs=1e-6)
    assert told.difference.value == pytest.approx(5 / 7)
    # By return date: 2 and 2 in March.
    flow = await figures(till, "prr_flow")
    assert {name: (r.num, r.den) for name, r in flow.segments.items()} == {
        "all": (4, 10),
        "member": (2, 3),
        "non_member": (2, 7),
    }
    assert await figure(till, "prr_flow", APRIL) == NOTHING
    april = await till.lines(await till.shop.buys(bob, "2026-04-09", 100), {"amount_minor": 100})
    assert (await figure(till, "prr_flow", APRIL)).value == 2.0
    await till.takes_back(april, 50, "2026-04-10")
    assert (await figures(till, "prr_flow", APRIL)).counts["refunds_without_lines"] == 1


async def test_the_return_rate_is_as_was_known_then_and_incomplete_for_30_days(till: Till) -> None:
    ada = await till.shop.customer()
    sold = await till.lines(await till.shop.buys(ada, "2026-03-06", 1000), {"amount_minor": 1000, "quantity": 4})
    line = {"line_id": "0", "amount_minor": 250, "quantity": 1}
    await till.takes_back(sold, 250, "2026-03-08", line, recorded="2026-04-20")
    before, after = [await figures(till, "product_return_rate", known=day) for day in ("2026-04-19", "2026-04-21")]
    assert (before.segments["all"].num, after.segments["all"].num) == (0, 1)
    assert before.partial
    assert (await figures(till, "product_return_rate", known="2026-05-02")).partial is False
    assert (await figures(till, "prr_flow", known="2026-04-19")).partial is False


async def test_without_lines_nobody_knows_what_came_back(till: Till) -> None:
    ada = await till.shop.customer()
    await till.shop.buys(ada, "2026-03-06", 1000)
    assert [await why(till, key) for key in ("product_return_rate", "prr_flow")] == ["no_lines", "no_lines"]
    lined = await till.shop.buys(ada, "2026-03-07", 1000)
    await till.lines(lined, {"amount_minor": 1000})
    told = await figures(till, "product_return_rate")
    assert (told.segments["all"].den, told.counts["purchases_without_lines"]) == (1, 1)
    # Nothing happened in April: no figure either, but nothing that could be entered.
    assert await why(till, "product_return_rate", APRIL) is None
