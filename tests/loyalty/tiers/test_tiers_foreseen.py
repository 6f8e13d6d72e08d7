"""Who would move under other tiers is who moves once they are published."""

from typing import Any

from msgspec import convert

from loyalty.database import Database
from loyalty.programs.facts import ProgramFacts
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
    assert await staff.foreseen(program, scheme_of(YEAR)) is None
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
