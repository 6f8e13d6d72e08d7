"""How points end: exactly at their instant, what ends first being spent first. On paper: real rules, no database."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from loyalty.programs.policies import AfterDays, EndOfMonth, Inactivity, Policies
from tests.paper import Paper, local
from tests.paper_holds import capture, hold
from tests.stories import joining, purchase, recorded, refund

TICK = timedelta(microseconds=1)
MONTH = Policies(expiry=AfterDays(30))


def paper_of(policies: Policies, **orders: str) -> Paper:
    """Give the ledger of Ann, with orders of 100.00 placed at noon of these days, each told at that moment."""
    paper = Paper(policies=policies)
    paper.join(joining("ann"))
    for order_id, placed in orders.items():
        bought(paper, order_id, placed)
    return paper


def bought(paper: Paper, order_id: str, placed: str, goods: int = 10000) -> None:
    """Tell an order at the moment at which it was placed, or later than the one before."""
    at = local(f"{placed} 12:00")
    if at > paper.now:
        paper.at(at)
    paper.buy(replace(purchase(order_id, goods, "ann"), placed_at=at))


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        (local("2026-03-11 00:00") - TICK, 100),
        (local("2026-03-11 00:00"), 0),
        (local("2026-03-11 00:00") + TICK, 0),
    ],
    ids=["just before", "on the instant", "just after"],
)
def test_points_are_there_until_the_instant_at_which_they_end(moment: datetime, left: int) -> None:
    paper = paper_of(MONTH, book="2026-02-08")
    assert paper.lots_of("ann")[0].expires_at == local("2026-03-11 00:00")
    paper.at(moment).sweep()
    assert paper.balance("ann") == (left, 0)
    assert paper.moves("ann") == [("issue", 100)] + [("expire", 100)] * (not left)


@pytest.mark.parametrize(
    ("moment", "debt"),
    [(local("2026-03-11 00:00") - TICK, 0), (local("2026-03-11 00:00"), 100)],
    ids=["just before", "on the instant"],
)
def test_a_write_never_takes_points_that_are_over(moment: datetime, debt: int) -> None:
    paper = paper_of(MONTH, book="2026-02-08")
    paper.at(moment).take_back(refund("book", "r", 10000))
    assert paper.balance("ann") == (0, debt)


def test_an_expiry_is_effective_at_its_own_instant_whenever_it_is_written() -> None:
    paper = paper_of(MONTH, book="2026-02-08")
    paper.at(local("2026-05-01 09:00")).buy(purchase("pin", 99, "ann"))
    [_, expired] = paper.entries
    assert (expired.effective_at, expired.recorded_at) == (local("2026-03-11 00:00"), local("2026-05-01 09:00"))
    settled = next(award for award in paper.awards if award.cause == "settled")
    assert settled.award_id == expired.award_id
    assert (settled.facts, settled.given, settled.due) == ({"moved": {"2": 1}}, 0, 0)


def test_what_ends_first_is_spent_first_though_it_is_younger() -> None:
    paper = paper_of(Policies(expiry=AfterDays(90)), old="2026-02-01")
    paper.follow(MONTH)
    bought(paper, "young", "2026-02-10")
    paper.follow(Policies())
    bought(paper, "for ever", "2026-01-10")
    capture(paper, hold(paper, "ann", 250))
    assert paper.left("ann") == [0, 0, 50]
    [held] = paper.holds.values()
    assert [(taken.lot, taken.points) for taken in held.taken] == [(2, 100), (1, 100), (3, 50)]


def test_points_of_one_end_go_oldest_first() -> None:
    paper = paper_of(Policies(expiry=EndOfMonth()), young="2026-02-10", old="2026-02-01")
    capture(paper, hold(paper, "ann", 120))
    assert paper.left("ann") == [80, 0]


@pytest.mark.parametrize(
    ("placed", "moves", "left"),
    [
        ("2026-01-29", [("issue", 100), ("expire", 100)], 0),
        ("2026-01-30", [("issue", 100), ("expire", 100)], 0),
        ("2026-01-31", [("issue", 100)], 100),
    ],
)
def test_points_of_a_purchase_dated_in_the_past_may_be_over_already(
    placed: str, moves: list[tuple[str, int]], left: int
) -> None:
    paper = paper_of(MONTH)
    at = local(f"{placed} 12:00")
    [outcome] = paper.at(local("2026-03-02 00:00")).buy(replace(purchase("book", 10000, "ann"), placed_at=at))
    [award] = recorded(outcome).awards
    assert (award.due, award.given, award.available_after) == (100, 100, left)
    assert paper.moves("ann") == moves
    assert {entry.award_id for entry in paper.entries} == {award.award_id}
    assert paper.entries[0].effective_at == at
    if not left:
        assert paper.entries[1].effective_at == paper.lots_of("ann")[0].expires_at


def test_points_that_are_over_already_repay_no_debt() -> None:
    paper = paper_of(MONTH, book="2026-02-08")
    paper.at(local("2026-04-01 12:00")).take_back(refund("book", "r", 4000))
    assert paper.balance("ann") == (0, 40)
    past = replace(purchase("past", 10000, "ann"), placed_at=local("2026-01-05 12:00"))
    paper.buy(past)
    assert paper.balance("ann") == (0, 40)
    assert paper.moves("ann")[-2:] == [("issue", 100), ("expire", 100)]


def test_an_import_may_date_points_from_now_instead() -> None:
    paper = paper_of(MONTH)
    paper.source = replace(paper.source, dated_now=True)
    now = local("2026-06-15 12:00")
    paper.at(now).buy(replace(purchase("book", 10000, "ann"), placed_at=local("2025-06-15 12:00")))
    [lot] = paper.lots_of("ann")
    assert (lot.earned_at, lot.matures_at, lot.expires_at) == (now, now, local("2026-07-16 00:00"))
    assert paper.balance("ann") == (100, 0)


def test_a_lot_of_a_purchase_dated_ahead_of_the_clock_is_earned_now() -> None:
    paper = paper_of(MONTH)
    now = local("2026-06-15 23:55")
    paper.at(now).buy(replace(purchase("book", 10000, "ann"), placed_at=now + timedelta(minutes=10)))
    [lot] = paper.lots_of("ann")
    assert (lot.earned_at, lot.expires_at) == (now, local("2026-07-16 00:00"))


SLIDING = Policies(expiry=Inactivity(30))


def test_every_earning_lets_all_points_live_on() -> None:
    paper = paper_of(SLIDING, first="2026-02-01", second="2026-02-25")
    paper.at(local("2026-03-27 23:59")).sweep()
    assert paper.balance("ann") == (200, 0)
    paper.at(local("2026-03-28 00:00") - TICK).sweep()
    assert paper.balance("ann") == (200, 0)
    paper.at(local("2026-03-28 00:00")).sweep()
    assert paper.balance("ann") == (0, 0)
    assert {e.effective_at for e in paper.entries if e.kind == "expire"} == {local("2026-03-28 00:00")}


def test_a_refund_does_not_undo_the_activity() -> None:
    paper = paper_of(SLIDING, first="2026-02-01", second="2026-02-25")
    paper.take_back(refund("second", "r", 10000))
    assert paper.account("ann").active_at == local("2026-02-25 12:00")
    paper.at(local("2026-03-27 23:00")).sweep()
    assert paper.balance("ann") == (100, 0)


def test_an_earning_that_is_told_late_does_not_turn_back_the_activity() -> None:
    paper = paper_of(SLIDING, first="2026-02-25")
    paper.buy(replace(purchase("late", 10000, "ann"), placed_at=local("2026-01-20 12:00")))
    assert paper.account("ann").active_at == local("2026-02-25 12:00")
    assert [award.facts.get("active_at") for award in paper.awards if award.cause == "purchase"] == [
        "2026-02-25T11:00:00Z", None,
    ]  # fmt: skip
    # Its points would have ended on 20 February, but the account was active since.
    assert paper.balance("ann") == (200, 0)


def test_an_earning_comes_too_late_for_points_that_ended_before_it() -> None:
    paper = paper_of(SLIDING, first="2026-02-01", second="2026-03-04")
    assert paper.balance("ann") == (100, 0)
    assert paper.moves("ann") == [("issue", 100), ("expire", 100), ("issue", 100)]


def test_the_activity_goes_on_being_noted_when_the_policy_changes() -> None:
    paper = paper_of(SLIDING, first="2026-02-01")
    paper.follow(MONTH)
    bought(paper, "second", "2026-02-20")
    paper.at(local("2026-03-22 23:59")).sweep()
    assert paper.balance("ann") == (200, 0)
    paper.at(local("2026-03-23 00:00")).sweep()
    assert paper.balance("ann") == (0, 0)


def test_without_sliding_points_no_activity_is_noted() -> None:
    paper = paper_of(MONTH, first="2026-02-01")
    assert paper.account("ann").active_at is None


def test_a_change_of_policy_leaves_the_dates_of_old_lots() -> None:
    paper = paper_of(MONTH, old="2026-02-01")
    paper.follow(Policies())
    bought(paper, "new", "2026-02-02")
    assert [lot.expires_at for lot in paper.lots_of("ann")] == [local("2026-03-04 00:00"), None]
    paper.at(datetime(2030, 1, 1, tzinfo=UTC)).sweep()
    assert paper.balance("ann") == (100, 0)


def test_plain_points_need_no_dates_in_their_award() -> None:
    plain, dated = paper_of(Policies(), book="2026-02-01"), paper_of(MONTH, book="2026-02-01")
    assert "lots" not in plain.awards[-1].facts
    assert dated.awards[-1].facts["lots"] == [
        {
            "lot": 1, "earned_at": "2026-02-01T11:00:00Z", "matures_at": "2026-02-01T11:00:00Z",
            "expires_at": "2026-03-03T23:00:00Z", "slides_days": None,
        }
    ]  # fmt: skip
    assert dated.awards[-1].facts["policy"] == {"expiry": {"kind": "days", "days": 30}}
