"""What staff enter for the key figures: told under their name, listed latest first, corrected and withdrawn."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from kpi.actions import answer
from kpi.inputs.actions import tell_leads, tell_spend, tell_unit_costs
from kpi.inputs.facts import NewLead, NewPointCost, NewSpend, NewUnitCost
from kpi.inputs.staff import SHOWN, Entered, Staff, enter_by_staff, see_entered, withdraw_by_staff
from loyalty.database import Database, write
from loyalty.earning.actions import start_program
from loyalty.errors import NotFound
from loyalty.programs.facts import ProgramFacts, Source

STAFF = Staff(uuid4(), "req_panel")
ADS = NewSpend("ads/7", "acquisition", date(2026, 3, 5), 8450, "web")
CHEAP = NewPointCost(date(2026, 3, 1), Decimal("0.45"), Decimal("0.125"))


async def seen(database: Database, program: ProgramFacts) -> Entered:
    """Look at what is entered."""
    async with database.reader() as connection:
        return await see_entered(connection, program)


async def test_what_staff_enter_stands_under_their_name(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    await enter_by_staff(database, program, STAFF, ADS)
    await enter_by_staff(database, program, STAFF, CHEAP)
    now = await seen(database, program)
    assert (now.spend.rows, now.point_costs.rows) == ([ADS], [CHEAP])
    actors = await owner.fetch("SELECT actor FROM kpi_spend UNION ALL SELECT actor FROM kpi_point_cost")
    assert {row["actor"] for row in actors} == {f"user:{STAFF.user_id}"}


async def test_the_same_key_again_corrects_it_and_nothing_is_overwritten(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    dearer = NewPointCost(CHEAP.from_on, Decimal(1), CHEAP.breakage)
    for cost in (CHEAP, CHEAP, dearer):
        await enter_by_staff(database, program, STAFF, cost)
    assert (await seen(database, program)).point_costs.rows == [dearer]
    assert await owner.fetchval("SELECT count(*) FROM kpi_point_cost") == 2


async def test_what_is_withdrawn_is_no_longer_there_and_can_be_entered_again(
    database: Database, program: ProgramFacts
) -> None:
    for item, key in ((ADS, ADS.spend_id), (CHEAP, CHEAP.from_on)):
        with pytest.raises(NotFound):
            await withdraw_by_staff(database, program, STAFF, key)
        await enter_by_staff(database, program, STAFF, item)
        assert not (await withdraw_by_staff(database, program, STAFF, key)).replayed
        assert (await withdraw_by_staff(database, program, STAFF, key)).replayed
    gone = await seen(database, program)
    assert (gone.spend.rows, gone.spend.total, gone.point_costs.rows) == ([], 0, [])
    await enter_by_staff(database, program, STAFF, ADS)
    assert (await seen(database, program)).spend.rows == [ADS]


async def test_the_latest_are_listed_first_and_the_others_counted(
    database: Database, program: ProgramFacts, source: Source
) -> None:
    days = [date(2026, 1, 1 + n % 28) for n in range(SHOWN + 7)]
    told = [NewSpend(f"{n:03}", "running", day, n) for n, day in enumerate(days)]
    await write(database, lambda tx, items: tell_spend(tx, source, items), told)
    spend = (await seen(database, program)).spend
    assert spend.total == SHOWN + 7
    assert spend.rows == sorted(told, key=lambda one: (-one.booked_on.toordinal(), one.spend_id))[:SHOWN]


async def test_what_came_over_the_api_is_listed_too_and_only_of_this_programme(
    database: Database, program: ProgramFacts, source: Source
) -> None:
    lead = NewLead("l-1", datetime(2026, 3, 1, 9, tzinfo=UTC), qualified=True, email="ada@example.org")
    tea = NewUnitCost("tea", date(2026, 3, 1), 120)
    await write(database, lambda tx, items: tell_leads(tx, source, items), [lead])
    await write(database, lambda tx, items: tell_unit_costs(tx, source, items), [tea])
    now = await seen(database, program)
    assert (now.leads.rows, now.unit_costs.rows) == ([lead], [tea])
    async with database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")
    elsewhere = await seen(database, other)
    assert [part.total for part in (elsewhere.leads, elsewhere.unit_costs, elsewhere.spend)] == [0, 0, 0]


async def test_the_figure_counts_it_from_then_on(database: Database, program: ProgramFacts) -> None:
    months = (date(2026, 3, 1), date(2026, 4, 1))
    async with database.reader() as connection:
        before = await answer(connection, program, "cac", *months)
    assert before.figures.reason is not None
    await enter_by_staff(database, program, STAFF, ADS)
    async with database.reader() as connection:
        after = await answer(connection, program, "cac", *months)
    assert after.figures.reason is None
    assert after.figures.counts["spend_minor"] == ADS.amount_minor
