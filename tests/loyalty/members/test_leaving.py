"""What becomes of points when their owner leaves: they stay and live on, or (`forfeit`) are gone. On paper."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from loyalty.errors import NotAMember, NotFound
from loyalty.members.decisions import NewMembership, leave
from loyalty.programs.policies import AfterDays, Policies
from tests.paper import Paper, local
from tests.paper_holds import capture, hold, release, spend
from tests.stories import day, joined, joining, purchase, refund

FORFEIT = Policies(on_leaving="forfeit")


def member(policies: Policies, *, pending: bool = False) -> Paper:
    """Give the ledger of Ann, member since 1 January, who has 100 points, and some day (`pending`) 50 more."""
    paper = Paper(policies=policies)
    paper.join(NewMembership("ann", local("2025-12-01 12:00")))
    placed = local("2026-02-01 12:00")
    paper.at(placed).buy(replace(purchase("book", 10000, "ann"), placed_at=placed))
    if pending:
        paper.follow(replace(policies, maturity=AfterDays(60)))
        paper.buy(replace(purchase("late", 5000, "ann"), placed_at=placed))
        paper.follow(policies)
    return paper


def leaves(paper: Paper, at: str = "2026-02-10 12:00") -> None:
    """Have Ann leave at that moment."""
    paper.at(local(at) + timedelta(seconds=10))
    paper.join(NewMembership("ann", local("2025-12-01 12:00"), local(at)))


def balances(paper: Paper) -> tuple[int, int, int, int]:
    """Give what is available, pending, held, owed."""
    account = paper.account("ann")
    return account.available, account.pending, account.held, account.debt


def test_points_stay_when_their_owner_leaves() -> None:
    paper = member(Policies(), pending=True)
    leaves(paper)
    assert balances(paper) == (100, 50, 0, 0)
    assert paper.awards[-1].facts == {"purchases": 0, "points": 0}


def test_they_cannot_be_spent_until_he_joins_again() -> None:
    paper = member(Policies())
    leaves(paper)
    with pytest.raises(NotAMember):
        spend(paper, "ann", 10)
    paper.at(local("2026-02-20 12:00") + timedelta(seconds=10)).join(NewMembership("ann", local("2026-02-20 12:00")))
    spend(paper, "ann", 10)
    assert balances(paper) == (90, 0, 0, 0)


def test_they_go_on_maturing_and_ending() -> None:
    paper = member(Policies(expiry=AfterDays(30)), pending=True)
    leaves(paper)
    paper.at(local("2026-04-03 00:00")).sweep()
    assert balances(paper) == (50, 0, 0, 0)
    paper.at(local("2026-05-04 00:00")).sweep()
    assert balances(paper) == (0, 0, 0, 0)


def test_points_are_forfeited_where_the_policy_says_so() -> None:
    paper = member(FORFEIT, pending=True)
    leaves(paper)
    assert balances(paper) == (0, 0, 0, 0)
    assert [(e.kind, e.debit_code, e.credit_code, e.amount, e.effective_at) for e in paper.entries[2:]] == [
        ("forfeit", "available", "expired", 100, local("2026-02-10 12:00")),
        ("forfeit", "pending", "expired", 50, local("2026-02-10 12:00")),
    ]
    assert paper.left("ann") == [0, 0]
    assert {entry.award_id for entry in paper.entries[2:]} == {paper.awards[-1].award_id}
    assert paper.awards[-1].cause == "left"


def test_who_has_nothing_forfeits_nothing() -> None:
    paper = member(FORFEIT)
    spend(paper, "ann", 100)
    leaves(paper)
    assert [kind for kind, _ in paper.moves("ann")] == ["issue", "hold", "capture"]


def test_held_points_stay_held_and_debt_stays_owed() -> None:
    paper = member(FORFEIT)
    held = hold(paper, "ann", 30, minutes=60 * 24 * 20)
    leaves(paper)
    assert balances(paper) == (0, 0, 30, 0)
    capture(paper, held)
    assert balances(paper) == (0, 0, 0, 0)
    paper.take_back(refund("book", "r", 1000))
    assert balances(paper) == (0, 0, 0, 10)


def test_what_is_let_go_after_the_leaving_comes_back() -> None:
    paper = member(FORFEIT)
    held = hold(paper, "ann", 30, minutes=60 * 24 * 20)
    leaves(paper)
    release(paper, held)
    assert balances(paper) == (30, 0, 0, 0)


def test_a_leaving_in_the_past_of_somebody_who_is_a_member_again_forfeits_nothing() -> None:
    paper = member(FORFEIT)
    paper.join(NewMembership("bob", local("2025-12-01 12:00")))
    paper.at(local("2026-03-01 12:00")).join(NewMembership("ann", local("2025-06-01 12:00"), local("2025-07-01 12:00")))
    assert balances(paper) == (100, 0, 0, 0)


def test_a_purchase_after_the_leaving_loses_its_points_before_the_rest_is_forfeited() -> None:
    paper = member(FORFEIT)
    placed = local("2026-02-12 12:00")
    paper.at(placed).buy(replace(purchase("after", 5000, "ann"), placed_at=placed))
    paper.join(NewMembership("ann", local("2025-12-01 12:00"), local("2026-02-10 12:00")))
    assert paper.moves("ann")[2:] == [("claw_back", 50), ("forfeit", 100)]
    assert balances(paper) == (0, 0, 0, 0)


def test_leaving_needs_no_date_of_joining() -> None:
    paper = member(Policies())
    [outcome] = paper.write(lambda batch, at: leave(batch, "ann", at), [None])
    first = joined(outcome)
    assert (first.award.cause, first.membership.left_at) == ("left", paper.now)
    assert first.membership.joined_at == local("2025-12-01 12:00")
    [again] = paper.write(lambda batch, at: leave(batch, "ann", at), [None])
    assert joined(again).replayed
    assert joined(again).award == first.award


def test_who_left_twice_leaves_the_last_membership() -> None:
    paper = Paper()
    paper.join(joining("ann", on=0, left=5), joining("ann", on=10))
    [outcome] = paper.write(lambda batch, at: leave(batch, "ann", at), [day(20)])
    assert (joined(outcome).membership.joined_at, joined(outcome).membership.left_at) == (day(10), day(20))


def test_joining_and_leaving_in_one_batch_is_stored_so_from_the_first() -> None:
    paper = Paper()
    paper.join(joining("ann"), joining("bob"), joining("bob", left=5))
    rows = sorted(paper.memberships.values(), key=lambda m: m.membership_id)
    assert [(m.left_at, m.superseded_at) for m in rows] == [(None, None), (None, paper.now), (day(5), None)]


@pytest.mark.parametrize("customer", ["nobody", "bob"])
def test_who_never_was_a_member_cannot_leave(customer: str) -> None:
    paper = Paper()
    paper.buy(purchase("o", 1000, "bob"))
    [outcome] = paper.write(lambda batch, at: leave(batch, customer, at), [None])
    assert isinstance(outcome, NotFound)
