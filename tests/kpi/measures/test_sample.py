"""The Complete Journey sample by month, quarter and year, in every measure of purchases and memberships."""

import asyncio
from datetime import UTC, date, datetime
from uuid import NAMESPACE_OID, uuid5

import pytest
from msgspec import structs
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from kpi.actions import answer, overview
from kpi.answers import Figures
from kpi.measure import measure_named
from kpi.periods import Days, previous
from loyalty.database import Connection, connect
from loyalty.programs.policies import Policies
from loyalty.settings import Settings
from tests.kpi.complete_journey import (
    ROWS,
    YEAR_BUYERS,
    YEAR_BUYERS_MEMBER,
    YEAR_BUYERS_OTHER,
    YEAR_NET_MEMBER_MINOR,
    YEAR_NET_MINOR,
    YEAR_ORDERS_MEMBER,
    YEAR_OVERLAP,
    YEAR_QUALIFYING,
    YEAR_REPEAT_BUYERS,
    Row,
    instant,
    read_members,
    read_orders,
)
from tests.kpi.measures.test_recount import assert_equal
from tests.kpi.recount import Order
from tests.kpi.recount_measures import Figure, Recount
from tests.kpi.sample import PROGRAM

pytestmark = pytest.mark.sample

# The sample has one year: with a window of 365 days it could not tell who was active.
WINDOW = 90
SHORT = structs.replace(PROGRAM, policies=Policies(activity_window_days=WINDOW))
YEAR = Days(date(2017, 1, 1), date(2018, 1, 1))
NOW = datetime(2026, 2, 1, tzinfo=UTC)
PERIODS = {**{row.name: Days(row.start, row.end) for row in ROWS}, "2017": YEAR}
Lines = dict[str, dict[str, Figures]]


@pytest.fixture(scope="module")
def recounts() -> dict[str, dict[str, Figure]]:
    """Recount every measure for every month and quarter, and for the year."""
    members = {uuid5(NAMESPACE_OID, name): at for name, at in read_members().items()}
    orders = []
    for row in read_orders():
        who, placed, net = uuid5(NAMESPACE_OID, row["customer_id"]), instant(row["placed_at"]), int(row["net_cents"])
        if net > 0:
            orders.append(Order(who, who, placed, net, who in members and members[who] <= placed))
    recount = Recount(orders, [(who, at, None) for who, at in members.items()], PROGRAM.zone)
    return {name: recount.of(days, previous(days).start, WINDOW, NOW) for name, days in PERIODS.items()}


@pytest.fixture(scope="module")
def lines(sample_url: str, recounts: dict[str, dict[str, Figure]]) -> Lines:
    """Answer all of them, from one read for each grain."""
    keys = list(recounts["2017"])

    async def read() -> Lines:
        told: Lines = {name: {} for name in PERIODS}
        async with connect(Settings(pool_size=2), sample_url) as database, database.reader() as connection:
            for grain, slots, last in (("month", 12, "12"), ("quarter", 4, "Q4"), ("year", 1, "2017")):
                page = await overview(
                    connection, SHORT, keys, *PERIODS[last], grain=grain, slots=slots, compare=None, as_of=None
                )
                for key, line in page.series.items():
                    for figures in line.periods:
                        days = Days(figures.period.start, figures.period.end)
                        told[next(name for name, piece in PERIODS.items() if piece == days)][key] = figures
        return told

    return asyncio.run(read())


@pytest.mark.parametrize("name", PERIODS)
def test_every_measure_of_every_period_is_that_of_an_independent_recount(
    lines: Lines, recounts: dict[str, dict[str, Figure]], name: str
) -> None:
    for key, figure in recounts[name].items():
        assert_equal(lines[name][key], figure, (key, name))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_published_row_is_met_by_counts_shares_and_churn(lines: Lines, row: Row) -> None:
    told = {key: figures.segments for key, figures in lines[row.name].items()}
    assert [told["orders"][name].num for name in ("member", "all")] == [row.orders_member, row.orders_all]
    share = told["member_order_share"]["all"]
    assert (share.num, share.den) == (row.orders_member, row.orders_all)
    buyers = [told["active_customers"][name].num for name in ("member", "non_member")]
    assert buyers == [row.buyers_member, row.buyers_other]
    for name, kept in (
        ("all", row.retention_all),
        ("member", row.retention_member),
        ("non_member", row.retention_other),
    ):
        lost = told["churn_rate"][name]
        assert (lost.num, lost.den) == ((kept.den - kept.num, kept.den) if kept else (0, 0))
        flow = lines[row.name]["base_flow"].counts
        prefix = "" if name == "all" else f"{name}_"
        assert (flow[f"{prefix}retained"], flow[f"{prefix}start"]) == ((kept.num, kept.den) if kept else (0, 0))


