"""`loyalty verify` finds nothing in a clean ledger, and names whatever was done to it behind its back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from random import Random

import asyncpg
import pytest

from loyalty.database import Connection, Database, connect
from loyalty.earning.actions import start_program
from loyalty.earning.queries import RulesCache
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import Source
from loyalty.settings import Settings
from loyalty.verify import Report, verify
from loyalty.verify.actions import verify_snapshot
from loyalty.verify.facts import MOST_FAULTS
from loyalty.verify.rules import PROMISES
from loyalty.verify.seals import PROMISES as PROMISES_OF_SEALS
from loyalty.verify.seals_file import PROMISES as PROMISES_OF_FILE
from loyalty.verify.sets import PROMISES as PROMISES_OF_SETS
from tests.conftest import TestServers, execute, in_database
from tests.loyalty.tiers.test_tiers_verified import PLANTED as TAMPERED_TIERS
from tests.plain_model import Fact
from tests.planted import CUSTOMERS, ORDERS, PLANTED, Planted, tell_a_story
from tests.stories import Shop, cancellation, joining, purchase, refund
from tests.tampering import TAMPERED

EVERY_PROMISE = PROMISES | PROMISES_OF_SETS | PROMISES_OF_SEALS
# What a little story does not have, the one of `test_tampering.py` has.
OF_THE_LONG_STORY = {
    "actions_gave_what_they_are_worth",
    "actions_have_their_award",
    "adjustments_have_their_award",
    "changes_of_tiers_form_a_chain",
    "codes_are_handed_out_once",
    "days_count_what_was_decided",
    "erased_persons_are_forgotten",
    "former_facts_join_up",
    "holds_count_their_points",
    "holds_end_once",
    "holds_know_their_lots",
    "merged_customers_are_closed",
    "merged_points_arrive",
    "promised_rewards_are_redeemed_once",
    "redemptions_are_as_offered",
    "redemptions_have_their_hold",
    "referrals_are_where_they_may_be",
    "referrals_have_their_awards",
    "reversed_referrals_are_taken_back",
    "rewards_are_their_newest_edition",
    "seals_cover_what_was_recorded",
    "seals_form_a_chain",
    "settling_goes_in_order_of_time",
    "stock_is_not_exceeded",
    "whoever_reaches_a_tier_holds_it",
}


async def open_shop(database: Database, name: str = "Shop") -> Shop:
    """Give a shop with a programme of its own."""
    async with database.session() as session:
        program = await start_program(session, name, timezone="Europe/Paris", currency="EUR")
        storefront, _ = await ensure_storefront(session, program.program_id, "shop")
    assert storefront.storefront_id is not None
    return Shop(database, Source(program, storefront.storefront_id, "default", "key/1", "req"), RulesCache())


@pytest.fixture(scope="module")
def ledger_url(servers: TestServers, template: str) -> Iterator[str]:
    """Give a database with the story in it; each test undoes what it does to it."""
    name = f"{template}_story"
    url = in_database(servers.database_url, name)
    execute(servers.database_url, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name} TEMPLATE {template}")

    async def tell() -> None:
        async with connect(Settings(pool_size=2), url) as database:
            await tell_a_story(await open_shop(database))

    asyncio.run(tell())
    yield url
    execute(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def ledger(ledger_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Give the story in a transaction of the owner's that is rolled back; foreign keys sleep in it."""
    connection = await asyncpg.connect(ledger_url)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    yield connection
    await transaction.rollback()
    await connection.close()


async def plant(ledger: Connection, planted: Planted) -> None:
    """Do what is planted, and insist that it was done to something."""
    ids = {name: f"(SELECT customer_id FROM customer_alias WHERE external_id = '{name}')" for name in CUSTOMERS} | {
        name: f"(SELECT purchase_id FROM purchase WHERE order_id = '{name}')" for name in ORDERS
    }
    for statement in planted.sql:
        done = await ledger.execute(statement.format(**ids))
        assert not done.endswith(" 0"), done


async def test_a_ledger_with_a_little_of_everything_is_clean_and_everything_was_checked(
    ledger: asyncpg.Connection,
) -> None:
    report = await verify_snapshot(ledger)
    assert report.faults == []
    assert (report.further, report.not_checkable) == (0, {})
    assert report.checked.keys() == EVERY_PROMISE.keys()
    assert {promise for promise, checked in report.checked.items() if not checked} == OF_THE_LONG_STORY


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.done)
async def test_what_was_done_behind_its_back_is_found_and_named(ledger: asyncpg.Connection, planted: Planted) -> None:
    await plant(ledger, planted)
    report = await verify_snapshot(ledger)
    expected = planted.found_by.split()
    assert set(expected) <= {fault.check for fault in report.faults}, report.faults
    first = [fault for fault in report.faults if fault.check == expected[0]]
    assert any(planted.names in f"{fault.where}: {fault.message}" for fault in first), first


