"""Settled by the next write or swept in many steps: random stories end with the same entries and lots. On paper."""

from contextlib import suppress
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from loyalty.errors import NotEnoughPoints
from loyalty.programs.policies import AfterDays, AfterMonths, Immediately, Inactivity, Never, OnDelivery, Policies
from tests.paper import Paper, local
from tests.paper_holds import hold
from tests.stories import joining, purchase, refund


def balances(paper: Paper) -> tuple[int, int, int, int]:
    """Give what is available, pending, held, owed."""
    account = paper.account("ann")
    return account.available, account.pending, account.held, account.debt


policies = st.builds(
    Policies,
    maturity=st.sampled_from([Immediately(), AfterDays(3), AfterDays(14), OnDelivery()]),
    expiry=st.sampled_from([Never(), AfterDays(5), AfterDays(14), AfterMonths(1), Inactivity(7)]),
)
# (days since the last act, what is done)
acts = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["buy", "buy", "refund", "hold", "spend"]), policies), max_size=8
)


@given(acts, st.sampled_from([0, 2]), st.lists(st.integers(1, 24 * 30), max_size=6, unique=True).map(sorted))
def test_settled_in_one_go_or_in_many_steps_the_end_is_the_same(
    story: list[tuple[int, str, Policies]], grace: int, steps: list[int]
) -> None:
    lazy, eager = Paper(), Paper()
    for paper in (lazy, eager):
        paper.join(joining("ann"))
    at = local("2026-02-01 12:00")
    for number, (days, act, follows) in enumerate(story):
        for step in steps:
            if at + timedelta(hours=step) < at + timedelta(days=days):
                eager.at(at + timedelta(hours=step)).sweep()
        at += timedelta(days=days, minutes=1)
        for paper in (lazy, eager):
            paper.follow(replace(follows, restore_grace_days=grace))
            paper.at(at)
            _do(paper, number, act)
    end = at + timedelta(days=120)
    for step in steps:
        eager.at(at + timedelta(hours=step)).sweep()
    for paper in (lazy, eager):
        paper.at(end).sweep()
    assert balances(lazy) == balances(eager)
    assert _lots(lazy) == _lots(eager)
    assert _moves(lazy) == _moves(eager)
    for paper in (lazy, eager):
        assert sum(lot.remaining for lot in paper.lots_of("ann")) == sum(balances(paper)[:2])
        assert all(0 <= lot.remaining <= lot.original for lot in paper.lots_of("ann"))
        assert balances(paper)[0] == 0 or balances(paper)[3] == 0


def _do(paper: Paper, number: int, act: str) -> None:
    if act == "buy":
        paper.buy(replace(purchase(f"o{number}", 3300 + 700 * number, "ann"), placed_at=paper.now))
    elif act == "refund":
        paper.take_back(refund("o0", f"r{number}", 1300), refund(f"o{number - 1}", f"r{number}", 900))
    else:
        with suppress(NotEnoughPoints):
            hold(paper, "ann", 25, minutes=60 * 24 * (number + 1), at_once=act == "spend")


def _lots(paper: Paper) -> list[tuple[object, ...]]:
    return [(lot.seq, lot.earned_at, lot.matures_at, lot.expires_at, lot.remaining) for lot in paper.lots_of("ann")]


def _moves(paper: Paper) -> list[tuple[object, ...]]:
    return [(e.seq, e.kind, e.amount, e.effective_at) for e in paper.entries]
