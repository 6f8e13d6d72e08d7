"""The estimate on the public sample with memberships from map A, recounted in plain loops."""

from collections import defaultdict
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kpi.impact.comparison import Comparison, compare
from kpi.impact.gates import gates_of, verdict
from kpi.impact.halves import self_test
from kpi.impact.matching import Effect
from kpi.impact.reading import read_rows, shop_of
from kpi.impact.shop import NEVER, Shop
from loyalty.database import Connection
from tests.kpi.complete_journey import TIMEZONE, instant, read_members, read_orders
from tests.kpi.impact.recount_impact import CUTS, OUTCOMES, Purchase, Recount, recounted
from tests.kpi.sample import PROGRAM

# The first day of which the sample says nothing.
UNTIL = date(2018, 1, 1).toordinal()
pytestmark = pytest.mark.sample


@cache
def _told() -> tuple[dict[str, list[Purchase]], dict[str, int]]:
    zone = ZoneInfo(TIMEZONE)
    bought: dict[str, list[Purchase]] = defaultdict(list)
    for row in read_orders():
        if (net := int(row["net_cents"])) > 0:
            bought[row["customer_id"]].append((instant(row["placed_at"]).astimezone(zone).date().toordinal(), net))
    return bought, {who: at.astimezone(zone).date().toordinal() for who, at in read_members().items()}


@cache
def _shop() -> Shop:
    bought, joined = _told()
    names = sorted(bought | joined)
    rows = sorted((day, number, net) for number, who in enumerate(names) for day, net in bought.get(who, []))
    day, customer, net = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    days = np.array([joined.get(who, NEVER) for who in names], dtype=np.int64)
    return Shop(customer, day, net, days, np.arange(len(names), dtype=np.uint64), UNTIL)


@cache
def _comparison() -> Comparison:
    return compare(_shop(), CUTS)


def _is(told: Effect | None, recount: Recount) -> None:
    assert told is not None
    assert told.value == pytest.approx(recount.effect)
    assert told.ci95 == pytest.approx(recount.ci95)
    assert told.without == pytest.approx(recount.without)
    if told.cautious is not None:
        assert told.cautious == pytest.approx(recount.cautious)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_the_effect_is_that_of_the_recount(outcome: str) -> None:
    bought, joined = _told()
    comparison, recount = _comparison(), recounted(bought, joined, UNTIL, outcome)
    assert (comparison.eligible, comparison.matched) == (recount.eligible, recount.matched)
    assert comparison.differences == pytest.approx(recount.differences)
    _is(comparison.outcomes[outcome].effect, recount)


def test_what_is_told_beside_the_effect_is_that_of_the_recount() -> None:
    bought, joined = _told()
    told = _comparison().outcomes["spend"]
    _is(told.with_day, recounted(bought, joined, UNTIL, "spend", with_day=True))
    _is(told.naive, recounted(bought, joined, UNTIL, "spend", with_day=True, alike=False))
    _is(told.before, recounted(bought, joined, UNTIL, "spend", alike=False, before=True))
    _is(told.placebo, recounted(bought, joined, UNTIL, "spend", back=45))
    _is(told.rise, recounted(bought, joined, UNTIL, "spend", back=45, length=45))


def test_the_sample_is_inconclusive_and_the_page_says_why() -> None:
    comparison, tested = _comparison(), self_test(_shop(), CUTS)
    assert (comparison.days, comparison.joined, comparison.eligible, comparison.matched) == (17, 1404, 1248, 1207)
    for outcome, failed in (("active", ["g1"]), ("orders", ["g1"]), ("spend", [])):
        gates = gates_of(outcome, comparison, tested)
        assert gates.failed == failed
        assert verdict(comparison.outcomes[outcome], gates) == "inconclusive"
    spend = comparison.outcomes["spend"]
    assert spend.effect is not None
    assert spend.naive is not None
    assert spend.placebo is not None
    assert spend.rise is not None
    assert spend.effect.cautious == pytest.approx((-2213.47, 5766.81), abs=5e-3)
    assert (spend.rise.value, *spend.rise.ci95) == pytest.approx((2199.01, 258.21, 4139.80), abs=5e-3)
    # In cents: $17.77, where the naive gap is $431.62.
    assert (spend.effect.value, *spend.effect.ci95) == pytest.approx((1776.67, -1928.63, 5481.98), abs=5e-3)
    assert (spend.naive.value, *spend.naive.ci95) == pytest.approx((43162.38, 39655.10, 46669.66), abs=5e-3)
    assert (spend.placebo.value, *spend.placebo.ci95) == pytest.approx((3209.48, -347.73, 6766.69), abs=5e-3)
    assert spend.times == pytest.approx(24.29, abs=5e-3)


async def test_the_rows_give_the_shop_that_the_files_tell_of(sample: Connection) -> None:
    known = datetime(2026, 2, 1, tzinfo=UTC)
    read, told = shop_of(await read_rows(sample, 1, known), PROGRAM, known), _shop()
    assert (read.customers, read.until, len(read.day), read.net.sum()) == (
        told.customers,
        UNTIL,
        len(told.day),
        told.net.sum(),
    )
    one, other = compare(read, CUTS), _comparison()
    assert (one.days, one.joined, one.eligible, one.matched, one.others) == (
        other.days,
        other.joined,
        other.eligible,
        other.matched,
        other.others,
    )
    for outcome in OUTCOMES:
        found, expected = one.outcomes[outcome].effect, other.outcomes[outcome].effect
        assert found is not None
        assert expected is not None
        assert (found.value, *found.ci95) == pytest.approx((expected.value, *expected.ci95))
