"""Who may have a reward, for what price, and if not, every reason why: as tables."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from loyalty.points.facts import OpenAccount
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.rules import Counted, Reason, Standing, left_of, price_for, refusals
from loyalty.rewards.terms import Terms

PARIS = ZoneInfo("Europe/Paris")
LADDER = {"bronze": 0, "silver": 1, "gold": 2}
# 31 December, 23:30 in Paris.
NOW = datetime(2026, 12, 31, 22, 30, tzinfo=UTC)
CODES = {"source": "uploaded"}


def a_reward(**terms: Any) -> RewardFacts:  # noqa: ANN401
    return RewardFacts(UUID(int=1), "gift", "Mug", 100, {}, terms=Terms(**terms))


def reasons(
    reward: RewardFacts,
    *,
    available: int = 1000,
    debt: int = 0,
    member: bool = True,
    now: datetime = NOW,
    standing: Standing | None = None,
    counted: Counted | None = None,
) -> list[Reason]:
    account = OpenAccount(UUID(int=2), 1, 1, PARIS, available=available, debt=debt)
    standing = standing or Standing(ladder=LADDER)
    price = price_for(reward, standing)
    found = list(
        refusals(
            reward,
            account,
            member=member,
            now=now,
            price=price,
            standing=standing,
            counted=counted or Counted(),
        )
    )
    # Whoever redeems is refused under the code that the catalogue tells; debt is told with the balance.
    assert all(error.code in {reason.code, "not_enough_points"} for error, reason in found)
    return [reason for _, reason in found]


@pytest.mark.parametrize(
    ("available", "debt", "expected"),
    [
        (100, 0, []),
        (99, 0, [Reason("not_enough_points", missing=1)]),
        (0, 0, [Reason("not_enough_points", missing=100)]),
        # What is owed is repaid first.
        (0, 40, [Reason("not_enough_points", missing=140), Reason("debt", owed=40)]),
    ],
)
def test_points_must_be_there(available: int, debt: int, expected: list[Reason]) -> None:
    assert reasons(a_reward(), available=available, debt=debt) == expected


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (date(2026, 12, 31), date(2026, 12, 31), []),
        (date(2027, 1, 1), None, [Reason("not_started", on=date(2027, 1, 1))]),
        (None, date(2026, 12, 30), [Reason("ended", on=date(2026, 12, 30))]),
        (None, None, []),
    ],
)
def test_days_are_local_and_both_included(starts: date | None, ends: date | None, expected: list[Reason]) -> None:
    assert reasons(a_reward(starts_on=starts, ends_on=ends)) == expected


def test_the_last_day_ends_at_the_local_midnight() -> None:
    reward = a_reward(ends_on=date(2026, 12, 31))
    last = datetime(2026, 12, 31, 22, 59, 59, 999_999, tzinfo=UTC)
    assert reasons(reward, now=last) == []
    assert reasons(reward, now=datetime(2026, 12, 31, 23, tzinfo=UTC)) == [Reason("ended", on=date(2026, 12, 31))]


@pytest.mark.parametrize(
    ("tier", "needs", "expected"),
    [
        (None, "bronze", [Reason("tier_too_low", needs="bronze")]),
        ("bronze", "bronze", []),
        ("silver", "gold", [Reason("tier_too_low", needs="gold")]),
        ("gold", "silver", []),
        # A tier that is no more is nobody's.
        ("gold", "platinum", [Reason("tier_too_low", needs="platinum")]),
        ("platinum", "bronze", [Reason("tier_too_low", needs="bronze")]),
        (None, None, []),
    ],
)
def test_a_tier_opens_what_is_for_it_and_for_lower_ones(
    tier: str | None, needs: str | None, expected: list[Reason]
) -> None:
    assert reasons(a_reward(minimum_tier=needs), standing=Standing(tier, LADDER)) == expected


@pytest.mark.parametrize(
    ("tier", "price"), [(None, 100), ("bronze", 100), ("silver", 80), ("gold", 80), ("platinum", 100)]
)
def test_a_price_by_tier_counts_for_higher_ones_too(tier: str | None, price: int) -> None:
    assert price_for(a_reward(tier_prices={"silver": 80, "diamond": 1}), Standing(tier, LADDER)) == price


def test_of_several_prices_the_highest_tiers_counts_though_it_be_dearer() -> None:
    reward = a_reward(tier_prices={"gold": 90, "bronze": 70})
    assert [price_for(reward, Standing(tier, LADDER)) for tier in LADDER] == [70, 70, 90]
    assert reasons(reward, available=80, standing=Standing("gold", LADDER)) == [Reason("not_enough_points", missing=10)]


@pytest.mark.parametrize(
    ("own", "expected"),
    [({"a"}, []), ({"b", "c"}, []), ({"d"}, [Reason("not_in_segment")]), ((), [Reason("not_in_segment")])],
)
def test_any_of_the_segments_opens_it(own: set[str], expected: list[Reason]) -> None:
    standing = Standing(ladder=LADDER, segments=frozenset(own))
    assert reasons(a_reward(segments=["a", "b"]), standing=standing) == expected


@pytest.mark.parametrize(
    ("stock", "out", "codes", "left"),
    [
        (None, 9, None, None),
        (5, 4, None, 1),
        (5, 5, None, 0),
        (0, 0, None, 0),
        (5, 6, None, 0),
        (None, 0, 7, 7),
        (5, 4, 0, 0),
        (2, 0, 7, 2),
    ],
)
def test_what_is_left_is_the_stock_less_what_is_out(
    stock: int | None, out: int, codes: int | None, left: int | None
) -> None:
    reward, counted = a_reward(stock=stock), Counted(out, 0, codes)
    assert left_of(reward, counted) == left
    assert reasons(reward, counted=counted) == ([Reason("out_of_stock")] if left == 0 else [])


@pytest.mark.parametrize(
    ("per", "now", "again"),
    [
        ("ever", NOW, None),
        ("day", NOW, date(2027, 1, 1)),
        ("month", NOW, date(2027, 1, 1)),
        ("year", NOW, date(2027, 1, 1)),
        # An hour later it is the new year in Paris, and still the old one in UTC.
        ("month", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 2, 1)),
        ("year", datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2028, 1, 1)),
        ("month", datetime(2026, 11, 15, tzinfo=UTC), date(2026, 12, 1)),
    ],
)
def test_who_has_had_enough_is_told_when_there_is_more(per: str, now: datetime, again: date | None) -> None:
    reward = a_reward(per_member_limit=2, limit_per=per)
    assert reasons(reward, now=now, counted=Counted(to_member=1)) == []
    assert reasons(reward, now=now, counted=Counted(to_member=2)) == [Reason("limit_reached", again_on=again)]


def test_everything_that_stands_in_the_way_is_told() -> None:
    reward = RewardFacts(
        UUID(int=1),
        "gift",
        "Mug",
        100,
        {},
        active=False,
        terms=Terms(stock=1, per_member_limit=1, minimum_tier="gold", starts_on=date(2027, 2, 1), segments=["a"]),
    )
    found = reasons(reward, available=0, debt=7, member=False, counted=Counted(1, 1))
    assert [reason.code for reason in found] == [
        "retired",
        "not_a_member",
        "not_started",
        "tier_too_low",
        "not_in_segment",
        "out_of_stock",
        "limit_reached",
        "not_enough_points",
        "debt",
    ]
