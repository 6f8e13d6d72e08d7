"""Purchases of somebody who joined afterwards: which of them earn, by the programme's window."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from loyalty.members.decisions import NewMembership
from loyalty.programs.policies import AfterDays, GuestWindow, Policies
from loyalty.purchases.rules import within_guest_window
from tests.paper import Paper, local
from tests.stories import joined, purchase, recorded, refund

PARIS = ZoneInfo("Europe/Paris")
NOON = "2025-07-15 12:00"
# placed, joined: within none, month, three_months, all
WINDOWS = [
    ("2025-07-15 11:59:59.999999", NOON, "no yes yes yes"),
    (NOON, NOON, "no no no no"),
    ("2025-07-15 12:00:00.000001", NOON, "no no no no"),
    ("2025-06-15 12:00", NOON, "no yes yes yes"),
    ("2025-06-15 11:59:59.999999", NOON, "no no yes yes"),
    ("2025-04-15 12:00", NOON, "no no yes yes"),
    ("2025-04-15 11:59:59.999999", NOON, "no no no yes"),
    ("1999-01-01 00:00", NOON, "no no no yes"),
    # A month before the last days of March is the end of February.
    ("2026-02-28 12:00", "2026-03-31 12:00", "no yes yes yes"),
    ("2026-02-28 11:59", "2026-03-31 12:00", "no no yes yes"),
    ("2026-02-28 12:00", "2026-03-28 12:00", "no yes yes yes"),
    ("2028-02-29 12:00", "2028-03-31 12:00", "no yes yes yes"),
    ("2028-02-29 11:59", "2028-03-31 12:00", "no no yes yes"),
    # Three months before the end of May is the end of February, and before January lies another year.
    ("2026-02-28 12:00", "2026-05-31 12:00", "no no yes yes"),
    ("2025-12-15 12:00", "2026-01-15 12:00", "no yes yes yes"),
    ("2025-10-15 12:00", "2026-01-15 12:00", "no no yes yes"),
    # The same local time, though the clocks were changed in between.
    ("2026-03-15 12:00", "2026-04-15 12:00", "no yes yes yes"),
    ("2026-03-15 11:59", "2026-04-15 12:00", "no no yes yes"),
    ("2026-10-15 12:00", "2026-11-15 12:00", "no yes yes yes"),
    ("2026-10-15 11:59", "2026-11-15 12:00", "no no yes yes"),
]


@pytest.mark.parametrize(("placed", "joined_at", "within"), WINDOWS)
def test_the_window_reaches_back_by_local_months(placed: str, joined_at: str, within: str) -> None:
    windows: list[GuestWindow] = ["none", "month", "three_months", "all"]
    found = [within_guest_window(local(placed), local(joined_at), window, PARIS) for window in windows]
    assert ["yes" if inside else "no" for inside in found] == within.split()


def guest(window: GuestWindow = "month", placed: str = "2025-07-01 12:00", **more: Any) -> Paper:  # noqa: ANN401
    """Give the ledger of Ann, no member yet, with an order of 50.00."""
    paper = Paper(policies=Policies(guest_window=window, **more))
    paper.buy(order(placed))
    return paper


def order(placed: str = "2025-07-01 12:00") -> Any:  # noqa: ANN401
    """Tell an order of 50.00."""
    return replace(purchase("o", 5000, "ann"), placed_at=local(placed))


def membership(at: str = NOON, left: datetime | None = None) -> NewMembership:
    """Tell that Ann joined."""
    return NewMembership("ann", local(at), left)


@pytest.mark.parametrize(
    ("window", "placed", "points"),
    [
        ("none", "2025-07-01 12:00", 0),
        ("month", "2025-07-01 12:00", 50),
        ("month", "2025-06-01 12:00", 0),
        ("three_months", "2025-06-01 12:00", 50),
        ("three_months", "2025-04-01 12:00", 0),
        ("all", "2020-01-01 12:00", 50),
    ],
)
def test_joining_earns_what_was_bought_within_the_window(window: GuestWindow, placed: str, points: int) -> None:
    paper = guest(window, placed)
    assert paper.balance("ann") == (0, 0)
    [outcome] = paper.join(membership())
    assert paper.balance("ann") == (points, 0)
    assert joined(outcome).award.facts == {"purchases": int(points > 0), "points": points}
    assert paper.order("o").member is False
    assert paper.order("o").guest is (points > 0)
    if points:
        reassessed = paper.awards[-2]
        assert (reassessed.cause, reassessed.facts["guest"], reassessed.facts["member"]) == ("membership", True, False)
        assert reassessed.facts["reason"] is None


def test_it_makes_no_difference_whether_the_purchase_or_the_joining_is_told_first() -> None:
    first, last = guest(), Paper(policies=Policies(guest_window="month"))
    first.join(membership())
    last.join(membership())
    [outcome] = last.buy(order())
    assert recorded(outcome).awards[0].facts["guest"] is True
    assert first.balance("ann") == last.balance("ann") == (50, 0)
    assert first.lots_of("ann")[0].earned_at == last.lots_of("ann")[0].earned_at == local("2025-07-01 12:00")


def test_a_guests_purchase_earns_net_of_its_refunds() -> None:
    paper = guest()
    paper.take_back(refund("o", "r", 2000))
    paper.join(membership())
    assert paper.balance("ann") == (30, 0)
    paper.take_back(refund("o", "s", 1000))
    assert paper.balance("ann") == (20, 0)


def test_a_guests_purchase_earns_once_however_often_its_buyer_joins() -> None:
    paper = guest("all")
    paper.join(membership(), membership(), membership(left=local("2025-08-01 12:00")))
    paper.join(membership("2025-09-01 12:00"))
    assert paper.balance("ann") == (50, 0)


def test_a_joining_that_is_told_to_be_earlier_makes_the_guest_a_member() -> None:
    paper = guest()
    paper.join(membership())
    paper.join(NewMembership("ann", local("2025-06-15 12:00"), local("2025-07-10 12:00")))
    assert paper.balance("ann") == (50, 0)
    assert (paper.order("o").member, paper.order("o").guest) == (True, False)
    assert "guest" not in paper.awards[-2].facts
    assert (paper.awards[-2].cause, paper.awards[-2].due) == ("membership", 0)


def test_points_of_a_guest_that_are_over_already_end_at_once() -> None:
    paper = guest("all", "2025-01-01 12:00", expiry=AfterDays(30))
    paper.at(local("2026-02-01 12:00")).join(membership())
    assert paper.balance("ann") == (0, 0)
    assert paper.moves("ann") == [("issue", 50), ("expire", 50)]


def test_anonymous_purchases_have_no_guest() -> None:
    paper = Paper(policies=Policies(guest_window="all"))
    paper.buy(replace(order(), external_id=None))
    paper.join(membership())
    assert paper.balance("ann") == (0, 0)
    [claimed] = paper.edit(replace(order(), source_updated_at=local("2025-08-01 12:00")))
    assert claimed.award.cause == "claim"  # type: ignore[union-attr]
    assert paper.balance("ann") == (50, 0)
    assert paper.order("o").guest is True


def test_the_window_of_today_decides() -> None:
    paper = guest("none")
    paper.join(membership())
    assert paper.balance("ann") == (0, 0)
    paper.follow(Policies(guest_window="month"))
    paper.take_back(refund("o", "r", 0))
    assert paper.balance("ann") == (50, 0)
    assert paper.awards[-1].facts["policy"] == {"guest_window": "month"}
