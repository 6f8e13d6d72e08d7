"""The books close every month after long random histories, and what was told once is told again as of then."""

from datetime import date
from random import Random
from typing import Any

import asyncpg
import pytest

from kpi.liability.actions import Liability, liability
from loyalty.database import Database
from tests.histories import Town, open_town, something
from tests.liability import closes, closes_every_month
from tests.stories import joining

YEARS = (date(2025, 1, 1), date(2027, 1, 1))
POLICIES: dict[str, dict[str, Any]] = {
    "points that wait and end": {"maturity": {"kind": "days", "days": 3}, "expiry": {"kind": "days", "days": 20}},
    "points that slide": {"expiry": {"kind": "inactivity", "days": 9}, "debt": "clamp"},
    "on delivery": {"maturity": {"kind": "on_delivery", "days": 2}, "expiry": {"kind": "end_of_month", "months": 1}},
    "leaving takes all": {
        "on_leaving": "forfeit",
        "restore_grace_days": 5,
        "spent_points": "full",
        "expiry": {"kind": "days", "days": 4},
    },
}


async def looked_at(town: Town, looks: list[tuple[Liability, int]]) -> None:
    """Tell how things stand now, and in how many accounts something fell due that nobody has posted."""
    async with town.shop.database.reader() as connection:
        told = await liability(connection, town.shop.source.program, *YEARS)
    due = await town.shop.value("SELECT count(*) FROM account WHERE next_due_at <= $1", told.known.as_of)
    looks.append((told, due))


@pytest.mark.parametrize("policies", POLICIES.values(), ids=POLICIES)
async def test_a_random_history_closes_and_is_told_again_as_of_every_look(
    database: Database, owner: asyncpg.Connection, policies: dict[str, Any]
) -> None:
    town, looks = await open_town(database, owner, policies), list[tuple[Liability, int]]()
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    await town.shop.join(*(joining(f"c{number}", on=20) for number in range(4)))
    for step in range(144):
        await something(town, random, step)
        await town.wait(hours=random.choice([0.1, 0.1, 12, 24, 48]))
        if step % 12 == 11:
            await looked_at(town, looks)
    await town.wait(days=60)
    await looked_at(town, looks)
    assert sum(due for _, due in looks) > 0, "nothing ever fell due unposted"
    assert await closes_every_month(database, town.shop.source.program) is not None
    for look, _ in looks:
        async with database.reader() as connection:
            again = await liability(connection, town.shop.source.program, *YEARS, as_of=look.known.as_of)
        closes(again)
        assert [one.roll for one in again.periods] == [one.roll for one in look.periods]
        assert again.breakage == look.breakage