def test_every_check_is_known_to_find_something() -> None:
    found = {name for planted in PLANTED for name in planted.found_by.split()}
    found |= {tampering.found_by for tampering in TAMPERED} | {check for _, check in TAMPERED_TIERS}
    assert found == (EVERY_PROMISE | PROMISES_OF_FILE).keys()


def test_every_check_says_what_it_promises() -> None:
    assert all(promise.endswith(".") and len(promise) > 20 for promise in EVERY_PROMISE.values())


async def test_one_wrong_amount_is_named_once_and_not_with_every_row_behind_it(ledger: asyncpg.Connection) -> None:
    customer = await ledger.fetchval("SELECT customer_id FROM customer_alias WHERE external_id = 'ann'")
    await ledger.execute("UPDATE entry SET amount = amount + 1 WHERE customer_id = $1 AND seq = 1", customer)
    report = await verify_snapshot(ledger)
    for check in ("hash_chain_is_whole", "balances_after_form_a_chain"):
        [fault] = [fault for fault in report.faults if fault.check == check]
        assert fault.where == f"program 1, account {customer}, entry 1"


async def test_rules_of_an_unknown_kind_are_told_as_not_checkable(ledger: asyncpg.Connection) -> None:
    await ledger.execute("""UPDATE earning_rules SET rules = '[{"kind": "points_per_smile"}]'""")
    report = await verify_snapshot(ledger)
    assert report.faults == []
    assert report.not_checkable == {"points_per_smile": 8}
    # One is left, in which nothing was decided yet.
    assert report.checked["purchases_gave_what_they_are_worth"] == 1


async def test_events_older_than_their_window_may_be_gone(ledger: asyncpg.Connection) -> None:
    await ledger.execute("DELETE FROM event")
    assert (await verify_snapshot(ledger)).faults
    await ledger.execute("UPDATE program SET mode = 'test', clock_offset = '91 days'")
    assert (await verify_snapshot(ledger)).faults == []


async def test_no_more_faults_are_held_than_can_be_read(ledger: asyncpg.Connection) -> None:
    await ledger.execute(
        "INSERT INTO customer (program_id, customer_id, recorded_at) SELECT 1, gen_random_uuid(), now()"
        " FROM generate_series(1, $1)",
        MOST_FAULTS + 7,
    )
    report = await verify_snapshot(ledger)
    assert (len(report.faults), report.further) == (MOST_FAULTS, 7)


async def test_a_programme_is_verified_by_itself(database: Database) -> None:
    one, other = await open_shop(database, "One"), await open_shop(database, "Other")
    await tell_a_story(one)
    await other.buy(purchase("o1", 100, "ann"))
    first, second = one.source.program.program_id, other.source.program.program_id

    async def report(program_id: int | None) -> Report:
        async with database.reader() as connection:
            return await verify(connection, program_id)

    counts = {
        key: (await report(key)).checked["purchases_gave_what_they_are_worth"] for key in (first, second, None, 99)
    }
    assert counts == {first: 9, second: 1, None: 10, 99: 0}


async def test_progress_is_told_until_all_is_done(database: Database) -> None:
    await tell_a_story(await open_shop(database))
    told: list[tuple[int, int]] = []
    async with database.reader() as connection:
        await verify(connection, progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 5), (5, 5)]


async def test_a_long_random_history_is_clean_also_while_it_is_written(shop: Shop) -> None:
    random = Random(11)  # noqa: S311 - to be repeated, not to be secret

    async def tell(writer: int) -> None:
        for n in range(30):
            order, customer = f"{writer}/{random.randrange(40)}", f"c{random.randrange(12)}"
            told: list[Fact] = [
                purchase(order, random.randrange(9000), random.choice([customer, None]), on=random.randrange(20)),
                refund(order, f"r{n % 3}", random.randrange(3000)),
                cancellation(order),
                joining(customer, on=random.randrange(20), left=random.choice([None, 25])),
            ]
            await shop.tell(random.choice([*told[:2], *told]))

    writing = asyncio.gather(*(tell(writer) for writer in range(3)))
    while not writing.done():
        await shop.verified()
    await writing
    report = await shop.verified()
    assert report.checked["hash_chain_is_whole"] > 0
