"""What staff do with keys, over the database: what is made opens, once, and ends."""

from datetime import timedelta
from uuid import UUID

import pytest

from loyalty.database import Database
from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import caller_of
from loyalty.programs.staff import NewKey, StaffKeys

CHECKOUT = NewKey("Web shop", "Checkout", ["purchases:write"], None)


@pytest.fixture
def staff(database: Database) -> StaffKeys:
    return StaffKeys(lambda: database)


async def test_a_key_opens_for_the_storefront_that_was_made_with_it(
    staff: StaffKeys, database: Database, program: ProgramFacts
) -> None:
    made = await staff.create(program, CHECKOUT)
    async with database.reader() as connection:
        caller = await caller_of(connection, made.key)
    assert caller is not None
    assert (caller.storefront, caller.scopes) == ("Web shop", {"purchases:write"})
    seen = await staff.seen(program)
    assert [one.name for one in seen.storefronts] == ["Web shop"]
    assert [key.last4 for key in seen.keys] == [made.key[-4:]]


async def test_the_same_form_sent_twice_makes_one_key(staff: StaffKeys, program: ProgramFacts) -> None:
    await staff.create(program, CHECKOUT)
    again = await staff.create(program, CHECKOUT)
    assert (again.key, again.refusal) == ("", "two_keys_live")
    assert len((await staff.seen(program)).keys) == 1


async def test_what_is_refused_makes_no_storefront_either(staff: StaffKeys, program: ProgramFacts) -> None:
    with pytest.raises(Invalid):
        await staff.create(program, NewKey("Pop-up", "Checkout", ["no:such"], None))
    assert (await staff.seen(program)).storefronts == []


async def test_a_key_takes_over_once_and_the_revoked_one_opens_nothing(
    staff: StaffKeys, database: Database, program: ProgramFacts
) -> None:
    first = await staff.create(program, CHECKOUT)
    [old] = (await staff.seen(program)).keys
    second = await staff.rotate(program, old.key_id, timedelta(days=7))
    assert (await staff.rotate(program, old.key_id, None)).refusal == "two_keys_live"
    assert await staff.revoke(program, old.key_id) == ""
    async with database.reader() as connection:
        assert await caller_of(connection, first.key) is None
        assert await caller_of(connection, second.key) is not None
    assert (await staff.rotate(program, old.key_id, None)).refusal == "conflict"


async def test_a_key_of_another_programme_is_not_there(staff: StaffKeys, program: ProgramFacts) -> None:
    assert await staff.revoke(program, UUID(int=1)) == "not_found"
    assert (await staff.rotate(program, UUID(int=1), None)).refusal == "not_found"
