"""What comes back of the points spent on a purchase that is refunded: the table of each policy, and its edges."""

from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.programs.policies import AfterDays, Policies
from loyalty.purchases.rules import restored
from tests.paper import Paper, local
from tests.paper_holds import capture, hold, release, reverse, spend
from tests.stories import cancellation, day, joining, purchase, recorded, refund

SpentPoints = Literal["prorated", "full", "none"]
PRORATED, FULL, NONE = "prorated", "full", "none"
TABLE = [
    # goods, kept, captured: prorated, full, none
    (10000, 10000, 80, 0, 0, 0),
    (10000, 9900, 80, 0, 0, 0),
    (10000, 9875, 80, 1, 0, 0),
    (10000, 7500, 80, 20, 0, 0),
    (10000, 6667, 100, 33, 0, 0),
    (10000, 6666, 100, 33, 0, 0),
    (10000, 1, 100, 99, 0, 0),
    (10000, 0, 80, 80, 80, 0),
    (10000, 0, 0, 0, 0, 0),
    (3, 2, 100, 33, 0, 0),
    (3, 1, 100, 66, 0, 0),
    (0, 0, 80, 0, 0, 0),
    # An edit raised it above what was refunded of it.
    (100, 200, 80, 0, 0, 0),
]


@pytest.mark.parametrize(("goods", "kept", "captured", "prorated", "full", "none"), TABLE)
def test_each_policy_gives_its_part_back(
    goods: int, kept: int, captured: int, prorated: int, full: int, none: int
) -> None:
    assert [restored(goods, kept, captured, policy) for policy in (PRORATED, FULL, NONE)] == [prorated, full, none]


@given(st.integers(1, 10**7), st.integers(0, 10**6), st.lists(st.integers(0, 10**7), max_size=6))
def test_more_refunded_gives_back_more_and_never_more_than_was_spent(
    goods: int, captured: int, kept: list[int]
) -> None:
    kept = sorted({min(goods, left) for left in kept} | {0}, reverse=True)
    back = [restored(goods, left, captured, PRORATED) for left in kept]
    assert all(less <= more for less, more in pairwise(back))
    assert back[-1] == captured


def gift(policy: SpentPoints = "prorated", spent: int = 80) -> Paper:
    """Give the ledger of Ann, who earned 100 points, spent some, and bought a gift of 50.00 with them."""
    paper = Paper(policies=Policies(spent_points=policy))
    paper.join(joining("ann"))
    paper.buy(purchase("book", 10000, "ann"))
    redemption = spend(paper, "ann", spent)
    paper.buy(purchase("gift", 5000, "ann", redemption_ids=[str(redemption)]))
    return paper


def came_back(paper: Paper) -> list[int]:
    """Give what each decision on the gift gave back."""
    order = paper.order("gift")
    return [award.facts.get("restored", 0) for award in paper.awards if award.purchase_id == order.purchase_id][1:]


@pytest.mark.parametrize(
    ("policy", "after_half", "after_all"),
    [
        # 100 + 50 - 80 = 70; half of it back: - 25 + 40; the rest: - 25 + 40.
        ("prorated", 85, 100),
        ("full", 45, 100),
        ("none", 45, 20),
    ],
)
def test_spent_points_come_back_with_what_was_bought_for_them(
    policy: SpentPoints, after_half: int, after_all: int
) -> None:
    paper = gift(policy)
    assert paper.balance("ann") == (70, 0)
    paper.take_back(refund("gift", "r", 2500))
    assert paper.balance("ann") == (after_half, 0)
    paper.take_back(cancellation("gift"))
    assert paper.balance("ann") == (after_all, 0)
    paper.take_back(refund("gift", "again", 5000))
    assert paper.balance("ann") == (after_all, 0)


def test_twenty_refunds_give_back_what_one_gives() -> None:
    one, twenty = gift(), gift()
    one.take_back(refund("gift", "r", 2000))
    twenty.take_back(*(refund("gift", f"r{n}", 100) for n in range(20)))
    assert one.balance("ann") == twenty.balance("ann") == (100 + 50 - 80 - 20 + 32, 0)
    assert (sum(came_back(one)), sum(came_back(twenty))) == (32, 32)


def test_the_clawback_comes_before_what_is_given_back() -> None:
    paper = gift()
    paper.take_back(refund("gift", "r", 2500))
    assert paper.moves("ann")[-2:] == [("claw_back", 25), ("reverse", 40)]
    award = paper.awards[-1]
    [held] = paper.holds
    assert (award.given, award.facts["restored"], award.facts["restored_of"]) == (-25, 40, {str(held): 40})
    assert (paper.holds[held].captured, paper.holds[held].returned) == (80, 40)


def test_what_comes_back_repays_the_debt_of_the_same_refund() -> None:
    paper = gift(spent=100)
    spend(paper, "ann", 50)
    assert paper.balance("ann") == (0, 0)
    paper.take_back(refund("gift", "r", 2500))
    assert paper.moves("ann")[-3:] == [("claw_back", 25), ("reverse", 50), ("repay", 25)]
    assert paper.balance("ann") == (25, 0)


def test_several_redemptions_come_back_one_after_the_other() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 20000, "ann"))
    first, second = str(spend(paper, "ann", 30)), str(spend(paper, "ann", 70))
    paper.buy(purchase("gift", 5000, "ann", redemption_ids=[first, second, first]))
    paper.take_back(refund("gift", "r", 2000))
    assert paper.awards[-1].facts["restored_of"] == {first: 30, second: 10}
    paper.take_back(cancellation("gift"))
    assert paper.awards[-1].facts["restored_of"] == {second: 60}
    assert paper.balance("ann") == (200, 0)


