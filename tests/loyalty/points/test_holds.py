"""Points set aside: taken at once, spent or given back to where they came from. On paper: real rules, no database."""

from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from loyalty.errors import NotEnoughPoints
from loyalty.members.merging import merge_customers
from loyalty.points import holds
from loyalty.points.facts import Cause, OpenAccount
from loyalty.programs.policies import AfterDays, Policies
from tests.paper import Paper, local
from tests.paper_holds import (
    FIRST_END,
    LATER,
    NEVER,
    SOON,
    balances,
    capture,
    hold,
    release,
    reverse,
    rich,
    spend,
    state,
)
from tests.stories import joining, purchase, refund


def test_a_hold_takes_its_lots_when_it_is_made() -> None:
    paper = rich(NEVER, LATER, SOON)
    held = hold(paper, "ann", 230)
    assert balances(paper) == (70, 0, 230, 0)
    assert paper.left("ann") == [70, 0, 0]
    assert state(paper, held) == ("open", 0, 0, [(3, 100), (2, 100), (1, 30)])


def test_more_than_is_available_cannot_be_held() -> None:
    paper = rich(SOON)
    hold(paper, "ann", 60)
    before = balances(paper), paper.account("ann").version
    with pytest.raises(NotEnoughPoints, match="40") as refused:
        hold(paper, "ann", 41)
    assert refused.value.code == "not_enough_points"
    assert (balances(paper), paper.account("ann").version) == before


def test_pending_points_cannot_be_held() -> None:
    paper = Paper(policies=Policies(maturity=AfterDays(14)))
    paper.join(joining("ann"))
    paper.buy(replace(purchase("o", 10000, "ann"), placed_at=paper.now))
    assert balances(paper) == (0, 100, 0, 0)
    with pytest.raises(NotEnoughPoints):
        hold(paper, "ann", 1)


def test_a_capture_of_a_part_keeps_what_would_have_ended_first() -> None:
    paper = rich(NEVER, LATER, SOON)
    held = hold(paper, "ann", 230)
    capture(paper, held, 150)
    assert state(paper, held) == ("captured", 150, 0, [(3, 100), (2, 50)])
    # Of the 80 that came back, 30 never end, and 50 end with their lot.
    assert paper.left("ann") == [100, 50, 0]
    assert balances(paper) == (150, 0, 0, 0)
    assert paper.moves("ann")[3:] == [("hold", 230), ("capture", 150), ("release", 80)]


def test_a_release_gives_back_what_the_hold_took() -> None:
    paper = rich(NEVER, LATER, SOON)
    before = paper.left("ann")
    held = hold(paper, "ann", 230)
    release(paper, held)
    assert paper.left("ann") == before
    assert balances(paper) == (300, 0, 0, 0)
    assert state(paper, held) == ("released", 0, 0, [])
    assert [use.amount for use in paper.uses] == [100, 100, 30, -30, -100, -100]


def test_a_release_repays_debt() -> None:
    paper = rich(NEVER)
    held = hold(paper, "ann", 70)
    paper.take_back(refund("o0", "r", 10000))
    assert balances(paper) == (0, 0, 70, 70)
    release(paper, held)
    assert balances(paper) == (0, 0, 0, 0)
    assert paper.moves("ann")[-2:] == [("release", 70), ("repay", 70)]


def test_a_refund_never_touches_what_is_held() -> None:
    paper = rich(NEVER)
    held = hold(paper, "ann", 70)
    paper.take_back(refund("o0", "r", 10000))
    assert state(paper, held) == ("open", 0, 0, [(1, 70)])
    capture(paper, held)
    assert balances(paper) == (0, 0, 0, 70)


def test_a_reversal_gives_back_to_the_lots_spent_last_first() -> None:
    paper = rich(SOON, LATER)
    spent = spend(paper, "ann", 150)
    assert paper.left("ann") == [0, 50]
    reverse(paper, spent)
    assert paper.left("ann") == [100, 100]
    assert [(use.lot_seq, use.amount) for use in paper.uses[-2:]] == [(2, -50), (1, -100)]
    assert state(paper, spent) == ("captured", 150, 150, [])


def merged(paper: Paper) -> Paper:
    """Have Ann go on as Bea."""
    paper.join(joining("bea"))
    paper.write(lambda batch, _: merge_customers(batch, "ann", "bea"), [None])
    paper.aliases["ann"] = paper.aliases["bea"]
    return paper


@pytest.mark.parametrize("grace", [0, 7])
def test_points_that_were_spent_before_a_merge_come_back_with_their_dates(grace: int) -> None:
    paper = rich(SOON, NEVER, grace=grace)
    spent = spend(paper, "ann", 120)
    soon, never = paper.lots_of("ann")
    merged(paper)
    assert balances(paper) == (80, 0, 0, 0)
    paper.at(FIRST_END + timedelta(days=1))
    reverse(paper, spent)
    came = sorted((lot for lot in paper.lots_of("ann")[1:]), key=lambda lot: lot.original)
    assert [(lot.original, lot.remaining) for lot in came] == [(20, 20), (100, 100 if grace else 0)]
    assert [lot.expires_at for lot in came] == [None, local("2026-02-21 00:00") if grace else FIRST_END]
    assert [(lot.earned_at, lot.purchase_id) for lot in came] == [(o.earned_at, o.purchase_id) for o in (never, soon)]
    assert balances(paper) == (200 if grace else 100, 0, 0, 0)
    assert paper.awards[-1].facts.get("expired", 0) == (0 if grace else 100)


def test_no_rule_holds_more_than_is_available() -> None:
    account = OpenAccount(UUID(int=1), 1, 1, ZoneInfo("Europe/Paris"), available=40)
    now = local("2026-02-01 12:00")
    with pytest.raises(NotEnoughPoints):
        holds.hold(account, UUID(int=2), 41, now, Cause(UUID(int=3), "key/1", "req", now, now))
    assert (account.available, account.entries, account.holds) == (40, [], [])
