"""Points that are taken back after they were spent: a debt, which every credit repays first, or nothing (`clamp`)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.programs.policies import Policies
from tests.paper import Paper
from tests.paper_holds import spend
from tests.stories import cancellation, joining, purchase, recorded, refund


def spent(points: int, policies: Policies | None = None, goods: int = 10000) -> Paper:
    """Give the ledger of Ann, who earned a point per euro and spent some of them."""
    paper = Paper(policies=policies or Policies())
    paper.join(joining("ann"))
    paper.buy(purchase("o", goods, "ann"))
    if points:
        spend(paper, "ann", points)
    return paper


CASES = [
    # spent, refunded: available and debt; available, given and clamped under `clamp`
    (0, 4000, (60, 0), (60, -40, 0)),
    (60, 4000, (0, 0), (0, -40, 0)),
    (61, 4000, (0, 1), (0, -39, 1)),
    (80, 4000, (0, 20), (0, -20, 20)),
    (100, 4000, (0, 40), (0, 0, 40)),
    (100, 10000, (0, 100), (0, 0, 100)),
]


@pytest.mark.parametrize(("points", "refunded", "allowed", "clamped"), CASES)
def test_what_is_no_more_there_becomes_debt_or_is_let_go(
    points: int, refunded: int, allowed: tuple[int, int], clamped: tuple[int, int, int]
) -> None:
    paper = spent(points)
    [outcome] = paper.take_back(refund("o", "r", refunded))
    [award] = recorded(outcome).awards
    assert paper.balance("ann") == allowed
    assert (award.due, award.given) == (-refunded // 100, -refunded // 100)
    assert "clamped" not in award.facts
    paper = spent(points, Policies(debt="clamp"))
    [outcome] = paper.take_back(refund("o", "r", refunded))
    [award] = recorded(outcome).awards
    assert paper.balance("ann") == (clamped[0], 0)
    assert (award.due, award.given, award.facts.get("clamped", 0)) == (-refunded // 100, clamped[1], clamped[2])


def test_what_was_let_go_is_not_taken_later() -> None:
    paper = spent(100, Policies(debt="clamp"))
    paper.take_back(refund("o", "r", 4000))
    paper.buy(purchase("p", 5000, "ann"))
    assert paper.balance("ann") == (50, 0)
    paper.take_back(refund("o", "s", 1000))
    assert paper.balance("ann") == (40, 0)
    paper.take_back(cancellation("o"))
    assert paper.balance("ann") == (0, 0)
    assert sum(award.due for award in paper.awards if award.purchase_id == paper.order("o").purchase_id) == 0


def test_the_next_purchase_repays_the_debt_first() -> None:
    paper = spent(100)
    paper.take_back(cancellation("o"))
    assert paper.balance("ann") == (0, 100)
    for goods, left in [(3000, (0, 70)), (7000, (0, 0)), (500, (5, 0))]:
        paper.buy(purchase(f"p{goods}", goods, "ann"))
        assert paper.balance("ann") == left
    assert paper.moves("ann")[-5:] == [("issue", 30), ("repay", 30), ("issue", 70), ("repay", 70), ("issue", 5)]


def test_the_policy_of_the_refund_decides() -> None:
    paper = spent(100)
    paper.take_back(refund("o", "r", 4000))
    paper.follow(Policies(debt="clamp"))
    paper.take_back(refund("o", "s", 3000))
    assert paper.balance("ann") == (0, 40)


@given(st.lists(st.integers(0, 2500), min_size=1, max_size=5), st.integers(0, 100))
def test_refunds_split_anyhow_and_in_any_order_owe_the_same(parts: list[int], points: int) -> None:
    whole = spent(points)
    whole.take_back(refund("o", "r", sum(parts)))
    for order in list(permutations(enumerate(parts)))[:6]:
        paper = spent(points)
        paper.take_back(*(refund("o", f"r{number}", part) for number, part in order))
        assert paper.balance("ann") == whole.balance("ann")


def test_rounding_happens_once_for_the_whole_purchase() -> None:
    paper = spent(0, goods=199)
    assert paper.balance("ann") == (1, 0)
    for number, left in enumerate([(1, 0), (1, 0), (1, 0), (0, 0), (0, 0)]):
        paper.take_back(refund("o", f"r{number}", 33))
        assert paper.balance("ann") == left
