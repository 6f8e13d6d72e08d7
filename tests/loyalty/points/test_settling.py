"""Bringing accounts up to now: in the order of time, and the same whoever does it, whenever. On paper."""

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from loyalty.programs.policies import AfterDays, OnDelivery, Policies
from tests.paper import Paper, local
from tests.paper_holds import hold, spend
from tests.stories import joining, purchase, recorded, refund

TICK = timedelta(microseconds=1)
WAITING = Policies(maturity=AfterDays(14), expiry=AfterDays(30))
# Earned on 1 February: they mature after the 15th, and end after 30 days more.
MATURES, ENDS = local("2026-02-16 00:00"), local("2026-03-19 00:00")


def waiting(policies: Policies = WAITING) -> Paper:
    """Give the ledger of Ann, who has 100 pending points."""
    paper = Paper(policies=policies)
    paper.join(joining("ann"))
    bought(paper, "book", "2026-02-01 12:00")
    return paper


def bought(paper: Paper, order_id: str, placed: str, goods: int = 10000) -> None:
    """Tell an order at the moment at which it was placed."""
    paper.at(local(placed)).buy(replace(purchase(order_id, goods, "ann"), placed_at=local(placed)))


def balances(paper: Paper) -> tuple[int, int, int, int]:
    """Give what is available, pending, held, owed."""
    account = paper.account("ann")
    return account.available, account.pending, account.held, account.debt


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (MATURES - TICK, (0, 100)),
        (MATURES, (100, 0)),
        (MATURES + TICK, (100, 0)),
        (ENDS - TICK, (100, 0)),
        (ENDS, (0, 0)),
    ],
)
def test_points_mature_and_end_at_their_instants(moment: datetime, found: tuple[int, int]) -> None:
    paper = waiting()
    paper.at(moment).sweep()
    assert balances(paper)[:2] == found


def test_what_fell_due_long_ago_is_posted_in_the_order_of_time() -> None:
    paper = waiting()
    bought(paper, "shoes", "2026-02-20 12:00")
    paper.follow(Policies())
    bought(paper, "pin", "2026-12-01 12:00", 100)
    account_entries = [(e.kind, e.amount, e.effective_at) for e in paper.entries]
    assert account_entries == [
        ("issue", 100, local("2026-02-01 12:00")),
        ("mature", 100, MATURES),
        ("issue", 100, local("2026-02-20 12:00")),
        ("mature", 100, local("2026-03-07 00:00")),
        ("expire", 100, ENDS),
        ("expire", 100, local("2026-04-07 00:00")),
        ("issue", 1, local("2026-12-01 12:00")),
    ]
    assert [award.cause for award in paper.awards] == [
        "joined",
        "purchase",
        "settled",
        "purchase",
        "settled",
        "purchase",
    ]
    assert paper.awards[4].facts["moved"] == {"4": 3, "5": 1, "6": 3}


def test_settling_counts_as_a_version_of_its_own() -> None:
    paper = waiting()
    assert paper.account("ann").version == 2
    paper.at(MATURES).buy(purchase("pin", 99, "ann"))
    versions = [(award.cause, award.account_version) for award in paper.awards]
    assert versions[2:] == [("settled", 3), ("purchase", 4)]
    assert paper.account("ann").version == 4


def test_whoever_is_refused_or_only_repeats_himself_settles_nothing() -> None:
    paper = waiting()
    before = (paper.account("ann"), len(paper.awards))
    paper.at(ENDS)
    [again] = paper.buy(replace(purchase("book", 10000, "ann"), placed_at=local("2026-02-01 12:00")))
    assert recorded(again).replayed
    paper.buy(replace(purchase("book", 1, "ann"), placed_at=local("2026-02-01 12:00")))
    paper.buy(purchase("other", 1, "ann", currency="USD"))
    assert (paper.account("ann"), len(paper.awards)) == before


def test_next_due_is_the_first_thing_to_come() -> None:
    paper = waiting()
    assert paper.account("ann").next_due_at == MATURES
    paper.at(MATURES).sweep()
    assert paper.account("ann").next_due_at == ENDS
    held = hold(paper, "ann", 10)
    assert paper.account("ann").next_due_at == paper.holds[held].expires_at
    paper.at(ENDS).sweep()
    assert paper.account("ann").next_due_at is None


def test_a_refund_while_points_are_pending_takes_pending_points() -> None:
    paper = waiting()
    paper.take_back(refund("book", "r", 3000))
    assert balances(paper) == (0, 70, 0, 0)
    assert [(e.kind, e.debit_code, e.amount) for e in paper.entries[1:]] == [("claw_back", "pending", 30)]
    paper.at(MATURES).sweep()
    assert balances(paper) == (70, 0, 0, 0)


