"""Points set aside: taken at once, spent or given back to where they came from. On paper: real rules, no database."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from loyalty.errors import HoldTimedOut, NotEnoughPoints
from loyalty.members.merging import merge_customers
from loyalty.points import holds
from loyalty.points.facts import Cause, OpenAccount
from loyalty.programs.policies import AfterDays, Inactivity, Never, Policies
from tests.paper import Paper, local
from tests.paper_holds import capture, hold, release, reverse, spend
from tests.stories import joining, purchase, refund

TICK = timedelta(microseconds=1)
DAY = 24 * 60
# What is earned by then ends at the midnight after 11 February, 21 February, and never.
SOON, LATER, NEVER = AfterDays(10), AfterDays(20), Never()
FIRST_END, SECOND_END = local("2026-02-12 00:00"), local("2026-02-22 00:00")


def rich(*expiries: AfterDays | Never, grace: int = 0) -> Paper:
    """Give the ledger of Ann, who on 1 February earned 100 points under each of these policies."""
    paper = Paper()
    paper.join(joining("ann"))
    paper.at(local("2026-02-01 12:00"))
    for number, expiry in enumerate(expiries):
        paper.follow(Policies(expiry=expiry))
        paper.buy(replace(purchase(f"o{number}", 10000, "ann"), placed_at=paper.now))
    paper.follow(Policies(restore_grace_days=grace))
    return paper


def balances(paper: Paper) -> tuple[int, int, int, int]:
    """Give what is available, pending, held, owed."""
    account = paper.account("ann")
    return account.available, account.pending, account.held, account.debt


def state(paper: Paper, hold_id: UUID) -> tuple[str, int, int, list[tuple[int, int]]]:
    """Give what became of a hold: captured, returned, and what is still out of which lot."""
    held = paper.holds[hold_id]
    return held.state, held.captured, held.returned, [(taken.lot, taken.points) for taken in held.taken]


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


def test_a_release_repays_debt() -> None:
    paper = rich(NEVER)
    held = hold(paper, "ann", 70)
    paper.take_back(refund("o0", "r", 10000))
    assert balances(paper) == (0, 0, 70, 70)
    release(paper, held)
    assert balances(paper) == (0, 0, 0, 0)
    assert paper.moves("ann")[-2:] == [("release", 70), ("repay", 70)]


def test_a_time_out_repays_debt_at_its_own_instant() -> None:
    paper = rich(NEVER)
    held = hold(paper, "ann", 90)
    paper.take_back(refund("o0", "r", 8000))
    assert balances(paper) == (0, 0, 90, 70)
    paper.at(local("2026-06-01 12:00")).sweep()
    assert balances(paper) == (20, 0, 0, 0)
    assert [entry.effective_at for entry in paper.entries[-2:]] == [paper.holds[held].expires_at] * 2


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
