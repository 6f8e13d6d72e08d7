"""Points that staff give and take: a lot of their own under the programme's expiry, never a debt. On paper."""

import pytest
from msgspec.structs import replace

from loyalty.errors import LoyaltyError, NotEnoughPoints, NotFound
from loyalty.members.adjustments import NewAdjustment, record_adjustment
from loyalty.points.facts import RecordedAward
from loyalty.programs.policies import AfterDays, EndOfYear, Expiry, Inactivity, Never, Policies
from tests.paper import Paper, local
from tests.paper_holds import spend
from tests.stories import joining, purchase, refund


def member(expiry: Expiry | None = None) -> Paper:
    """Give the ledger of Ann, who earned 100 points on 1 February."""
    paper = Paper(policies=Policies(expiry=expiry or Never()))
    paper.join(joining("ann"))
    at = local("2026-02-01 12:00")
    paper.at(at).buy(replace(purchase("o", 10000, "ann"), placed_at=at))
    return paper


def adjust(paper: Paper, points: int, customer: str = "ann") -> RecordedAward:
    """Adjust, or raise the refusal."""
    [outcome] = paper.write(record_adjustment, [NewAdjustment(customer, points, "because")])
    if isinstance(outcome, LoyaltyError):
        raise outcome
    return outcome


def test_points_that_are_given_are_a_lot_of_their_own() -> None:
    paper = member()
    award = adjust(paper, 40)
    assert (award.cause, award.due, award.given, award.target, award.available_after) == ("adjusted", 0, 0, 0, 140)
    assert "because" not in str(award.facts)
    assert paper.moves("ann")[-1] == ("adjust", 40)
    lot = paper.lots_of("ann")[-1]
    assert (lot.original, lot.purchase_id, lot.earned_at, lot.expires_at) == (40, None, paper.now, None)


@pytest.mark.parametrize(
    ("expiry", "ends"),
    [(AfterDays(30), "2026-03-13 00:00"), (EndOfYear(), "2027-01-01 00:00")],
)
def test_points_that_are_given_end_under_the_programmes_expiry(expiry: Expiry, ends: str) -> None:
    paper = member(expiry)
    paper.at(local("2026-02-10 12:00"))
    adjust(paper, 40)
    assert paper.lots_of("ann")[-1].expires_at == local(ends)


def test_a_gift_is_no_activity() -> None:
    paper = member(Inactivity(30))
    paper.at(local("2026-02-20 12:00"))
    adjust(paper, 40)
    assert paper.account("ann").active_at == local("2026-02-01 12:00")
    paper.at(local("2026-03-04 00:00")).sweep()
    # Given on the 20th, it ends 30 days after it came.
    assert paper.left("ann") == [0, 40]
    paper.at(local("2026-03-23 00:00")).sweep()
    assert paper.left("ann") == [0, 0]


def test_a_gift_repays_debt_first() -> None:
    paper = member()
    spend(paper, "ann", 100)
    paper.take_back(refund("o", "r", 3000))
    assert paper.balance("ann") == (0, 30)
    adjust(paper, 20)
    assert paper.balance("ann") == (0, 10)
    adjust(paper, 20)
    assert paper.balance("ann") == (10, 0)
    assert paper.moves("ann")[-4:] == [("adjust", 20), ("repay", 20), ("adjust", 20), ("repay", 10)]


def test_points_are_taken_in_spending_order() -> None:
    paper = member()
    paper.follow(Policies(expiry=AfterDays(30)))
    adjust(paper, 50)
    adjust(paper, -70)
    assert paper.left("ann") == [80, 0]
    [taken] = [entry for entry in paper.entries if entry.credit_code == "adjusted"]
    assert (taken.kind, taken.debit_code, taken.amount) == ("adjust", "available", 70)


def test_no_more_is_taken_than_there_is() -> None:
    paper = member()
    with pytest.raises(NotEnoughPoints, match="100"):
        adjust(paper, -101)
    assert (paper.balance("ann"), paper.account("ann").version) == ((100, 0), 2)
    adjust(paper, -100)
    assert paper.balance("ann") == (0, 0)


def test_what_is_over_cannot_be_taken() -> None:
    paper = member(AfterDays(30))
    paper.at(local("2026-03-04 00:00"))
    with pytest.raises(NotEnoughPoints):
        adjust(paper, -1)


def test_what_cannot_be_spent_yet_cannot_be_taken() -> None:
    paper = member()
    paper.follow(Policies(maturity=AfterDays(10)))
    paper.buy(replace(purchase("late", 5000, "ann"), placed_at=paper.now))
    with pytest.raises(NotEnoughPoints):
        adjust(paper, -101)
    assert (paper.account("ann").available, paper.account("ann").pending) == (100, 50)


def test_nobody_gives_points_to_somebody_unknown() -> None:
    with pytest.raises(NotFound):
        adjust(member(), 5, "nobody")
