"""How points move: (lots and debt before, what happens) -> (entries, lots and debt after)."""

from datetime import datetime
from uuid import UUID, uuid4

import pytest

from loyalty.points.book import Book
from loyalty.points.dates import LotDates
from loyalty.points.facts import AccountFacts, Cause, LotFacts, OpenAccount, RecordedAward
from loyalty.points.rules import claw_back, issue, seal
from tests.paper import SOURCE, Paper
from tests.stories import day, joining, purchase, refund

ANN = UUID(int=1)
BOOK, SHOES, OTHER = UUID(int=11), UUID(int=12), UUID(int=13)
NOW = day(50)
CAUSE = Cause(UUID(int=99), "key/test", "req", NOW, NOW)


def lot(
    seq: int, remaining: int, purchase_id: UUID = OTHER, earned: float = 0, expires: float | None = None
) -> LotFacts:
    """Give a lot that was read."""
    expires_at = None if expires is None else day(expires)
    return LotFacts(ANN, seq, purchase_id, day(earned), day(earned), expires_at, None, 100, remaining)


def account(*lots: LotFacts, debt: int = 0) -> OpenAccount:
    """Open an account with these lots, 7 versions and 3 entries old."""
    available = sum(held.remaining for held in lots)
    read = AccountFacts(ANN, 7, 3, available, 0, 0, debt, NOW, b"h" * 32)
    return Book(SOURCE, NOW, aliases=[], accounts=[read], lots=lots, holds=[], memberships=[]).account(ANN)


def plain(at: datetime) -> LotDates:
    """Date points that can be spent at once, and for ever."""
    return LotDates(at, at, None, None)


def entries(of: OpenAccount) -> list[tuple[int, str, str, str, int, int, int]]:
    """Give what is told of the entries: seq, kind, from, to, amount, available and debt after."""
    return [(e.seq, e.kind, e.debit_code, e.credit_code, e.amount, e.available_after, e.debt_after) for e in of.entries]


def remaining(of: OpenAccount) -> dict[int, int]:
    """Give what remains in each lot."""
    return {held.seq: held.remaining for held in of.lots}


def test_an_account_opens_as_it_was_read() -> None:
    opened = account(lot(1, 40), lot(2, 2))
    assert (opened.seen, opened.version, opened.seq, opened.available, opened.head_hash) == (7, 7, 3, 42, b"h" * 32)
    assert [(held.fresh, held.touched) for held in opened.lots] == [(False, False)] * 2


def test_points_are_issued_as_one_lot_named_by_its_entry() -> None:
    ann = account()
    issue(ann, 25, BOOK, plain(day(2)), CAUSE)
    assert entries(ann) == [(4, "issue", "issued", "available", 25, 25, 0)]
    [held] = ann.lots
    assert (held.seq, held.purchase_id, held.original, held.remaining, held.fresh) == (4, BOOK, 25, 25, True)
    assert (held.earned_at, held.matures_at, held.expires_at) == (day(2), day(2), None)
    assert ann.uses == []


def test_nothing_due_moves_nothing() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 4000, "ann"))
    paper.buy(purchase("pin", 99, "ann"))
    paper.take_back(refund("book", "nothing", 0))
    assert [(award.due, award.given) for award in paper.awards[-2:]] == [(0, 0), (0, 0)]
    assert [(entry.kind, entry.amount) for entry in paper.entries] == [("issue", 40)]
    assert (paper.account("ann").seq, [held.remaining for held in paper.lots.values()]) == (1, [40])


@pytest.mark.parametrize(
    ("debt", "issued", "available", "debt_after", "left_in_lot"),
    [(10, 25, 15, 0, 15), (25, 25, 0, 0, 0), (40, 25, 0, 15, 0)],
    ids=["less is owed", "as much is owed", "more is owed"],
)
def test_debt_is_repaid_from_what_is_issued(
    debt: int, issued: int, available: int, debt_after: int, left_in_lot: int
) -> None:
    ann = account(debt=debt)
    issue(ann, issued, BOOK, plain(NOW), CAUSE)
    repaid = min(debt, issued)
    assert entries(ann) == [
        (4, "issue", "issued", "available", issued, issued, debt),
        (5, "repay", "available", "debt", repaid, available, debt_after),
    ]
    assert (ann.available, ann.debt, remaining(ann)) == (available, debt_after, {4: left_in_lot})
    assert ann.uses == [(5, 4, repaid)]


