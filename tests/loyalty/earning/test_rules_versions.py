"""Which version of the rules decides: the one in force when the purchase was placed, for ever."""

import pytest

from loyalty.database import Database
from loyalty.earning.actions import publish, start_program
from loyalty.earning.kinds.amount import PointsPerAmount
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import in_force
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from tests.paper import PER_EURO, Paper, version
from tests.stories import day, joining, purchase, refund

DOUBLE = PER_EURO | {"points_per_step": 2}
TRIPLE = PER_EURO | {"points_per_step": 3}
VERSIONS = [version(1, PER_EURO), version(2, DOUBLE, since=day(10)), version(3, TRIPLE, since=day(20))]


@pytest.mark.parametrize(("placed", "number"), [(-9999, 1), (0, 1), (9.99, 1), (10, 2), (19.99, 2), (20, 3), (9999, 3)])
def test_a_version_is_in_force_from_its_very_instant_until_the_next(placed: float, number: int) -> None:
    assert in_force(VERSIONS, day(placed)).version == number


def test_the_first_version_is_in_force_since_ever_though_it_is_alone() -> None:
    assert in_force(VERSIONS[:1], day(-9999)).version == 1


def test_a_purchase_keeps_the_rules_it_was_placed_under() -> None:
    paper = Paper(*VERSIONS)
    paper.join(joining("ann"))
    paper.buy(*(purchase(f"o{on}", 1000, "ann", on=on) for on in (5, 15, 25)))
    assert paper.balance("ann") == (10 + 20 + 30, 0)
    paper.take_back(*(refund(f"o{on}", "r", 500, on=30) for on in (5, 15, 25)))
    assert paper.balance("ann") == (5 + 10 + 15, 0)
    assert [award.rules_version for award in paper.awards if award.purchase_id] == [1, 2, 3, 1, 2, 3]


def test_a_back_dated_joining_awards_by_the_rules_of_the_purchases_own_date() -> None:
    paper = Paper(VERSIONS[0])
    paper.buy(purchase("early", 1000, "ann", on=5))
    paper.versions = VERSIONS
    paper.buy(purchase("late", 1000, "ann", on=15))
    paper.join(joining("ann"))
    assert paper.balance("ann") == (10 + 20, 0)


def test_a_version_published_later_changes_nothing_that_was_decided() -> None:
    paper = Paper(VERSIONS[0])
    paper.join(joining("ann"))
    paper.buy(purchase("o", 1000, "ann", on=15))
    paper.versions = VERSIONS
    paper.take_back(refund("o", "r", 400))
    assert paper.balance("ann") == (6, 0)


async def test_a_new_version_is_seen_by_whoever_cached_the_old_one(database: Database, program: ProgramFacts) -> None:
    cache = RulesCache()
    async with database.reader() as connection:
        assert [v.version for v in await cache.versions(connection, program.program_id, 1)] == [1]
    async with database.session() as session:
        assert await publish(session, program.program_id, [DOUBLE], in_force_from=day(9999)) == 2
    async with database.reader() as connection:
        assert [v.version for v in await cache.versions(connection, program.program_id, 1)] == [1]
        assert [v.version for v in await cache.versions(connection, program.program_id, 2)] == [1, 2]
        newest = (await cache.versions(connection, program.program_id, 2))[-1]
    assert newest.in_force_from == day(9999)
    assert newest.rules[0].kind == "points_per_amount"


async def test_a_version_is_checked_before_it_is_published(database: Database, program: ProgramFacts) -> None:
    with pytest.raises(Invalid, match="no earning rule of kind"):
        async with database.session() as session:
            await publish(session, program.program_id, [{"kind": "smiles"}], in_force_from=day(9999))


async def test_only_the_first_version_is_in_force_since_ever(database: Database, program: ProgramFacts) -> None:
    with pytest.raises(Invalid, match="needs a date") as refused:
        async with database.session() as session:
            await publish(session, program.program_id, [DOUBLE])
    assert refused.value.pointer == "/in_force_from"


@pytest.mark.parametrize("points", [0, -1, 1_000_001])
async def test_points_per_unit_have_bounds(database: Database, points: int) -> None:
    with pytest.raises(Invalid, match="Points per unit"):
        async with database.session() as session:
            await start_program(session, "Odd", timezone="UTC", currency="EUR", points_per_unit=points)


@pytest.mark.parametrize(("currency", "step"), [("EUR", 100), ("JPY", 1), ("KWD", 1000)])
async def test_a_programme_begins_with_points_per_whole_unit_of_its_currency(
    database: Database, currency: str, step: int
) -> None:
    async with database.session() as session:
        program = await start_program(session, currency, timezone="UTC", currency=currency, points_per_unit=3)
    async with database.reader() as connection:
        [first] = await RulesCache().versions(connection, program.program_id, 1)
    assert [rule.settings for rule in first.rules] == [PointsPerAmount(3, step, whole_steps=True)]
    assert first.in_force_from is None