def test_what_was_only_held_or_let_go_was_not_spent() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 20000, "ann"))
    held, freed = hold(paper, "ann", 30), hold(paper, "ann", 30)
    release(paper, freed)
    paper.buy(purchase("gift", 5000, "ann", redemption_ids=[str(held), str(freed)]))
    paper.take_back(refund("gift", "r", 2500))
    assert came_back(paper) == [0]
    # Captured later, its part comes back with the next refund.
    capture(paper, held)
    paper.take_back(refund("gift", "s", 100))
    assert came_back(paper) == [0, 30 * 2600 // 5000]


def test_what_the_shop_reversed_itself_does_not_come_back_twice() -> None:
    paper = gift()
    [held] = paper.holds
    paper.take_back(refund("gift", "r", 2500))
    reverse(paper, held)
    assert (paper.holds[held].returned, paper.balance("ann")) == (80, (125, 0))
    paper.take_back(cancellation("gift"))
    assert came_back(paper) == [40, 0]
    assert paper.balance("ann") == (100, 0)


def test_a_capture_of_a_part_gives_back_of_that_part() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 20000, "ann"))
    held = hold(paper, "ann", 100)
    capture(paper, held, 60)
    paper.buy(purchase("gift", 5000, "ann", redemption_ids=[str(held)]))
    paper.take_back(cancellation("gift"))
    assert came_back(paper) == [60]
    assert paper.balance("ann") == (200, 0)


def test_a_purchase_that_is_told_after_its_refund_gives_back_the_same() -> None:
    late, early = Paper(), gift()
    early.take_back(refund("gift", "r", 2500))
    late.join(joining("ann"))
    late.buy(purchase("book", 10000, "ann"))
    redemption = spend(late, "ann", 80)
    late.take_back(refund("gift", "r", 2500))
    [outcome] = late.buy(purchase("gift", 5000, "ann", redemption_ids=[str(redemption)]))
    assert [award.facts.get("restored") for award in recorded(outcome).awards] == [None, 40]
    assert late.balance("ann") == early.balance("ann")


def test_an_edit_that_raises_the_purchase_takes_nothing_back() -> None:
    paper = gift()
    [held] = paper.holds
    paper.take_back(refund("gift", "r", 2500))
    paper.edit(purchase("gift", 10000, "ann", redemption_ids=[str(held)], source_updated_at=day(120)))
    # 7,500 of 10,000 are kept: 20 points would have come back, 40 did.
    assert came_back(paper) == [40, 0]
    paper.take_back(refund("gift", "s", 2500))
    assert came_back(paper) == [40, 0, 0]
    paper.take_back(refund("gift", "t", 2500))
    assert came_back(paper) == [40, 0, 0, 20]


@pytest.mark.parametrize("grace", [0, 5])
def test_spent_points_come_back_to_their_age(grace: int) -> None:
    paper = Paper(policies=Policies(expiry=AfterDays(30), restore_grace_days=grace))
    paper.join(joining("ann"))
    at = local("2026-02-01 12:00")
    paper.at(at).buy(replace(purchase("book", 10000, "ann"), placed_at=at))
    redemption = str(spend(paper, "ann", 80))
    later = local("2026-03-15 12:00")
    paper.at(later).buy(replace(purchase("gift", 5000, "ann", redemption_ids=[redemption]), placed_at=later))
    paper.take_back(replace(refund("gift", "r", 2500), refunded_at=later))
    # They ended with 3 March.
    assert paper.balance("ann") == (25 + 40 * bool(grace), 0)
    assert paper.awards[-1].facts["restored"] == 40
    assert paper.awards[-1].facts.get("expired", 0) == 40 * (not grace)
    if grace:
        assert paper.lots_of("ann")[-1].expires_at == local("2026-03-21 00:00")


def test_points_spent_on_an_anonymous_purchase_do_not_come_back() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 10000, "ann"))
    redemption = str(spend(paper, "ann", 80))
    paper.buy(purchase("gift", 5000, redemption_ids=[redemption]))
    paper.take_back(cancellation("gift"))
    assert paper.balance("ann") == (20, 0)


def test_what_nobody_knows_gives_nothing_back() -> None:
    paper = Paper()
    paper.join(joining("ann"), joining("bob"))
    paper.buy(purchase("book", 10000, "bob"))
    of_bob = str(spend(paper, "bob", 80))
    paper.buy(purchase("gift", 5000, "ann", redemption_ids=["unheard of", of_bob]))
    paper.take_back(cancellation("gift"))
    assert came_back(paper) == [0]
    assert paper.balance("bob") == (20, 0)


def test_a_joining_or_leaving_gives_nothing_back() -> None:
    """Points captured only after the refund come back with the next one, not with what a membership changes."""
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 10000, "ann"))
    held = hold(paper, "ann", 80)
    paper.buy(purchase("gift", 5000, "ann", on=2, redemption_ids=[str(held)]))
    paper.take_back(refund("gift", "r", 2500))
    capture(paper, held)
    paper.join(joining("ann", left=1))
    assert came_back(paper) == [0, 0]
    paper.take_back(refund("gift", "s", 0))
    assert came_back(paper) == [0, 0, 40]
