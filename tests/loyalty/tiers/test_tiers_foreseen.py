"""Who would move under other tiers is who moves once they are published."""

from typing import Any

import asyncpg
import pytest
from msgspec import convert
from msgspec.structs import replace

from admin.format import Format
from admin.tiers.foreseeing import compare
from loyalty.database import Database
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers import foreseeing
from loyalty.tiers.foreseeing import Moves
from loyalty.tiers.scheme import Scheme
from loyalty.tiers.staff import StaffTiers
from loyalty.tiers.wire import SchemeIn
from tests.loyalty.tiers.town import GOLD, MONEY, SILVER, YEAR, Town

PEOPLE = {"ann": "150.00", "ben": "250.00", "cid": "350.00", "dan": "550.00"}
PLATINUM = {**GOLD, "key": "platinum", "threshold": "500"}


def scheme_of(told: dict[str, Any]) -> Scheme:
    return convert(told, SchemeIn).scheme(2)


async def tiers_of(town: Town) -> dict[str, str | None]:
    return {who: await town.tier(who) for who in [*PEOPLE, "eve"]}


async def test_who_would_move_under_other_tiers_is_who_moves(
    town: Town, program: ProgramFacts, database: Database
) -> None:
    staff = StaffTiers(lambda: database)
    assert await staff.foreseen(program, scheme_of(YEAR)) == "unpublished"
    await town.joins("ben", "cid", "dan", "eve")
    await town.publishes(YEAR)
    for number, (who, goods) in enumerate(PEOPLE.items()):
        await town.buys(str(number), goods, "2026-03-01T08:00", who)
    await town.buys("anonymous", "900.00", "2026-03-01T08:00", "nobody")
    assert list((await tiers_of(town)).values()) == [None, "silver", "silver", "gold", None]
    lower, higher = SILVER | {"threshold": "100"}, SILVER | {"threshold": "300"}
    for told, moves in (
        # Ann reaches the lower one.
        (YEAR | {"tiers": [lower, GOLD]}, Moves(up=1, down=0, kept=0)),
        # Nobody goes down at once: Ann and Ben keep what their sums do not reach any more.
        (YEAR | {"tiers": [higher, GOLD]}, Moves(up=0, down=0, kept=2)),
        # Where silver is gone, those who held it hold nothing.
        (YEAR | {"tiers": [GOLD]}, Moves(up=0, down=3, kept=0)),
        # Another name for the same is no move; who bought most goes on from there.
        (YEAR | {"tiers": [PLATINUM]}, Moves(up=0, down=0, kept=0)),
        (MONEY, Moves(up=3, down=0, kept=0)),
    ):
        before = await tiers_of(town)
        assert await staff.foreseen(program, scheme_of(told)) == moves, told
        await town.publishes(told)
        await town.night()
        after = await tiers_of(town)
        moved = sum(before[who] != after[who] for who in before)
        assert moved - (told["tiers"] == [PLATINUM]) == moves.up + moves.down, (before, after)


async def test_it_is_counted_for_one_at_a_time_and_given_up_when_it_takes_long(
    town: Town, program: ProgramFacts, database: Database, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff, scheme = StaffTiers(lambda: database), scheme_of(YEAR)
    await town.publishes(YEAR)
    async with database.reader() as other, other.transaction():
        assert await foreseeing.foresee(other, program, scheme, scheme) == Moves(0, 0, 0)
        # Until that transaction is over.
        assert await staff.foreseen(program, scheme) == "busy"
    monkeypatch.setattr(foreseeing, "PATIENCE", "100ms")
    async with owner.transaction():
        await owner.execute("LOCK TABLE tier_day IN ACCESS EXCLUSIVE MODE")
        assert await staff.foreseen(program, scheme) == "too_many"
    assert await staff.foreseen(program, scheme) == Moves(0, 0, 0)
    async with database.reader() as connection:
        assert await connection.fetchval("SHOW statement_timeout") == "1min"


async def test_the_order_in_which_tiers_are_told_changes_nothing(
    town: Town, program: ProgramFacts, database: Database
) -> None:
    staff = StaffTiers(lambda: database)
    await town.publishes(YEAR)
    await town.buys("1", "350.00", "2026-03-01T08:00")
    lower = scheme_of(YEAR | {"tiers": [SILVER | {"threshold": "100"}, GOLD | {"threshold": "300"}]})
    highest_first = replace(lower, tiers=lower.tiers[::-1])
    assert [tier.key for tier in highest_first.tiers] == ["gold", "silver"]
    assert await staff.foreseen(program, highest_first) == Moves(up=1, down=0, kept=0)
    with pytest.raises(Invalid):
        await staff.foreseen(program, replace(lower, tiers=[lower.tiers[0], lower.tiers[0]]))


async def test_a_tier_that_is_kept_is_lost_when_the_panel_says(
    town: Town, program: ProgramFacts, database: Database
) -> None:
    staff, higher = StaffTiers(lambda: database), YEAR | {"tiers": [SILVER | {"threshold": "300"}, GOLD]}
    await town.publishes(YEAR)
    await town.buys("1", "250.00", "2026-03-01T08:00")
    for window, grace, said, last, lost in (
        ({"kind": "rolling", "months": 12}, 0, "lost at midnight", "2026-03-01T23:59", "2026-03-02T00:00"),
        ({"kind": "lifetime"}, 0, "lost at midnight", "2026-03-02T23:59", "2026-03-03T00:00"),
        # The midnight that finds somebody below it begins the grace.
        ({"kind": "rolling"}, 2, "lost after 2 days of grace", "2026-03-05T23:59", "2026-03-06T00:00"),
        ({"kind": "calendar"}, 0, "lost once a year has ended", "2026-12-31T23:59", "2027-01-01T00:00"),
        ({"kind": "calendar"}, 2, "lost 2 days after a year that ended", "2028-01-02T23:59", "2028-01-03T00:00"),
    ):
        told = higher | {"window": window, "grace_days": grace}
        moves = await staff.foreseen(program, scheme_of(told))
        assert moves == Moves(up=0, down=0, kept=1)
        note = compare(await staff.seen(program), scheme_of(told), moves, Format("en", "EUR")).note
        assert note.startswith("Of those who stay, 1 holds a tier that the sum does not reach. Such a tier is "), note
        assert said in note
        await town.publishes(told)
        await town.night()
        await town.at(last)
        assert await town.tier() == "silver", told
        await town.at(lost)
        assert await town.tier() is None, told
        await town.publishes(YEAR)
        await town.night()
