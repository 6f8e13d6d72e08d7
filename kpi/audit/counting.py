"""What a recount is: statements of DuckDB, and the shapes that several share."""

from typing import NamedTuple


class Counting(NamedTuple):
    """A measure in SQL. `figures`: slot, segment, num, den; no row is 0 of 0, and den is null where nothing is divided.

    `counts`: slot, name, number of the whole numbers beside it, those that are 0 may be left out.
    """

    figures: str
    counts: str | None = None


# What a slot holds, put behind the rows of something placed at an instant.
PLACED = "JOIN slot ON placed_at >= start_at AND placed_at < end_at"


def by_status(rows: str, num: str, den: str = "NULL") -> str:
    """Sum rows with a slot and `member`: all of them, and those of each status."""
    return f"""
WITH one AS ({rows})
SELECT slot, 'all' AS segment, {num} AS num, {den} AS den FROM one GROUP BY slot
UNION ALL
SELECT slot, CASE WHEN member THEN 'member' ELSE 'non_member' END, {num}, {den} FROM one GROUP BY slot, member
"""  # noqa: S608 - our own words


def of_all(num: str, den: str, rows: str) -> str:
    """Sum rows with a slot, without a split."""
    return f"SELECT slot, 'all' AS segment, {num} AS num, {den} AS den FROM {rows} GROUP BY slot"  # noqa: S608 - as above


def named(name: str, number: str, rows: str) -> str:
    """Sum rows with a slot to one whole number."""
    return f"SELECT slot, '{name}' AS name, {number} AS number FROM {rows} GROUP BY slot"  # noqa: S608 - as above


def together(*counts: str) -> str:
    """Put several whole numbers into one statement."""
    return " UNION ALL ".join(counts)