def test_a_refund_takes_its_own_pending_points_and_not_those_of_others() -> None:
    paper = waiting()
    paper.follow(Policies())
    bought(paper, "shoes", "2026-02-02 12:00", 4000)
    paper.take_back(refund("shoes", "r", 4000))
    assert balances(paper) == (0, 100, 0, 0)
    bought(paper, "boots", "2026-02-03 12:00", 4000)
    spend(paper, "ann", 40)
    paper.take_back(refund("boots", "r", 4000))
    assert balances(paper) == (0, 100, 0, 40)


def test_a_refund_takes_what_is_pending_of_the_purchase_before_what_is_available_of_it() -> None:
    paper = waiting(Policies())
    paper.follow(WAITING)
    told = replace(purchase("book", 15000, "ann"), placed_at=local("2026-02-01 12:00"))
    paper.edit(replace(told, source_updated_at=local("2026-02-02 12:00")))
    assert balances(paper) == (100, 50, 0, 0)
    paper.take_back(refund("book", "r", 8000))
    assert balances(paper) == (70, 0, 0, 0)
    assert [(e.debit_code, e.amount) for e in paper.entries if e.kind == "claw_back"] == [
        ("pending", 50), ("available", 30),
    ]  # fmt: skip


def test_a_small_refund_takes_from_the_first_of_several_pending_lots_alone() -> None:
    paper = waiting()
    told = replace(purchase("book", 15000, "ann"), placed_at=local("2026-02-01 12:00"))
    paper.edit(replace(told, source_updated_at=local("2026-02-02 12:00")))
    paper.take_back(refund("book", "r", 4000))
    assert paper.left("ann") == [60, 50]
    assert paper.moves("ann") == [("issue", 100), ("issue", 50), ("claw_back", 40)]


def in_debt(paper: Paper, goods: int = 6000) -> None:
    """Have Ann spend and give back a purchase of 60.00: she owes 60 points."""
    paper.follow(Policies())
    paper.buy(replace(purchase("gift", goods, "ann"), placed_at=paper.now))
    spend(paper, "ann", goods // 100)
    paper.take_back(refund("gift", "r", goods))
    assert balances(paper)[3] == goods // 100


def test_pending_points_repay_no_debt_and_maturing_ones_do() -> None:
    paper = waiting()
    in_debt(paper)
    assert balances(paper) == (0, 100, 0, 60)
    paper.at(MATURES).sweep()
    assert balances(paper) == (40, 0, 0, 0)
    assert [(e.kind, e.amount, e.effective_at) for e in paper.entries[-2:]] == [
        ("mature", 100, MATURES),
        ("repay", 60, MATURES),
    ]


def test_debt_larger_than_what_matures_stays_in_part() -> None:
    paper = waiting()
    in_debt(paper, 25000)
    paper.at(MATURES).sweep()
    assert balances(paper) == (0, 0, 0, 150)
    paper.at(ENDS).sweep()
    assert paper.moves("ann")[-1] == ("repay", 100)


def test_expiries_go_before_maturings_of_the_same_instant() -> None:
    paper = waiting(Policies(expiry=AfterDays(20)))
    paper.follow(Policies(maturity=AfterDays(10)))
    bought(paper, "shoes", "2026-02-11 12:00")
    ends = paper.lots_of("ann")[0].expires_at
    assert ends == paper.lots_of("ann")[1].matures_at == local("2026-02-22 00:00")
    paper.at(local("2026-03-01 12:00")).sweep()
    assert [(e.kind, e.effective_at) for e in paper.entries[2:]] == [("expire", ends), ("mature", ends)]


def test_points_that_waited_for_a_delivery_never_come_by_themselves() -> None:
    paper = waiting(Policies(maturity=OnDelivery(), expiry=AfterDays(30)))
    assert paper.account("ann").next_due_at is None
    paper.at(local("2036-01-01 12:00")).sweep()
    assert balances(paper) == (0, 100, 0, 0)


def test_points_of_the_past_that_matured_meanwhile_are_available_at_once() -> None:
    paper = Paper(policies=WAITING)
    paper.join(joining("ann"))
    paper.at(local("2026-03-01 12:00"))
    paper.buy(replace(purchase("book", 10000, "ann"), placed_at=local("2026-02-01 12:00")))
    [lot] = paper.lots_of("ann")
    assert (lot.matures_at, lot.expires_at) == (MATURES, ENDS)
    assert balances(paper) == (100, 0, 0, 0)
