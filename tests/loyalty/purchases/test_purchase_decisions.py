"""Deciding purchases: what was there, what came in, what is answered."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty.customers.facts import Profile
from loyalty.errors import Invalid, OtherFacts
from loyalty.points.book import CLOCK_SKEW
from tests.paper import Paper
from tests.stories import cancellation, joining, purchase, recorded, refund


@pytest.fixture
def paper() -> Paper:
    """Give a ledger of which Ann is a member since day 0."""
    paper = Paper()
    paper.join(joining("ann"))
    return paper


def told(paper: Paper) -> tuple[int, int, int]:
    """Count what can only be added to."""
    return len(paper.awards), len(paper.entries), len(paper.refunds)


def test_a_members_purchase_earns(paper: Paper) -> None:
    [outcome] = paper.buy(purchase("o", 1999, "ann"))
    [award] = recorded(outcome).awards
    assert (award.cause, award.target, award.due, award.given, award.basis) == ("purchase", 19, 19, 19, "1999")
    assert (award.available_after, award.pending_after, award.held_after, award.debt_after) == (19, 0, 0, 0)
    assert award.facts == {"goods": 1999, "kept": 1999, "member": True, "reason": None}
    assert (award.account_version, paper.account("ann").version) == (2, 2)
    assert (award.actor, award.request_id, award.recorded_at) == ("key/paper", "req_paper", paper.now)
    assert recorded(outcome).replayed is False


def test_the_reward_paid_with_points_does_not_earn(paper: Paper) -> None:
    [outcome] = paper.buy(purchase("o", 1999, "ann", reward_discount_minor=500))
    [award] = recorded(outcome).awards
    assert (award.basis, award.given, award.facts["goods"]) == ("1499", 14, 1999)


@pytest.mark.parametrize(
    ("customer", "more", "reason", "member"),
    [
        ("bob", {}, "not_member", False),
        (None, {}, "anonymous", False),
        ("ann", {"test": True}, "test", True),
        (None, {"test": True}, "test", False),
    ],
)
def test_a_purchase_that_earns_nothing_has_an_award_that_says_why(
    paper: Paper, customer: str | None, more: dict[str, bool], reason: str, *, member: bool
) -> None:
    entries = len(paper.entries)
    [outcome] = paper.buy(purchase("o", 1999, customer, **more))
    [award] = recorded(outcome).awards
    assert (award.target, award.due, award.given) == (0, 0, 0)
    assert (award.facts["reason"], award.facts["member"]) == (reason, member)
    # What it would have been worth still stands in it.
    assert award.breakdown == [{"kind": "points_per_amount", "steps": "19", "points": "19"}]
    assert len(paper.entries) == entries
    touched = (award.customer_id, award.account_version, award.available_after, award.debt_after)
    assert (None in touched) == (customer is None)
    assert paper.order("o").member is member


@pytest.mark.parametrize(
    ("on", "member"), [(-0.00001, False), (0, True), (1, True), (9.99999, True), (10, False), (11, False)]
)
def test_a_membership_covers_its_first_instant_and_not_its_last(on: float, *, member: bool) -> None:
    paper = Paper()
    paper.join(joining("ann", 0, left=10))
    paper.buy(purchase("o", 1000, "ann", on=on))
    assert paper.order("o").member is member
    assert paper.balance("ann") == (10 if member else 0, 0)


def test_the_same_purchase_again_gets_the_first_answer_and_changes_nothing(paper: Paper) -> None:
    [first] = paper.buy(purchase("o", 1999, "ann"))
    paper.take_back(refund("o", "r", 500))
    before, version = told(paper), paper.account("ann").version
    [again] = paper.buy(purchase("o", 1999, "ann", metadata={"told": "since"}))
    assert recorded(again).replayed
    assert recorded(again).awards == recorded(first).awards
    assert (told(paper), paper.account("ann").version) == (before, version)


def test_the_same_purchase_twice_in_a_batch_is_recorded_once(paper: Paper) -> None:
    first, again, other = paper.buy(*[purchase("o", 1999, "ann")] * 2, purchase("o", 5, "ann"))
    assert recorded(again).replayed
    assert recorded(again).awards == recorded(first).awards
    assert isinstance(other, OtherFacts)
    assert paper.balance("ann") == (19, 0)


def test_other_facts_under_the_same_number_are_refused_with_the_first_answer(paper: Paper) -> None:
    [first] = paper.buy(purchase("o", 1999, "ann"))
    before = told(paper)
    [refused] = paper.buy(purchase("o", 2000, "ann"))
    assert isinstance(refused, OtherFacts)
    assert "'o' is recorded with other facts" in refused.detail
    assert recorded(refused.first).awards == recorded(first).awards  # type: ignore[arg-type]
    assert told(paper) == before


def test_another_currency_is_refused_and_leaves_no_trace(paper: Paper) -> None:
    [refused] = paper.buy(purchase("o", 1999, "new", currency="USD"))
    assert isinstance(refused, Invalid)
    assert refused.pointer == "/currency"
    assert "EUR" in refused.detail
    assert "new" not in paper.aliases
    assert not paper.purchases


@pytest.mark.parametrize(
    ("ahead", "accepted"), [(timedelta(), True), (CLOCK_SKEW, True), (CLOCK_SKEW + timedelta(microseconds=1), False)]
)
def test_a_shops_clock_may_run_fifteen_minutes_ahead(ahead: timedelta, *, accepted: bool) -> None:
    paper = Paper()
    now = paper.now + timedelta(seconds=1)
    [outcome] = paper.buy(replace(purchase("o", 1999, "ann"), placed_at=now + ahead))
    if accepted:
        [award] = recorded(outcome).awards
        assert award.recorded_at == now
    else:
        assert isinstance(outcome, Invalid)
        assert outcome.pointer == "/placed_at"
        assert not paper.purchases


def test_points_of_a_purchase_from_a_fast_clock_are_not_dated_in_the_future() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(replace(purchase("o", 1999, "ann"), placed_at=paper.now + CLOCK_SKEW))
    [entry] = paper.entries
    [lot] = paper.lots.values()
    assert entry.effective_at == entry.recorded_at == lot.earned_at == paper.now
    assert paper.order("o").placed_at == paper.now - timedelta(seconds=1) + CLOCK_SKEW


def test_a_purchase_takes_effect_when_it_was_placed(paper: Paper) -> None:
    paper.buy(purchase("o", 1999, "ann", on=3))
    [entry] = paper.entries
    assert entry.effective_at == paper.order("o").placed_at
    assert entry.recorded_at == paper.now


def test_a_new_customer_is_known_from_the_first_purchase_on() -> None:
    paper = Paper()
    profile = Profile(email="bob@example.com")
    first, second = paper.buy(purchase("a", 100, "bob", profile=profile), purchase("b", 100, "bob"))
    assert [recorded(one).awards[0].account_version for one in (first, second)] == [1, 2]
    assert len(paper.accounts) == 1


def test_points_of_one_batch_count_in_the_next_item(paper: Paper) -> None:
    outcomes = paper.buy(*(purchase(f"o{n}", 1000, "ann") for n in range(3)))
    assert [recorded(one).awards[0].available_after for one in outcomes] == [10, 20, 30]


def test_a_purchase_with_parked_refunds_is_awarded_and_clawed_back_in_one_commit(paper: Paper) -> None:
    paper.take_back(refund("o", "a", 300))
    paper.take_back(refund("o", "b", 200))
    [outcome] = paper.buy(purchase("o", 1000, "ann"))
    first = recorded(outcome).awards
    assert [(a.cause, a.refund_id, a.target, a.due) for a in first] == [
        ("purchase", None, 10, 10),
        ("refund", "a", 7, -3),
        ("refund", "b", 5, -2),
    ]
    assert {award.recorded_at for award in first} == {paper.now}
    assert {award.account_version for award in first} == {2}
    assert paper.balance("ann") == (5, 0)
    # A retry gets all three again, also when more has come since.
    paper.take_back(cancellation("o"))
    [again] = paper.buy(purchase("o", 1000, "ann"))
    assert recorded(again).replayed
    assert recorded(again).awards == first


def test_an_order_of_another_storefront_is_another_order(paper: Paper) -> None:
    paper.buy(purchase("o", 1000, "ann"))
    paper.source = replace(paper.source, storefront_id=2)
    [outcome] = paper.buy(purchase("o", 2000, "ann"))
    assert not recorded(outcome).replayed
    assert paper.balance("ann") == (30, 0)
