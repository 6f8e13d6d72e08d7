"""Points set aside and their dates: when a hold runs out, and when what it gives back ends. On paper, as the holds."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from loyalty.errors import HoldTimedOut
from loyalty.programs.policies import Inactivity, Policies
from tests.paper import Paper, local
from tests.paper_holds import (
    FIRST_END,
    LATER,
    NEVER,
    SECOND_END,
    SOON,
    balances,
    capture,
    hold,
    release,
    rich,
    spend,
    state,
)
from tests.stories import joining, purchase, refund

TICK = timedelta(microseconds=1)
DAY = 24 * 60


def test_held_points_survive_their_expiry_and_are_captured() -> None:
    paper = rich(SOON)
    held = hold(paper, "ann", 80, minutes=30 * DAY)
    paper.at(FIRST_END).sweep()
    assert balances(paper) == (0, 0, 80, 0)
    paper.at(FIRST_END + timedelta(days=1))
    capture(paper, held)
    assert balances(paper) == (0, 0, 0, 0)
    assert paper.moves("ann") == [("issue", 100), ("hold", 80), ("expire", 20), ("capture", 80)]
    assert state(paper, held) == ("captured", 80, 0, [(1, 80)])


def test_released_points_keep_their_end() -> None:
    paper = rich(SOON)
    held = hold(paper, "ann", 80)
    release(paper, held)
    paper.at(FIRST_END - TICK).sweep()
    assert balances(paper) == (100, 0, 0, 0)
    paper.at(FIRST_END).sweep()
    assert balances(paper) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("moment", "available"), [(FIRST_END - TICK, 100), (FIRST_END, 0), (FIRST_END + TICK, 0)],
    ids=["just before the end", "at the end", "just after"],
)  # fmt: skip
def test_what_comes_back_after_its_end_ends_at_once(moment: datetime, available: int) -> None:
    paper = rich(SOON)
    held = hold(paper, "ann", 100, minutes=30 * DAY)
    paper.at(moment)
    release(paper, held)
    assert balances(paper) == (available, 0, 0, 0)
    assert paper.awards[-1].facts.get("expired", 0) == 100 - available
    if not available:
        assert paper.entries[-1].effective_at == moment
        assert paper.lots_of("ann")[0].expires_at == FIRST_END


def test_what_comes_back_after_its_end_is_told_of_when_a_hold_runs_out_too() -> None:
    paper = rich(SOON)
    hold(paper, "ann", 30, minutes=30 * DAY)
    paper.at(FIRST_END + timedelta(days=30)).sweep()
    assert balances(paper) == (0, 0, 0, 0)
    assert (paper.awards[-1].cause, paper.awards[-1].facts["expired"]) == ("settled", 30)


def test_what_comes_back_after_its_end_has_days_of_grace() -> None:
    paper = rich(SOON, NEVER, grace=7)
    held = hold(paper, "ann", 150, minutes=60 * DAY)
    paper.at(local("2026-03-01 12:00"))
    release(paper, held)
    assert balances(paper) == (200, 0, 0, 0)
    old, _, restored = paper.lots_of("ann")
    assert (restored.original, restored.remaining, restored.expires_at) == (100, 100, local("2026-03-09 00:00"))
    kept = (old.earned_at, old.matures_at, old.purchase_id)
    assert (restored.earned_at, restored.matures_at, restored.purchase_id) == kept
    assert paper.left("ann") == [0, 100, 100]
    assert paper.awards[-1].facts["lots"][0]["lot"] == restored.seq
    paper.at(local("2026-03-09 00:00")).sweep()
    assert balances(paper) == (100, 0, 0, 0)


@pytest.mark.parametrize(("offset", "ended"), [(-TICK, False), (timedelta(), True), (TICK, True)])
def test_a_hold_times_out_at_its_instant(offset: timedelta, ended: bool) -> None:  # noqa: FBT001
    paper = rich(NEVER)
    held = hold(paper, "ann", 60, minutes=30)
    over = paper.holds[held].expires_at
    assert over == paper.now + timedelta(minutes=30)
    paper.at(over + offset)
    if not ended:
        capture(paper, held)
        assert state(paper, held) == ("captured", 60, 0, [(1, 60)])
        return
    with pytest.raises(HoldTimedOut):
        capture(paper, held)
    paper.sweep()
    assert state(paper, held) == ("timed_out", 0, 0, [])
    assert (paper.holds[held].ended_at, paper.entries[-1].effective_at) == (over, over)
    assert balances(paper) == (100, 0, 0, 0)
    settled = paper.awards[-1]
    assert (settled.cause, settled.facts) == ("settled", {"timed_out": [str(held)]})


def test_a_hold_that_times_out_gives_back_and_what_is_over_ends() -> None:
    paper = rich(SOON, LATER)
    held = hold(paper, "ann", 150, minutes=15 * DAY)
    paper.at(local("2026-06-01 12:00")).sweep()
    over = paper.holds[held].expires_at
    assert [(e.kind, e.amount, e.effective_at) for e in paper.entries[3:]] == [
        ("release", 150, over),
        ("expire", 100, over),
        ("expire", 100, SECOND_END),
    ]
    assert balances(paper) == (0, 0, 0, 0)


def test_a_hold_that_times_out_gives_days_of_grace_from_then() -> None:
    paper = rich(SOON, grace=3)
    held = hold(paper, "ann", 100, minutes=15 * DAY)
    paper.at(local("2026-06-01 12:00")).sweep()
    over = paper.holds[held].expires_at
    assert over.date() == datetime(2026, 2, 16).date()  # noqa: DTZ001 - a day
    assert [(e.kind, e.amount, e.effective_at) for e in paper.entries[2:]] == [
        ("release", 100, over),
        ("expire", 100, local("2026-02-20 00:00")),
    ]


def test_a_time_out_repays_debt_at_its_own_instant() -> None:
    paper = rich(NEVER)
    held = hold(paper, "ann", 90)
    paper.take_back(refund("o0", "r", 8000))
    assert balances(paper) == (0, 0, 90, 70)
    paper.at(local("2026-06-01 12:00")).sweep()
    assert balances(paper) == (20, 0, 0, 0)
    assert [entry.effective_at for entry in paper.entries[-2:]] == [paper.holds[held].expires_at] * 2


def test_redeeming_counts_as_activity() -> None:
    paper = Paper(policies=Policies(expiry=Inactivity(10)))
    paper.join(joining("ann"))
    paper.at(local("2026-02-01 12:00")).buy(replace(purchase("o", 10000, "ann"), placed_at=local("2026-02-01 12:00")))
    paper.at(local("2026-02-11 12:00"))
    spend(paper, "ann", 10)
    assert paper.account("ann").active_at == local("2026-02-11 12:00")
    paper.at(local("2026-02-22 00:00") - TICK).sweep()
    assert balances(paper) == (90, 0, 0, 0)
    paper.at(local("2026-02-22 00:00")).sweep()
    assert balances(paper) == (0, 0, 0, 0)


def test_what_comes_back_slides_with_the_activity_since() -> None:
    paper = Paper(policies=Policies(expiry=Inactivity(10)))
    paper.join(joining("ann"))
    paper.at(local("2026-02-01 12:00")).buy(replace(purchase("o", 10000, "ann"), placed_at=local("2026-02-01 12:00")))
    held = hold(paper, "ann", 100, minutes=30 * DAY)
    paper.at(local("2026-02-20 12:00")).buy(replace(purchase("p", 100, "ann"), placed_at=local("2026-02-20 12:00")))
    paper.at(local("2026-02-25 12:00"))
    release(paper, held)
    assert balances(paper) == (101, 0, 0, 0)
    paper.at(local("2026-03-03 00:00")).sweep()
    assert balances(paper) == (0, 0, 0, 0)