CLAWBACKS = {
    "its own lot first, though another expires sooner": (
        [lot(1, 9, OTHER, 0, 51), lot(2, 9, BOOK, 3)],
        5,
        {1: 9, 2: 4},
    ),
    "then the lot that expires first": ([lot(1, 9, OTHER, 0, 70), lot(2, 9, OTHER, 5, 60)], 5, {1: 9, 2: 4}),
    "one that never expires comes last": ([lot(1, 9, OTHER, 0), lot(2, 9, OTHER, 5, 60)], 5, {1: 9, 2: 4}),
    "of the same expiry the oldest": ([lot(1, 9, OTHER, 5, 60), lot(2, 9, OTHER, 1, 60)], 5, {1: 9, 2: 4}),
    "of the same age the first issued": ([lot(2, 9, OTHER, 1), lot(1, 9, OTHER, 1)], 5, {1: 4, 2: 9}),
    "over several lots": ([lot(1, 4, BOOK), lot(2, 4, OTHER, 1), lot(3, 4, OTHER, 2)], 9, {1: 0, 2: 0, 3: 3}),
    "all there is": ([lot(1, 4), lot(2, 4)], 8, {1: 0, 2: 0}),
}


@pytest.mark.parametrize(("lots", "amount", "after"), CLAWBACKS.values(), ids=CLAWBACKS)
def test_points_are_clawed_back_from_lots_in_order(lots: list[LotFacts], amount: int, after: dict[int, int]) -> None:
    ann = account(*lots)
    before = ann.available
    assert claw_back(ann, amount, BOOK, CAUSE) == amount
    assert entries(ann) == [(4, "claw_back", "available", "clawed_back", amount, before - amount, 0)]
    assert remaining(ann) == after
    taken = {held.seq: held.remaining - after[held.seq] for held in lots if held.remaining > after[held.seq]}
    assert {(seq, lot_seq): gone for seq, lot_seq, gone in ann.uses} == {(4, key): gone for key, gone in taken.items()}
    assert {held.seq for held in ann.lots if held.touched} == set(taken)


@pytest.mark.parametrize("available", [0, 6])
def test_what_is_no_longer_there_becomes_debt(available: int) -> None:
    ann = account(*([lot(1, available)] if available else []))
    claw_back(ann, 10, BOOK, CAUSE)
    taken = [(4, "claw_back", "available", "clawed_back", available, 0, 0)] if available else []
    owed = (ann.seq, "claw_back", "debt", "clawed_back", 10 - available, 0, 10 - available)
    assert entries(ann) == [*taken, owed]
    assert (ann.available, ann.debt) == (0, 10 - available)


def test_whoever_owes_already_owes_more() -> None:
    ann = account(debt=3)
    claw_back(ann, 10, BOOK, CAUSE)
    assert (ann.available, ann.debt, ann.uses) == (0, 13, [])


def test_points_that_lie_in_no_lot_that_was_read_are_a_bug_and_not_a_debt() -> None:
    ann = account(lot(1, 5))
    ann.available = 9
    with pytest.raises(AssertionError, match="4 available points"):
        claw_back(ann, 9, BOOK, CAUSE)


def award(award_id: UUID, at: datetime = NOW) -> RecordedAward:
    """Give an award to seal."""
    return RecordedAward(
        award_id, "purchase", ANN, 8, BOOK, None, None, 1, "100", [], {}, 1, 1, 1, 1, 0, 0, 0, "key/test", "req", at
    )


def test_the_entries_of_an_award_are_chained_onto_the_head() -> None:
    ann = account()
    issue(ann, 5, BOOK, plain(NOW), Cause(UUID(int=1), "key/test", "req", NOW, NOW))
    seal(1, ann, award(UUID(int=1)))
    after_first = ann.head_hash
    assert ann.entries[0].hash == after_first != b"h" * 32
    issue(ann, 5, SHOES, plain(NOW), Cause(UUID(int=2), "key/test", "req", NOW, NOW))
    claw_back(ann, 7, SHOES, Cause(UUID(int=2), "key/test", "req", NOW, NOW))
    seal(1, ann, award(UUID(int=2)))
    hashes = [entry.hash for entry in ann.entries]
    assert hashes[0] == after_first
    assert len(set(hashes)) == 3
    assert ann.head_hash == hashes[-1]


def test_an_award_without_entries_leaves_the_chain_as_it_is() -> None:
    ann = account()
    issue(ann, 5, BOOK, plain(NOW), CAUSE)
    seal(1, ann, award(CAUSE.award_id))
    head = ann.head_hash
    seal(1, ann, award(uuid4()))
    assert ann.head_hash == head


def test_spent_points_that_are_taken_back_are_repaid_by_the_next_purchase() -> None:
    ann = account(lot(1, 10, BOOK))
    claw_back(ann, 50, BOOK, CAUSE)
    assert (ann.available, ann.debt) == (0, 40)
    issue(ann, 100, SHOES, plain(day(10)), CAUSE)
    assert (ann.available, ann.debt) == (60, 0)


def test_a_refund_takes_from_the_lot_of_its_own_purchase() -> None:
    paper = Paper()
    paper.join(joining("ann"))
    paper.buy(purchase("book", 2000, "ann"), purchase("shoes", 5000, "ann"))
    paper.take_back(refund("shoes", "r", 3000))
    left = {held.purchase_id: held.remaining for held in paper.lots.values()}
    assert left == {paper.order("book").purchase_id: 20, paper.order("shoes").purchase_id: 20}
