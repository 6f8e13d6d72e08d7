"""Deciding refunds and cancellations: the same refunds end the same, however they are split and in whatever order."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.errors import Invalid, OtherFacts
from loyalty.points.book import CLOCK_SKEW
from loyalty.purchases.decisions import Parked, Recorded
from loyalty.purchases.facts import NewRefund
from tests.paper import Paper
from tests.stories import cancellation, day, joining, purchase, recorded, refund


def bought(goods: int = 1999, customer: str | None = "ann", **more: Any) -> Paper:  # noqa: ANN401
    """Give a ledger with one order of a member."""
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("o", goods, customer, **more))
    return paper


def test_a_refund_takes_what_the_goods_had_earned() -> None:
    paper = bought()
    [outcome] = paper.take_back(refund("o", "r", 500))
    [award] = recorded(outcome).awards
    assert (award.cause, award.refund_id, award.target, award.due, award.given) == ("refund", "r", 14, -5, -5)
    assert award.facts == {"goods": 1999, "kept": 1499, "member": True, "reason": None}
    assert (award.available_after, award.account_version) == (14, 3)
    [kept] = paper.refunds.values()
    assert kept.award_id == award.award_id


def test_a_cancellation_takes_all_that_is_left() -> None:
    paper = bought()
    paper.take_back(refund("o", "r", 500))
    [outcome] = paper.take_back(cancellation("o"))
    [award] = recorded(outcome).awards
    assert (award.cause, award.refund_id, award.target, award.due) == ("cancellation", None, 0, -14)
    assert paper.balance("ann") == (0, 0)


def test_a_refund_after_the_cancellation_takes_nothing_more() -> None:
    paper = bought()
    paper.take_back(cancellation("o"))
    [outcome] = paper.take_back(refund("o", "r", 500))
    [award] = recorded(outcome).awards
    assert (award.target, award.due, award.facts["kept"]) == (0, 0, 0)


def test_twenty_refunds_of_one_take_what_one_of_twenty_takes() -> None:
    one, twenty = bought(4999), bought(4999)
    one.take_back(refund("o", "r", 2000))
    twenty.take_back(*(refund("o", f"r{n}", 100) for n in range(20)))
    assert one.balance("ann") == twenty.balance("ann") == (29, 0)
    assert sum(award.due for award in twenty.awards) == 29


def test_many_small_refunds_are_not_each_rounded() -> None:
    paper = bought(1000)
    outcomes = paper.take_back(*(refund("o", f"r{n}", 50) for n in range(20)))
    assert [recorded(one).awards[0].due for one in outcomes] == [-1, 0] * 10
    assert paper.balance("ann") == (0, 0)


def test_more_than_there_was_is_stored_and_takes_no_more() -> None:
    paper = bought(1000)
    [outcome] = paper.take_back(refund("o", "r", 5000))
    assert recorded(outcome).awards[0].due == -10
    [again] = paper.take_back(refund("o", "s", 1))
    assert recorded(again).awards[0].due == 0
    assert paper.balance("ann") == (0, 0)


@pytest.mark.parametrize(("customer", "more"), [(None, {}), ("bob", {}), ("ann", {"test": True})])
def test_a_refund_of_what_earned_nothing_takes_nothing(customer: str | None, more: dict[str, bool]) -> None:
    paper = bought(1000, customer, **more)
    [outcome] = paper.take_back(refund("o", "r", 400))
    [award] = recorded(outcome).awards
    assert (award.target, award.due, award.given, award.facts["kept"]) == (0, 0, 0, 600)
    assert (award.account_version is None) == (customer is None)
    assert not paper.entries


def test_the_order_of_facts_makes_no_difference() -> None:
    facts = [
        joining("ann", on=-1),
        purchase("o", 4999, "ann"),
        refund("o", "a", 1250),
        refund("o", "b", 333),
        joining("ann", on=-1, left=50),
    ]
    for order in permutations(facts[:4]):
        paper = Paper()
        for fact in (*order, facts[4]):
            if isinstance(fact, NewRefund):
                paper.take_back(fact)
            elif hasattr(fact, "order_id"):
                paper.buy(fact)  # type: ignore[arg-type]
            else:
                paper.join(fact)  # type: ignore[arg-type]
        assert paper.balance("ann") == (34, 0)
        assert sum(award.due for award in paper.awards) == 34


@pytest.mark.parametrize("told", [refund("o", "r", 400), cancellation("o")], ids=["refund", "cancellation"])
def test_a_refund_before_its_purchase_is_parked(told: NewRefund) -> None:
    paper = Paper()
    [outcome] = paper.take_back(told)
    assert isinstance(outcome, Parked)
    assert not outcome.replayed
    assert (outcome.refund.kind, outcome.refund.award_id) == (told.kind, None)
    order = paper.order("o")
    assert (order.state, order.customer_id, order.placed_at, order.version) == ("awaited", None, None, 1)
    assert not paper.awards


def test_a_parked_refund_again_gets_the_first_answer_also_after_its_purchase() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    [first] = paper.take_back(refund("o", "r", 400))
    [before] = paper.take_back(refund("o", "r", 400))
    paper.buy(purchase("o", 1000, "ann"))
    [after] = paper.take_back(refund("o", "r", 400))
    for again in (before, after):
        assert isinstance(again, Parked)
        assert isinstance(first, Parked)
        assert again.replayed
        assert again.refund == first.refund
    assert paper.balance("ann") == (6, 0)
    assert paper.order("o").version == 2


def test_a_refund_again_gets_its_own_first_answer_after_others_have_come() -> None:
    paper = bought()
    [first] = paper.take_back(refund("o", "a", 500))
    paper.take_back(refund("o", "b", 500))
    versions = paper.order("o").version, paper.account("ann").version
    [again] = paper.take_back(refund("o", "a", 500))
    assert recorded(again).replayed
    assert recorded(again).awards == recorded(first).awards
    assert (paper.order("o").version, paper.account("ann").version) == versions


def test_the_same_refund_twice_in_a_batch_takes_once() -> None:
    paper = bought()
    first, again = paper.take_back(refund("o", "a", 500), refund("o", "a", 500))
    assert recorded(again).replayed
    assert recorded(again).awards == recorded(first).awards
    assert paper.balance("ann") == (14, 0)


def test_a_cancellation_and_a_refund_do_not_stand_for_each_other() -> None:
    paper = bought()
    first, second = paper.take_back(refund("o", "r", 500), cancellation("o"))
    assert not recorded(first).replayed
    assert not recorded(second).replayed


@pytest.mark.parametrize("parked", [True, False])
@pytest.mark.parametrize(
    ("told", "other", "name"),
    [
        (refund("o", "r", 400), refund("o", "r", 401), "Refund 'r' of order 'o'"),
        (refund("o", "r", 400), refund("o", "r", 400, on=101), "Refund 'r' of order 'o'"),
        (cancellation("o"), cancellation("o", on=101), "Cancellation '' of order 'o'"),
    ],
)
def test_other_facts_under_the_same_number_are_refused_with_the_first_answer(
    told: NewRefund, other: NewRefund, name: str, *, parked: bool
) -> None:
    paper = Paper() if parked else bought()
    [first] = paper.take_back(told)
    [refused] = paper.take_back(other)
    assert isinstance(refused, OtherFacts)
    assert refused.detail == f"{name} is recorded with other facts."
    assert isinstance(first, Parked) == parked
    assert type(refused.first) is type(first)
    assert refused.first == replace_replayed(first)
    assert len(paper.refunds) == 1


def replace_replayed(outcome: object) -> object:
    """Give the same outcome, as a replay."""
    if isinstance(outcome, Parked):
        return Parked(outcome.refund, replayed=True)
    assert isinstance(outcome, Recorded)
    return Recorded(outcome.awards, replayed=True)


@pytest.mark.parametrize(
    ("told", "pointer"), [(refund("o", "r", 400), "/refunded_at"), (cancellation("o"), "/cancelled_at")]
)
def test_a_refund_from_the_future_is_refused_and_leaves_no_trace(told: NewRefund, pointer: str) -> None:
    paper = Paper()
    at = paper.now + timedelta(seconds=1) + CLOCK_SKEW
    [accepted] = paper.take_back(replace(told, refunded_at=at))
    assert isinstance(accepted, Parked)
    paper = Paper()
    [refused] = paper.take_back(replace(told, refunded_at=at + timedelta(microseconds=1)))
    assert isinstance(refused, Invalid)
    assert refused.pointer == pointer
    assert not paper.purchases


def test_a_refund_without_a_date_is_of_now_and_its_retry_is_known() -> None:
    paper = bought()
    undated = replace(refund("o", "r", 500), refunded_at=None)
    [first] = paper.take_back(undated)
    [kept] = paper.refunds.values()
    assert kept.refunded_at == kept.recorded_at == recorded(first).awards[0].recorded_at
    [again] = paper.take_back(undated)
    assert recorded(again).replayed


def test_points_are_taken_back_when_the_goods_were() -> None:
    paper = bought()
    paper.take_back(refund("o", "r", 500, on=7))
    assert paper.entries[-1].effective_at == day(7)
    assert paper.entries[-1].recorded_at == paper.now


def test_parked_refunds_take_effect_in_the_order_in_which_they_were_recorded() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.take_back(refund("o", "z", 100))
    paper.take_back(refund("o", "a", 200))
    [outcome] = paper.buy(purchase("o", 1000, "ann"))
    assert [award.refund_id for award in recorded(outcome).awards] == [None, "z", "a"]
