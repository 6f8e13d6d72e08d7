"""Purchases that are told anew (`PUT`): the difference is posted, what is older changes nothing. On paper."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from loyalty.errors import Invalid, LoyaltyError, OtherCustomer
from loyalty.points.book import CLOCK_SKEW
from loyalty.programs.policies import Policies
from loyalty.purchases.decisions import Recorded
from loyalty.purchases.edits import Edited
from loyalty.purchases.facts import NewPurchase
from tests.paper import PER_EURO, Paper, version
from tests.paper_holds import spend
from tests.stories import cancellation, day, joining, purchase, recorded, refund

DOUBLE = PER_EURO | {"points_per_step": 2}


def told(goods: int, on: float = 1, customer: str | None = "ann", **more: Any) -> NewPurchase:  # noqa: ANN401
    """Tell order `o` as it stood on that day."""
    return purchase("o", goods, customer, source_updated_at=day(on), **more)


def bought(goods: int = 5000, customer: str | None = "ann", **more: Any) -> Paper:  # noqa: ANN401
    """Give a ledger with one order, as the shop knew it on day 1."""
    paper = Paper()
    paper.join(joining("ann"), joining("bob"))
    paper.buy(told(goods, 1, customer, **more))
    return paper


def edited(outcome: Edited | Recorded | LoyaltyError) -> Edited:
    """Insist that it was an edit."""
    assert isinstance(outcome, Edited), outcome
    return outcome


@pytest.mark.parametrize(
    ("goods", "due", "after"),
    [(5000, 0, 50), (8000, 30, 80), (2000, -30, 20), (0, -50, 0), (5099, 0, 50), (5100, 1, 51)],
)
def test_an_edit_posts_the_difference(goods: int, due: int, after: int) -> None:
    paper = bought()
    [outcome] = paper.edit(told(goods, 2))
    award = edited(outcome).award
    assert (award.cause, award.target, award.due, award.given, award.available_after) == (
        "edit",
        after,
        due,
        due,
        after,
    )
    assert not edited(outcome).stale
    assert not edited(outcome).replayed
    order = paper.order("o")
    assert (order.goods_minor, order.source_updated_at, order.version) == (goods, day(2), 2)


def test_what_was_refunded_stays_refunded_under_an_edit() -> None:
    paper = bought()
    paper.take_back(refund("o", "r", 2000))
    paper.edit(told(8000, 2))
    assert paper.balance("ann") == (60, 0)
    paper.edit(told(1000, 3))
    assert paper.balance("ann") == (0, 0)
    paper.edit(told(3000, 4))
    assert paper.balance("ann") == (10, 0)
    paper.take_back(cancellation("o"))
    paper.edit(told(90000, 5))
    assert paper.balance("ann") == (0, 0)


def test_an_edit_that_takes_spent_points_leaves_a_debt() -> None:
    paper = bought()
    spend(paper, "ann", 45)
    paper.edit(told(2000, 2))
    assert paper.balance("ann") == (0, 25)
    paper.edit(told(6000, 3))
    assert paper.balance("ann") == (15, 0)


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    paper = bought()
    [newer] = paper.edit(told(8000, 5))
    before = (paper.order("o"), paper.account("ann"), len(paper.awards))
    [outcome] = paper.edit(told(100, 4.999))
    assert edited(outcome) == Edited(edited(newer).award, stale=True, replayed=False)
    assert (paper.order("o"), paper.account("ann"), len(paper.awards)) == before


def test_edits_in_any_order_end_as_the_newest_says() -> None:
    edits = [told(8000, 2), told(3000, 3), told(6000, 4)]
    for order in permutations(edits):
        paper = bought()
        paper.edit(*order)
        assert paper.balance("ann") == (60, 0)
        assert paper.order("o").goods_minor == 6000


def test_the_same_edit_again_is_a_replay() -> None:
    paper = bought()
    [first] = paper.edit(told(8000, 2))
    before = (paper.order("o"), paper.account("ann"), len(paper.awards))
    [again] = paper.edit(told(8000, 2))
    assert edited(again) == Edited(edited(first).award, stale=False, replayed=True)
    assert (paper.order("o"), paper.account("ann"), len(paper.awards)) == before


def test_an_edit_that_says_what_the_purchase_said_is_a_replay_of_it() -> None:
    paper = bought()
    [again] = paper.edit(told(5000, 1))
    assert (edited(again).replayed, edited(again).award.cause) == (True, "purchase")


def test_other_facts_of_the_same_moment_are_an_edit() -> None:
    paper = bought()
    [outcome] = paper.edit(told(8000, 1))
    assert edited(outcome).award.due == 30


def test_a_purchase_that_said_no_moment_is_older_than_any_edit() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("o", 5000, "ann"))
    [outcome] = paper.edit(told(8000, -500))
    assert edited(outcome).award.due == 30


def test_the_purchase_itself_is_still_replayed_after_an_edit() -> None:
    paper = bought()
    paper.edit(told(8000, 2))
    [again] = paper.buy(told(5000, 1))
    assert recorded(again).replayed
    assert recorded(again).awards[0].due == 50
    assert paper.balance("ann") == (80, 0)


def test_an_edit_of_what_is_not_known_records_it() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    [outcome] = paper.edit(told(5000, 1))
    assert isinstance(outcome, Recorded)
    assert [award.cause for award in outcome.awards] == ["purchase"]
    assert paper.balance("ann") == (50, 0)


def test_an_edit_fills_an_order_that_is_awaited() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.take_back(refund("o", "r", 2000))
    [outcome] = paper.edit(told(5000, 1))
    assert isinstance(outcome, Recorded)
    assert [award.cause for award in outcome.awards] == ["purchase", "refund"]
    assert paper.balance("ann") == (30, 0)


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        (purchase("o", 8000, "ann"), "/source_updated_at"),
        (told(8000, 2, currency="USD"), "/currency"),
    ],
)
def test_an_edit_is_checked_like_a_purchase(wrong: NewPurchase, pointer: str) -> None:
    paper = bought()
    [refused] = paper.edit(wrong)
    assert isinstance(refused, Invalid)
    assert refused.pointer == pointer
    assert (paper.balance("ann"), paper.order("o").version) == ((50, 0), 1)


def test_an_edit_cannot_move_a_purchase_into_the_future() -> None:
    paper = bought()
    [refused] = paper.edit(replace(told(8000, 2), placed_at=paper.now + CLOCK_SKEW * 2))
    assert isinstance(refused, Invalid)
    assert refused.pointer == "/placed_at"


@pytest.mark.parametrize("other", ["bob", "nobody yet", None])
def test_an_edit_cannot_move_a_purchase_to_somebody_else(other: str | None) -> None:
    paper = bought()
    [refused] = paper.edit(told(8000, 2, other))
    assert isinstance(refused, OtherCustomer)
    assert (paper.balance("ann"), paper.balance("bob"), paper.order("o").version) == ((50, 0), (0, 0), 1)
    assert set(paper.aliases) == {"ann", "bob"}


def test_an_anonymous_purchase_is_claimed_by_an_edit() -> None:
    paper = bought(customer=None)
    paper.take_back(refund("o", "r", 2000))
    assert paper.awards[-1].customer_id is None
    [outcome] = paper.edit(told(5000, 2))
    award = edited(outcome).award
    assert (award.cause, award.due, award.customer_id) == ("claim", 30, paper.aliases["ann"])
    assert (paper.order("o").customer_id, paper.order("o").member) == (paper.aliases["ann"], True)
    [refused] = paper.edit(told(5000, 3, "bob"))
    assert isinstance(refused, OtherCustomer)
    paper.take_back(cancellation("o"))
    assert paper.balance("ann") == (0, 0)


def test_a_claim_by_somebody_who_was_no_member_then_earns_with_his_joining() -> None:
    paper = bought(customer=None)
    paper.edit(told(5000, 2, "cid"))
    assert paper.awards[-1].facts["reason"] == "not_member"
    paper.join(joining("cid", on=-1))
    assert paper.balance("cid") == (50, 0)


def test_an_edit_of_an_anonymous_purchase_leaves_it_anonymous() -> None:
    paper = bought(customer=None)
    [outcome] = paper.edit(told(8000, 2, None))
    award = edited(outcome).award
    assert (award.cause, award.target, award.facts["reason"]) == ("edit", 0, "anonymous")


def test_a_purchase_that_turns_out_to_be_a_test_gives_its_points_back() -> None:
    paper = bought()
    paper.edit(told(5000, 2, test=True))
    assert paper.balance("ann") == (0, 0)
    paper.edit(told(5000, 3))
    assert paper.balance("ann") == (50, 0)


def test_an_edit_of_the_date_decides_the_membership_anew() -> None:
    paper = bought()
    paper.edit(replace(told(5000, 2), placed_at=day(-1)))
    assert (paper.balance("ann"), paper.order("o").member) == ((0, 0), False)
    paper.edit(replace(told(5000, 3), placed_at=day(0)))
    assert (paper.balance("ann"), paper.order("o").member) == ((50, 0), True)


@pytest.mark.parametrize("change", ["superseded", "published for the past"])
def test_the_rules_of_the_first_decision_stay_under_refunds_and_edits(change: str) -> None:
    paper = bought()
    since = day(0.5) if change == "superseded" else day(-800)
    paper.versions.append(version(2, DOUBLE, since=since))
    paper.take_back(refund("o", "r", 1000))
    assert paper.balance("ann") == (40, 0)
    paper.edit(replace(told(8000, 2), placed_at=day(0.75)))
    assert paper.balance("ann") == (70, 0)
    assert {award.rules_version for award in paper.awards if award.purchase_id} == {1}


def test_what_decides_the_basis_is_for_ever_that_of_the_first_decision() -> None:
    paper = bought(goods=5000, tax_minor=1000, shipping_minor=500, reward_discount_minor=200)
    assert paper.balance("ann") == (48, 0)
    every = Policies(basis_includes_tax=True, basis_includes_shipping=True, reward_lowers_basis=False)
    paper.follow(every)
    paper.take_back(refund("o", "r", 2500))
    assert paper.balance("ann") == (24, 0)
    paper.buy(replace(told(5000, tax_minor=1000, shipping_minor=500, reward_discount_minor=200), order_id="p"))
    assert paper.balance("ann") == (24 + 65, 0)
    paper.follow(Policies())
    paper.take_back(refund("p", "r", 2500))
    assert paper.balance("ann") == (24 + 32, 0)
