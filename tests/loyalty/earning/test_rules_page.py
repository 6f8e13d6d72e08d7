"""docs/rules.md was written first: its tables are what the service must do."""

from fractions import Fraction

import pytest

from loyalty.earning.rules import Points
from loyalty.purchases.rules import kept, target
from tests.loyalty.earning.page import PAGE, Row, rows

ROWS = rows()
REASONS = frozenset(
    [
        "not_started",
        "ended",
        "weekday",
        "time_of_day",
        "tier",
        "segment",
        "no_lines",
        "no_matching_line",
        "below_minimum",
        "not_first_purchase",
        "silenced",
        "nothing_to_multiply",
        "no_basis",
    ]
)


def decided(row: Row) -> tuple[Fraction | int, Points]:
    """Decide a row with the service's own arithmetic."""
    basket = row.basket
    return target(basket, kept(basket.goods_minor, [basket.refunded_minor]), row.version, row.known)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_the_page_says_what_a_basket_earns(row: Row) -> None:
    _, points = decided(row)
    assert points.total == row.award
    assert sum(Fraction(part["points"]) for part in points.breakdown) // 1 == row.award


@pytest.mark.parametrize("row", [row for row in ROWS if row.worked in REASONS], ids=lambda row: row.number)
def test_the_page_says_why_a_rule_gives_nothing(row: Row) -> None:
    _, points = decided(row)
    assert row.worked in {part.get("reason") for part in points.breakdown}


def test_the_tables_are_all_read() -> None:
    told = sum(line.startswith(tuple(f"| {letter}" for letter in "ABCDEF")) for line in PAGE.read_text().splitlines())
    assert len(ROWS) == told >= 60
    assert {row.number[0] for row in ROWS} == set("ABCDEF")


def test_the_reasons_of_the_page_are_those_that_are_tested() -> None:
    found = {row.worked for row in ROWS} & REASONS
    # Those are told in words in some row, or where a rule is silenced by another that the row is about.
    assert REASONS - found <= {"weekday", "time_of_day", "silenced", "no_basis"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.basket.lines], ids=lambda row: row.number)
def test_the_parts_of_lines_are_all_that_lines_earn(row: Row) -> None:
    for part in decided(row)[1].breakdown:
        if "lines" in part:
            assert sum(Fraction(line["points"]) for line in part["lines"]) == Fraction(part["points"])