def test_the_published_year_is_met(lines: Lines) -> None:
    told = {key: figures.segments for key, figures in lines["2017"].items()}
    assert [told["active_customers"][n].num for n in ("all", "member", "non_member")] == [
        YEAR_BUYERS,
        YEAR_BUYERS_MEMBER,
        YEAR_BUYERS_OTHER,
    ]
    assert lines["2017"]["active_customers"].counts["overlap"] == YEAR_OVERLAP
    assert [told["revenue"][name].num for name in ("all", "member")] == [YEAR_NET_MINOR, YEAR_NET_MEMBER_MINOR]
    assert [told["orders"][name].num for name in ("all", "member")] == [YEAR_QUALIFYING, YEAR_ORDERS_MEMBER]
    repeat = told["repeat_purchase_rate"]["all"]
    assert (repeat.num, repeat.den) == (YEAR_REPEAT_BUYERS, YEAR_BUYERS)
    # Who came once in the whole of the data came for the first time.
    returning = told["returning_customer_rate"]["all"]
    assert (returning.num, returning.den) == (YEAR_REPEAT_BUYERS, YEAR_BUYERS)
    # All of map A had joined by the end of the year, and nobody left.
    assert told["spend_per_member"]["all"].den == 1559


def test_additive_measures_add_up_and_others_do_not(lines: Lines) -> None:
    parts = [[f"{month:02}" for month in range(1, 13)], ["Q1", "Q2", "Q3", "Q4"]]
    for key, figures in lines["2017"].items():
        for names in parts:
            for segment, ratio in figures.segments.items():
                added = sum(lines[name][key].segments[segment].num for name in names)
                if measure_named(key).additivity == "additive":
                    assert added == ratio.num
                elif key == "active_customers":
                    assert added > ratio.num


@pytest.mark.parametrize("key", ["churn_rate", "lapse_rate", "crr_stock"])
def test_rates_fixed_at_the_start_have_the_intervals_of_a_statistics_library(lines: Lines, key: str) -> None:
    figures = lines["08"][key]
    for ratio in figures.segments.values():
        wanted = proportion_confint(ratio.num, ratio.den, method="wilson")
        assert ratio.ci95 == pytest.approx(wanted, abs=1e-6)
    one, two = figures.segments["member"], figures.segments["non_member"]
    wanted = confint_proportions_2indep(one.num, one.den, two.num, two.den, method="newcomb")
    assert figures.difference.ci95 == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    "key",
    [
        "repeat_purchase_rate",
        "returning_customer_rate",
        "enrolment_rate",
        "member_leave_rate",
        "member_order_share",
        "identified_order_share",
        "first_30d_conversion",
    ],
)
def test_other_rates_have_the_wilson_interval_of_a_statistics_library(lines: Lines, key: str) -> None:
    for ratio in lines["05"][key].segments.values():
        wanted = proportion_confint(ratio.num, ratio.den, method="wilson")
        assert ratio.ci95 == pytest.approx(wanted, abs=1e-6)


async def test_a_mean_over_customers_has_the_interval_of_a_statistics_library(sample: Connection) -> None:
    spent: dict[str, int] = {}
    may = Days(date(2017, 5, 1), date(2017, 6, 1))
    for row in read_orders():
        if may.start <= instant(row["placed_at"]).astimezone(PROGRAM.zone).date() < may.end and int(row["net_cents"]):
            spent[row["customer_id"]] = spent.get(row["customer_id"], 0) + int(row["net_cents"])
    told = (await answer(sample, PROGRAM, "spend_per_active", *may)).figures.segments["all"]
    wanted = DescrStatsW(list(spent.values())).zconfint_mean()
    assert told.ci95 == pytest.approx(wanted, rel=1e-9)
