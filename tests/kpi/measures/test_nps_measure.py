"""The Net Promoter Score, by hand: whose answer counts, on which side, and from when on it was known."""

from datetime import date

import asyncpg
import pytest

from kpi.actions import people
from kpi.answers import Figures
from loyalty.intervals import Answers, nps_difference
from tests.kpi.measures.test_money import APRIL, MARCH, figures, why
from tests.kpi.pollster import Pollster
from tests.kpi.shop import Shop
from tests.kpi.till import Till


@pytest.fixture
async def till(owner: asyncpg.Connection) -> Till:
    return Till(await Shop.open(owner))


@pytest.fixture
def poll(till: Till) -> Pollster:
    return Pollster(till.shop)


def told(found: Figures) -> dict[str, tuple[int, int | None]]:
    return {name: (ratio.num, ratio.den) for name, ratio in found.segments.items()}


async def test_6_9_and_10_make_a_third_with_the_interval_of_the_page(till: Till, poll: Pollster) -> None:
    assert await why(till, "nps") == "no_opinions"
    for customer, score in zip(await till.shop.customers(3), (6, 9, 10), strict=True):
        await poll.says(customer, score, "2026-03-31 23:59:59")
    # Sent in March, and answered in April.
    late = await poll.asks(await till.shop.customer(), "2026-03-31")
    await poll.answers(late, 7, "2026-04-01")
    await poll.asks(await till.shop.customer(), "2026-03-02", member=True)
    found = await figures(till, "nps")
    ratio = found.segments["all"]
    assert (ratio.num, ratio.den, ratio.value) == (1, 3, pytest.approx(100 / 3))
    assert [f"{end:.1f}" for end in ratio.ci95 or ()] == ["-51.3", "84.7"]
    assert {name: n for name, n in found.counts.items() if n} == {
        "promoters": 2,
        "detractors": 1,
        "non_member_promoters": 2,
        "non_member_detractors": 1,
        "surveys_sent": 5,
        "surveys_answered": 4,
        "member_surveys_sent": 1,
        "non_member_surveys_sent": 4,
        "non_member_surveys_answered": 4,
    }
    assert told(await figures(till, "nps", APRIL))["all"] == (0, 1)


async def test_the_latest_answer_of_a_customer_counts_on_its_own_side(till: Till, poll: Pollster) -> None:
    ada, anna, bob = await till.shop.customers(3)
    await poll.says(ada, 2, "2026-03-02")
    await poll.says(bob, 10, "2026-03-03")
    await poll.says(anna, 9, "2026-03-20", member=True)
    assert told(await figures(till, "nps")) == {"all": (1, 3), "member": (1, 1), "non_member": (0, 2)}
    await till.shop.merges(anna, ada, at="2026-03-25")
    assert told(await figures(till, "nps")) == {"all": (2, 2), "member": (1, 1), "non_member": (1, 1)}
    # Known before they were one.
    assert told(await figures(till, "nps", known="2026-03-24"))["all"] == (1, 3)
    # Who was forgotten stays nobody, once; the totals do not move.
    await poll.forgets(ada, anna)
    assert told(await figures(till, "nps")) == {"all": (2, 2), "member": (1, 1), "non_member": (1, 1)}


async def test_an_answer_is_what_it_was_when_it_was_known(till: Till, poll: Pollster) -> None:
    ada, bob, cleo = await till.shop.customers(3)
    changed = await poll.says(ada, 0, "2026-03-02 10:00")
    await poll.changes(changed, 8, "2026-03-02 20:00")
    ours = await poll.says(bob, 10, "2026-03-02 10:00")
    await poll.excludes(ours, "2026-03-05")
    promised = await poll.says(cleo, 10, "2026-03-02 10:00")
    await poll.rewards(promised)
    for known, expected in (("2026-03-02 12:00", (0, 2)), ("2026-03-03", (1, 2)), ("2026-03-06", (0, 1))):
        assert told(await figures(till, "nps", known=known))["all"] == expected, known
    assert (await figures(till, "nps")).counts["answers_left_out"] == 2
    await poll.excludes(ours, "2026-03-09", again=True)
    assert told(await figures(till, "nps"))["all"] == (1, 2)


async def test_members_are_held_against_the_others_and_who_is_behind_is_named(till: Till, poll: Pollster) -> None:
    customers = await till.shop.customers(10)
    for n, (customer, score) in enumerate(zip(customers, (10, 9, 9, 8, 3, 10, 7, 7, 2, 0), strict=True)):
        await poll.says(customer, score, "2026-03-02", member=n < 5)
    # Who never bought nor joined counts, and is not listed.
    for customer in customers[1:]:
        await till.shop.buys(customer, "2026-02-01")
    found = await figures(till, "nps")
    expected = nps_difference(Answers(3, 1, 1), Answers(1, 2, 2))
    assert expected is not None
    assert (found.difference.value, found.difference.ci95) == (60.0, pytest.approx(expected.ci95))
    behind = await people(till.shop.owner, till.shop.program, "nps", *MARCH, segment="member")
    assert behind.counts == {"numerator": 2, "denominator_only": 2}
    assert {one.customer_id for one in behind.listed() if one.part == "numerator"} == set(customers[1:3])
    assert found.period.start == date(2026, 3, 1)


async def test_what_was_made_up_is_no_answer(till: Till, poll: Pollster) -> None:
    for customer in await till.shop.customers(3):
        await poll.says(customer, 9, "2026-03-10")
    assert (await figures(till, "nps")).segments["all"].den == 3
    await till.shop.owner.execute("UPDATE survey SET state = 'closed', closed_at = now(), simulated = true")
    assert await why(till, "nps") == "no_opinions"
