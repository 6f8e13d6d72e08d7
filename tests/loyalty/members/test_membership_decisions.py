"""Joining and leaving, now or back-dated: which purchases change, and what is answered."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty.errors import AlreadyMember, Invalid, LeftAlready
from loyalty.points.book import CLOCK_SKEW
from tests.paper import Paper
from tests.stories import cancellation, day, joined, joining, purchase, refund


def test_joining_before_anything_was_bought_gives_nothing() -> None:
    paper = Paper()
    [outcome] = paper.join(joining("ann"))
    award = joined(outcome).award
    assert (award.cause, award.facts, award.given) == ("joined", {"purchases": 0, "points": 0}, 0)
    assert (award.account_version, award.available_after, award.debt_after) == (1, 0, 0)
    assert award.membership_id == joined(outcome).membership.membership_id
    assert (joined(outcome).membership.joined_at, joined(outcome).membership.left_at) == (day(0), None)


def test_a_back_dated_joining_awards_what_was_bought_since() -> None:
    paper = Paper()
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (-1, 0, 5)), purchase("of bob", 1000, "bob", on=5))
    paper.buy(purchase("test", 1000, "ann", on=5, test=True))
    [outcome] = paper.join(joining("ann"))
    assert joined(outcome).award.facts == {"purchases": 3, "points": 20}
    assert paper.balance("ann") == (20, 0)
    assert paper.balance("bob") == (0, 0)
    assert [paper.order(f"o{on}").member for on in (-1, 0, 5)] == [False, True, True]
    assert paper.order("test").member is True
    changed = [award for award in paper.awards if award.cause == "membership"]
    assert [(award.target, award.due) for award in changed] == [(10, 10), (10, 10), (0, 0)]
    assert {award.membership_id for award in changed} == {joined(outcome).membership.membership_id}
    # One item, one version.
    assert {award.account_version for award in (*changed, joined(outcome).award)} == {5}


def test_what_a_back_dated_joining_gives_takes_effect_when_it_was_bought() -> None:
    paper = Paper()
    paper.buy(purchase("o", 1000, "ann", on=5))
    paper.join(joining("ann"))
    [entry] = paper.entries
    assert (entry.effective_at, entry.recorded_at) == (day(5), paper.now)
    [lot] = paper.lots.values()
    assert lot.earned_at == day(5)


def test_a_back_dated_joining_awards_net_of_what_was_taken_back() -> None:
    paper = Paper()
    paper.buy(*(purchase(name, 1000, "ann", on=5) for name in ("whole", "part", "none")))
    paper.take_back(refund("part", "r", 400), cancellation("none"))
    paper.join(joining("ann"))
    assert paper.balance("ann") == (16, 0)


def test_leaving_claws_back_what_was_bought_after() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (5, 10, 15)))
    [outcome] = paper.join(joining("ann", left=10))
    assert joined(outcome).award.cause == "left"
    assert joined(outcome).award.facts == {"purchases": 2, "points": -20}
    assert paper.balance("ann") == (10, 0)
    assert [paper.order(f"o{on}").member for on in (5, 10, 15)] == [True, False, False]
    first, second = paper.memberships.values()
    assert (first.left_at, first.superseded_at) == (None, paper.now)
    assert (second.left_at, second.superseded_at) == (day(10), None)


def test_joining_and_leaving_may_be_told_at_once() -> None:
    paper = Paper()
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (5, 15)))
    [outcome] = paper.join(joining("ann", 0, left=10))
    assert (joined(outcome).award.cause, joined(outcome).award.facts) == ("joined", {"purchases": 1, "points": 10})


def test_joining_and_leaving_in_one_batch_is_a_membership_and_its_correction() -> None:
    paper = Paper()
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (5, 15)))
    first, second = paper.join(joining("ann"), joining("ann", left=10))
    assert (joined(first).award.available_after, joined(second).award.available_after) == (20, 10)
    stored = list(paper.memberships.values())
    assert [(m.left_at, m.superseded_at) for m in stored] == [(None, paper.now), (day(10), None)]


def test_rejoining_later_is_a_membership_of_its_own() -> None:
    paper = Paper()
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (5, 15, 25)))
    paper.join(joining("ann", 0, left=10))
    [outcome] = paper.join(joining("ann", 20))
    assert joined(outcome).award.facts == {"purchases": 1, "points": 10}
    assert [paper.order(f"o{on}").member for on in (5, 15, 25)] == [True, False, True]
    # In between, too, and in any order: what touches no other is no overlap.
    [between] = paper.join(joining("ann", 10, left=20))
    assert joined(between).award.facts == {"purchases": 1, "points": 10}


@pytest.mark.parametrize(
    ("on", "left"), [(5, None), (-5, None), (-5, 1), (5, 8), (-5, 30), (9.9, 12), (20.1, None), (15, 21)]
)
def test_an_overlap_under_another_date_is_refused_and_leaves_no_trace(on: float, left: float | None) -> None:
    paper = Paper()
    paper.join(joining("ann", 0, left=10), joining("ann", 20))
    awards = len(paper.awards)
    [refused] = paper.join(joining("ann", on, left))
    assert isinstance(refused, AlreadyMember)
    assert refused.detail.startswith("This customer is a member since ")
    assert (len(paper.awards), len(paper.memberships)) == (awards, 2)


def test_a_closed_membership_cannot_end_at_another_time() -> None:
    paper = Paper()
    paper.join(joining("ann", 0, left=10))
    [refused] = paper.join(joining("ann", 0, left=11))
    assert isinstance(refused, LeftAlready)
    assert day(10).isoformat() in refused.detail
    assert len(paper.memberships) == 1


def test_the_same_joining_again_gets_the_first_answer_also_after_leaving() -> None:
    paper = Paper()
    paper.buy(purchase("o", 1000, "ann", on=5))
    [first] = paper.join(joining("ann"))
    [left] = paper.join(joining("ann", left=10))
    version = paper.account("ann").version
    for told, expected in ((joining("ann"), first), (joining("ann", left=10), left)):
        [again] = paper.join(told)
        assert joined(again).replayed
        assert joined(again).award == joined(expected).award
        assert joined(again).membership.membership_id == joined(expected).membership.membership_id
    assert paper.account("ann").version == version


def test_joining_again_without_the_end_that_was_told_at_once_changes_nothing() -> None:
    paper = Paper()
    [first] = paper.join(joining("ann", 0, left=10))
    [again] = paper.join(joining("ann"))
    assert joined(again).replayed
    assert joined(again).award == joined(first).award
    assert joined(again).membership.left_at == day(10)


def test_the_same_joining_twice_in_a_batch_is_one() -> None:
    paper = Paper()
    first, again = paper.join(joining("ann"), joining("ann"))
    assert (joined(first).replayed, joined(again).replayed) == (False, True)
    assert joined(again).award == joined(first).award


@pytest.mark.parametrize("left", [0, -1])
def test_nobody_leaves_before_joining(left: float) -> None:
    paper = Paper()
    [refused] = paper.join(joining("ann", 0, left))
    assert isinstance(refused, Invalid)
    assert refused.pointer == "/left_at"
    assert not paper.accounts


@pytest.mark.parametrize("field", ["joined_at", "left_at"])
def test_a_date_more_than_fifteen_minutes_ahead_is_refused(field: str) -> None:
    for late, accepted in ((timedelta(), True), (timedelta(microseconds=1), False)):
        paper = Paper()
        at = paper.now + timedelta(seconds=1) + CLOCK_SKEW + late
        [outcome] = paper.join(replace(joining("ann"), **{field: at}))
        if accepted:
            assert not joined(outcome).replayed
        else:
            assert isinstance(outcome, Invalid)
            assert outcome.pointer == f"/{field}"


def test_leaving_a_debt_behind_and_coming_back_repays_it() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("o", 1000, "ann", on=5))
    # As if the points had been spent.
    [key] = paper.lots
    paper.lots[key] = replace(paper.lots[key], remaining=0)
    paper.accounts[key[0]] = replace(paper.accounts[key[0]], available=0)
    paper.join(joining("ann", left=1))
    assert paper.balance("ann") == (0, 10)
    paper.join(joining("ann", 2))
    assert paper.balance("ann") == (0, 0)
    assert [entry.kind for entry in paper.entries] == ["issue", "claw_back", "issue", "repay"]
