"""Which tier is held on which day: the table of docs/rules.md, read from that page, and more rows of the same kind."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from loyalty.tiers.facts import Floor, Standing, Sums
from loyalty.tiers.rules import brought_up, progress, reassessed
from loyalty.tiers.scheme import Calendar, Lifetime, Rolling, Scheme, Tier, Window
from tests.paper import local

_PAGE = Path(__file__).parents[3] / "docs" / "rules.md"
_ROW = re.compile(r"\| (?P<no>T\d+) \| (?P<window>[^|]*) \| (?P<told>[^|]*) \| (?P<on>[^|]*) \| (?P<tier>[^|]*) \|")
_TOLD = re.compile(r"(?P<points>[−\d]+)(?: points)? on (?P<day>[\d-]+)(?: told (?P<told>[\d-]+))?")


class Told(NamedTuple):
    """Points of a day, and the day on which they became known."""

    points: int
    day: date
    told: date


def scheme(words: str, *, counts: str = "points_earned") -> Scheme:
    """Read `rolling 12 months, silver 200, gold 500, grace 30`."""
    first, *rest = words.split(", ")
    months = re.fullmatch(r"rolling (\d+) months", first)
    window: Window = Rolling(int(months[1])) if months else Calendar() if first == "calendar" else Lifetime()
    named = dict(part.rsplit(" ", 1) for part in rest)
    grace = int(named.pop("grace", 0))
    tiers = [Tier(key, {"en": key}, int(threshold)) for key, threshold in named.items()]
    return Scheme("money_spent" if counts == "money_spent" else "points_earned", window, tiers, grace)


def told(words: str) -> list[Told]:
    """Read `500 points on 2026-05-01, −100 on 2026-05-01 told 2026-06-01`."""
    found = []
    for part in words.split(", "):
        match = _TOLD.fullmatch(part)
        assert match, part
        day = date.fromisoformat(match["day"])
        points = int(match["points"].replace("−", "-"))
        found.append(Told(points, day, date.fromisoformat(match["told"]) if match["told"] else day))
    return found


def told_to(rules: Scheme, news: list[Told], on: date, *, nightly: bool, floor: Floor | None = None) -> Standing:
    """Tell everything that is known by the end of a day; with `nightly` each midnight is decided in its own night."""
    days: dict[date, Sums] = {}
    standing = reassessed(rules, {}, Standing(floor=floor), news[0].told)
    seen = news[0].told
    for one in sorted(news, key=lambda one: one.told):
        if one.told > on:
            break
        standing = _nights(rules, days, standing, seen, one.told) if nightly else standing
        standing, _ = brought_up(rules, days, standing, one.told)
        before = days.get(one.day, Sums())
        more = Sums(one.points, 0) if rules.counts == "points_earned" else Sums(0, one.points)
        days[one.day] = Sums(before.points + more.points, before.spent_minor + more.spent_minor)
        standing, seen = reassessed(rules, days, standing, one.told), one.told
    standing = _nights(rules, days, standing, seen, on) if nightly else standing
    return brought_up(rules, days, standing, on)[0]


def _nights(rules: Scheme, days: dict[date, Sums], standing: Standing, day: date, until: date) -> Standing:
    while day < until:
        day += timedelta(days=1)
        standing, _ = brought_up(rules, days, standing, day)
    return standing


def rows_of_the_page() -> Iterator[tuple[str, str, str, str, str]]:
    for match in _ROW.finditer(_PAGE.read_text(encoding="utf-8")):
        yield match["no"], match["window"], match["told"], match["on"], match["tier"]


YEAR = "rolling 12 months, gold 500"
FURTHER = [
    ("lifetime, gold 50000", "30000 points on 2020-01-01, 20000 on 2026-01-01", "2026-01-01", "gold"),
    ("lifetime, gold 50000", "30000 points on 2020-01-01, 19999 on 2026-01-01", "2026-01-01", "none"),
    # A purchase dated back counts on its own day, and the tier is there now.
    (
        "rolling 12 months, gold 500",
        "300 points on 2026-06-01, 200 on 2026-02-01 told 2026-07-01",
        "2026-07-01",
        "gold",
    ),
    # Its day is the first to fall out again.
    (
        "rolling 12 months, gold 500",
        "300 points on 2026-06-01, 200 on 2026-02-01 told 2026-07-01",
        "2027-02-01",
        "gold",
    ),
    (
        "rolling 12 months, gold 500",
        "300 points on 2026-06-01, 200 on 2026-02-01 told 2026-07-01",
        "2027-02-02",
        "none",
    ),
    # Told when its day is outside already.
    (
        "rolling 12 months, gold 500",
        "300 points on 2026-06-01, 200 on 2025-06-01 told 2026-06-01",
        "2026-06-01",
        "none",
    ),
    (
        "rolling 12 months, gold 500",
        "300 points on 2026-06-01, 200 on 2025-06-02 told 2026-06-01",
        "2026-06-01",
        "gold",
    ),
    # A refund after the window of its purchase changes nothing any more.
    (
        "rolling 12 months, gold 500",
        "500 points on 2026-01-10, 500 on 2026-12-01, −500 on 2026-01-10 told 2027-03-01",
        "2027-03-02",
        "gold",
    ),
    # Two tiers at once.
    ("rolling 12 months, silver 200, gold 500", "500 points on 2026-01-10", "2027-01-10", "gold"),
    ("rolling 12 months, silver 200, gold 500", "500 points on 2026-01-10", "2027-01-11", "none"),
    ("rolling 12 months, silver 200, gold 500, grace 5", "500 points on 2026-01-10", "2027-01-15", "gold"),
    ("rolling 12 months, silver 200, gold 500, grace 5", "500 points on 2026-01-10", "2027-01-16", "none"),
    ("rolling 12 months, silver 200, gold 500", "700 points on 2026-01-10", "2026-01-10", "gold"),
    # Within grace the sum is reached again; the next fall has a grace of its own.
    (
        "rolling 12 months, gold 500, grace 30",
        "500 points on 2026-01-10, 500 on 2027-01-20, −1 on 2027-01-20 told 2027-03-01",
        "2027-03-31",
        "gold",
    ),
    (
        "rolling 12 months, gold 500, grace 30",
        "500 points on 2026-01-10, 500 on 2027-01-20, −1 on 2027-01-20 told 2027-03-01",
        "2027-04-01",
        "none",
    ),
    # 29 February: in other years the 28th is the last of the twelve months, and falls out on 1 March.
    ("rolling 12 months, gold 500", "500 points on 2028-02-29", "2029-02-28", "gold"),
    ("rolling 12 months, gold 500", "500 points on 2028-02-29", "2029-03-01", "gold"),
    ("rolling 12 months, gold 500", "500 points on 2028-02-29", "2029-03-02", "none"),
    ("rolling 12 months, gold 500", "500 points on 2027-02-28", "2028-02-28", "gold"),
    ("rolling 12 months, gold 500", "500 points on 2027-02-28", "2028-02-29", "none"),
    ("rolling 1 months, gold 500", "500 points on 2026-01-31", "2026-03-01", "gold"),
    ("rolling 1 months, gold 500", "500 points on 2026-01-31", "2026-03-02", "none"),
    # The nights in which Paris changes its clocks are midnights like others: 29 March and 25 October 2026.
    ("rolling 12 months, gold 500", "500 points on 2025-03-28", "2026-03-28", "gold"),
    ("rolling 12 months, gold 500", "500 points on 2025-03-28", "2026-03-29", "none"),
    ("rolling 12 months, gold 500", "500 points on 2025-03-29", "2026-03-30", "none"),
    ("rolling 12 months, gold 500", "500 points on 2025-10-24", "2026-10-24", "gold"),
    ("rolling 12 months, gold 500", "500 points on 2025-10-24", "2026-10-25", "none"),
    # The calendar: grace after the year, and what the new year reaches by then.
    ("calendar, gold 500, grace 31", "500 points on 2026-05-01", "2028-01-31", "gold"),
    ("calendar, gold 500, grace 31", "500 points on 2026-05-01", "2028-02-01", "none"),
    ("calendar, gold 500, grace 31", "500 points on 2026-05-01, 500 on 2028-01-31", "2028-02-01", "gold"),
    ("calendar, silver 100, gold 500", "500 points on 2026-05-01, 100 on 2027-05-01", "2028-01-01", "silver"),
    # Dated back into the year before: that year is the better one.
    ("calendar, gold 500", "300 points on 2026-12-31, 200 on 2026-06-01 told 2027-02-01", "2027-02-01", "gold"),
]
ALL = [*((no, *row) for no, *row in rows_of_the_page()), *((f"more {n}", *row) for n, row in enumerate(FURTHER, 1))]


def test_the_page_has_its_rows() -> None:
    assert [no for no, *_ in rows_of_the_page()] == [f"T{n}" for n in range(1, 17)]


@pytest.mark.parametrize("nightly", [True, False], ids=["nightly", "late"])
@pytest.mark.parametrize(("no", "words", "news", "on", "tier"), ALL, ids=[row[0] for row in ALL])
@pytest.mark.parametrize("counts", ["points_earned", "money_spent"])
def test_the_tier_held_on_a_day(
    no: str, words: str, news: str, on: str, tier: str, *, nightly: bool, counts: str
) -> None:
    standing = told_to(scheme(words, counts=counts), told(news), date.fromisoformat(on), nightly=nightly)
    assert (standing.tier or "none") == tier, no


def floor_at(tier: str, until: str | None) -> Floor:
    return Floor(tier, date.fromisoformat(until) if until else None, "a complaint", "user:1", local("2026-01-01T09:00"))


@pytest.mark.parametrize(
    ("until", "news", "on", "tier"),
    [
        (None, "1 points on 2026-01-10", "2026-01-10", "silver"),
        (None, "1 points on 2026-01-10", "2036-01-10", "silver"),
        ("2026-06-30", "1 points on 2026-01-10", "2026-06-30", "silver"),
        ("2026-06-30", "1 points on 2026-01-10", "2026-07-01", "none"),
        # What is earned lies above it, and is lost down to it.
        (None, "500 points on 2026-01-10", "2026-01-10", "gold"),
        (None, "500 points on 2026-01-10", "2027-01-11", "silver"),
        # It changes nothing of what is earned meanwhile.
        ("2026-06-30", "200 points on 2026-01-10", "2026-07-01", "silver"),
        ("2026-06-30", "200 points on 2026-01-10", "2027-01-11", "none"),
    ],
)
@pytest.mark.parametrize("nightly", [True, False], ids=["nightly", "late"])
def test_a_floor_lies_beneath_what_is_earned(
    until: str | None, news: str, on: str, tier: str, *, nightly: bool
) -> None:
    rules = scheme("rolling 12 months, silver 200, gold 500")
    floor = floor_at("silver", until)
    standing = told_to(rules, told(news), date.fromisoformat(on), nightly=nightly, floor=floor)
    assert (standing.tier or "none") == tier


def test_a_midnight_decided_twice_is_decided_once() -> None:
    rules, days = scheme("rolling 12 months, gold 500"), {date(2026, 1, 10): Sums(500, 0)}
    first = reassessed(rules, days, Standing(), date(2026, 1, 10))
    once, turns = brought_up(rules, days, first, date(2027, 1, 11))
    assert [(turn.on, turn.tier_from, turn.tier_to, turn.cause) for turn in turns] == [
        (date(2027, 1, 11), "gold", None, "period")
    ]
    assert brought_up(rules, days, once, date(2027, 1, 11)) == (once, [])


def test_a_late_night_dates_each_change_at_its_own_midnight() -> None:
    rules = scheme("rolling 12 months, silver 200, gold 500")
    days = {date(2026, 1, 10): Sums(300, 0), date(2026, 3, 10): Sums(200, 0)}
    first = reassessed(rules, days, Standing(), date(2026, 3, 10))
    _, turns = brought_up(rules, days, first, date(2030, 1, 1))
    assert [(turn.on, turn.tier_to) for turn in turns] == [(date(2027, 1, 11), "silver"), (date(2027, 3, 11), None)]


PROGRESS = [
    ("calendar, gold 500", "420 points on 2026-05-01", "2026-08-01", (None, "gold", 80, "2026-12-31", None)),
    # Of the year before nothing is added to this one's.
    ("calendar, gold 500", "420 points on 2025-05-01", "2026-08-01", (None, "gold", 500, "2026-12-31", None)),
    ("calendar, gold 500", "500 points on 2026-05-01", "2026-08-01", ("gold", None, None, None, "2027-12-31")),
    ("rolling 12 months, gold 500", "420 points on 2026-05-01", "2026-08-01", (None, "gold", 80, "2027-04-30", None)),
    ("rolling 12 months, gold 500", "500 points on 2026-05-01", "2026-08-01", ("gold", None, None, None, "2027-05-01")),
    ("lifetime, gold 500", "420 points on 2026-05-01", "2026-08-01", (None, "gold", 80, None, None)),
    ("lifetime, gold 500", "500 points on 2026-05-01", "2026-08-01", ("gold", None, None, None, None)),
    (
        "rolling 12 months, silver 200, gold 500, grace 10",
        "300 points on 2026-05-01",
        "2026-08-01",
        ("silver", "gold", 200, "2027-04-30", "2027-05-11"),
    ),
]


@pytest.mark.parametrize(("words", "news", "on", "expected"), PROGRESS)
def test_how_much_is_missing_by_when_and_what_is_kept_until_when(
    words: str, news: str, on: str, expected: tuple[str | None, str | None, int | None, str | None, str | None]
) -> None:
    rules, today = scheme(words), date.fromisoformat(on)
    standing = told_to(rules, told(news), today, nightly=False)
    days = {one.day: Sums(one.points, 0) for one in told(news)}
    found = progress(rules, days, standing, today)
    by, kept = (str(day) if day else None for day in (found.by, found.kept_until))
    assert (found.tier, found.next_tier, found.missing, by, kept) == expected


def test_without_anything_earned_there_is_no_day_by_which() -> None:
    found = progress(scheme("rolling 12 months, gold 500"), {}, Standing(), date(2026, 8, 1))
    assert (found.missing, found.by, found.total) == (500, None, 0)
