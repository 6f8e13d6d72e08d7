"""With the amount rule the result depends neither on the order of the files nor on the order of their rows."""

import csv
import gzip
import random
from collections import defaultdict
from io import StringIO

import pytest

from loyalty.demo.facts import CHAPTERS
from loyalty.verify import verify
from tests.loyalty.imports.desk import Desk, Ledger

HOUSEHOLDS = {str(n) for n in range(1, 41)}
FILES = {chapter.kind: chapter.path for chapter in CHAPTERS}


def some(kind: str) -> list[dict[str, str]]:
    """Take the rows of some households of the public sample."""
    with gzip.open(FILES[kind], "rt", newline="") as file:
        return [row for row in csv.DictReader(file) if row["customer_id"] in HOUSEHOLDS]


def as_csv(rows: list[dict[str, str]]) -> str:
    file = StringIO()
    writer = csv.DictWriter(file, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def expected_points() -> dict[str, int]:
    """Count by hand: a point per whole dollar of every order placed on or after the day of joining."""
    joined = {row["customer_id"]: row["joined_at"] for row in some("members")}
    points: dict[str, int] = defaultdict(int)
    for row in some("purchases"):
        # Both are written in UTC and in one format, so they compare as texts.
        if row["placed_at"] >= joined.get(row["customer_id"], "9999"):
            points[row["customer_id"]] += int(row["net_cents"]) // 100
    return dict(points)


@pytest.mark.parametrize("order", ["members first", "purchases first", "shuffled"])
async def test_the_points_are_the_same_in_any_order(desk: Desk, ledger: Ledger, order: str) -> None:
    files = {"members": some("members"), "purchases": some("purchases")}
    kinds = ["members", "purchases"]
    if order != "members first":
        kinds.reverse()
    if order == "shuffled":
        for rows in files.values():
            random.Random(8451).shuffle(rows)  # noqa: S311 - the same order in each run
    for kind in kinds:
        imported = await desk.bring_in(kind, as_csv(files[kind]))
        assert (imported.recorded, imported.errors) == (len(files[kind]), 0)
    points = {customer: found for customer, found in (await ledger.points()).items() if found}
    assert points == expected_points()
    assert sum(points.values()) > 30_000
    async with desk.database.reader() as connection:
        assert (await verify(connection)).faults == []
