"""In which days and months there are purchases, as the period picker asks."""

from datetime import UTC, date, datetime

from msgspec.structs import replace

from loyalty.database import Database
from loyalty.earning.queries import RulesCache
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.purchases.calendar import purchase_days
from tests.stories import Shop, purchase


async def test_days_and_months_are_those_of_the_programmes_zone(
    database: Database, program: ProgramFacts, source: Source, rules: RulesCache
) -> None:
    before, after = datetime(2026, 1, 31, 22, 59, 59, tzinfo=UTC), datetime(2026, 1, 31, 23, tzinfo=UTC)
    shop = Shop(database, source, rules)
    await shop.buy(
        replace(purchase("o1", 1000), placed_at=before),
        *(replace(purchase(f"o{n}", 1000), placed_at=after) for n in range(2, 105)),
        replace(purchase("free", 0), placed_at=before),
        replace(purchase("test", 1000, test=True), placed_at=datetime(2026, 3, 5, tzinfo=UTC)),
    )
    async with database.reader() as connection:
        days = await purchase_days(connection, program)
    assert days is not None
    assert (days.first, days.last) == (date(2026, 1, 31), date(2026, 2, 1))
    # Enough is a hundred.
    assert days.months == {date(2026, 1, 1): 1, date(2026, 2, 1): 100}
