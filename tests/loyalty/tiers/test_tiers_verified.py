"""What `loyalty verify` promises about tiers: each planted fault is found and named."""

import asyncpg
import pytest

from loyalty.tiers.actions import publish_scheme
from loyalty.tiers.scheme import scheme_from
from loyalty.verify import verify
from tests.stories import Shop, joining, purchase

SCHEME = {
    "counts": "points_earned",
    "window": {"kind": "lifetime"},
    "tiers": [{"key": "gold", "name": {"en": "Gold"}, "threshold": 100}],
}
PLANTED = [
    ("UPDATE tier_day SET points = points + 1", "days_count_what_was_decided"),
    ("UPDATE tier_day SET spent_minor = spent_minor - 1", "days_count_what_was_decided"),
    ("DELETE FROM tier_day", "days_count_what_was_decided"),
    ("UPDATE tier_day SET day = day + 10", "days_count_what_was_decided"),
    ("DELETE FROM tier_standing", "days_count_what_was_decided"),
    ("UPDATE tier_standing SET tier = NULL", "whoever_reaches_a_tier_holds_it"),
    ("UPDATE tier_standing SET since = since - interval '1 day'", "whoever_reaches_a_tier_holds_it"),
    ("UPDATE tier_standing SET changes = 2", "whoever_reaches_a_tier_holds_it"),
    ("UPDATE tier_standing SET earned_tier = NULL", "whoever_reaches_a_tier_holds_it"),
    ("UPDATE tier_change SET tier_from = 'lead'", "changes_of_tiers_form_a_chain"),
    ("UPDATE tier_change SET seq = 2", "changes_of_tiers_form_a_chain"),
]


async def reaches_gold(shop: Shop) -> None:
    scheme = scheme_from(SCHEME)
    async with shop.database.writer() as connection, connection.transaction():
        await publish_scheme(connection, shop.source.program, scheme, "test")
    await shop.join(joining("ann"))
    await shop.buy(purchase("1", 10000, "ann", on=1), purchase("2", 5000, "ann", on=2))


@pytest.mark.parametrize(("sql", "check"), PLANTED, ids=[sql for sql, _ in PLANTED])
async def test_a_planted_fault_about_tiers_is_named(
    shop: Shop, owner: asyncpg.Connection, sql: str, check: str
) -> None:
    await reaches_gold(shop)
    sound = await verify(owner)
    assert not sound.faults, sound.faults
    assert [sound.checked[name] for _, name in PLANTED].count(0) == 0
    await owner.execute(sql)
    assert check in {fault.check for fault in (await verify(owner)).faults}
