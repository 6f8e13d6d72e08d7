"""Keys one after the other: the first request does it, every later one gets the same bytes, refusals included."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import asyncpg
import msgspec
import pytest

from loyalty.database import Tx
from loyalty.earning.actions import start_program
from loyalty.errors import Invalid, LoyaltyError, Unauthorized, Unavailable
from loyalty.idempotency.actions import write_once
from loyalty.idempotency.facts import Once
from loyalty.idempotency.queries import blank, forget_bodies, pin_alone
from loyalty.idempotency.refusals import AnswerErased, KeyExpired, KeyReused
from loyalty.statements import joined
from tests.loyalty.idempotency.gifts import Gifts, Giver
from tests.stories import Shop, joining


async def given(shop: Shop) -> int:
    """Count the gifts."""
    return int(await shop.value("SELECT count(*) FROM event WHERE type = 'gift.given'"))


async def test_the_same_key_again_does_nothing_and_answers_the_same_bytes(shop: Shop, giver: Giver) -> None:
    first = await giver.give("k")
    again = [await giver.give("k") for _ in range(3)]

    assert (first.replayed, first.pinned.status) == (False, 201)
    assert [(answer.replayed, answer.pinned) for answer in again] == [(True, first.pinned)] * 3
    assert msgspec.json.decode(again[0].pinned.body) == {"gift": 2, "request_id": "req_1"}
    assert await given(shop) == 1


async def test_another_key_is_another_gift(shop: Shop, giver: Giver) -> None:
    answers = [await giver.give(key) for key in ("k", "K", "k2")]

    assert [answer.replayed for answer in answers] == [False] * 3
    assert await given(shop) == 3


async def test_the_same_key_with_another_request_is_refused_and_the_first_answer_stays(
    shop: Shop, giver: Giver
) -> None:
    first = await giver.give("k")

    with pytest.raises(KeyReused, match="new key"):
        await giver.give("k", asked="a bigger gift")

    assert (await giver.give("k")).pinned == first.pinned
    assert await given(shop) == 1


async def test_keys_of_different_callers_never_meet(shop: Shop, giver: Giver) -> None:
    other_storefront = replace(giver, scope="storefront/2")

    assert not (await giver.give("k")).replayed
    assert not (await other_storefront.give("k", asked="a bigger gift")).replayed
    assert await given(shop) == 2


async def test_keys_of_different_programmes_never_meet(shop: Shop, giver: Giver) -> None:
    async with shop.database.session() as session:
        other = await start_program(session, "Other", timezone="Europe/Paris", currency="EUR")
    await giver.give("k")
    abroad = replace(giver, source=msgspec.structs.replace(giver.source, program=other))

    answer = await abroad.give("k")

    # Nobody is called ann over there, and the first answer is not shown either.
    assert (answer.pinned.status, answer.replayed) == (404, False)


@pytest.mark.parametrize(
    ("gifts", "status", "code"),
    [(Gifts(customer="bob"), 404, "not_found"), (Gifts(most=1), 409, "no_gifts_left")],
)
async def test_a_refusal_that_depended_on_state_stays_one_when_the_state_has_changed(
    shop: Shop, giver: Giver, gifts: Gifts, status: int, code: str
) -> None:
    before = await shop.value("SELECT version FROM account")
    first = await giver.give("k", gifts)
    # Now there is a bob, and more gifts than one.
    await shop.join(joining("bob"))
    again = await giver.give("k", Gifts(gifts.customer))
    other_key = await giver.give("new", Gifts(gifts.customer))

    assert (first.replayed, first.pinned.status) == (False, status)
    problem = msgspec.json.decode(first.pinned.body)
    assert (problem["code"], problem["status"], problem["request_id"]) == (code, status, "req_1")
    assert (again.replayed, again.pinned) == (True, first.pinned)
    assert other_key.pinned.status == 201
    assert await given(shop) == 1
    assert before == 1


async def test_a_pinned_refusal_changes_nothing_but_its_own_row(shop: Shop, giver: Giver) -> None:
    before = await shop.value("SELECT json_agg(a)::text FROM account a")

    await giver.give("k", Gifts(most=1))

    assert await shop.value("SELECT json_agg(a)::text FROM account a") == before
    assert await given(shop) == 0
    assert await shop.value("SELECT count(*) FROM idempotency") == 1


@pytest.mark.parametrize("refusal", [Invalid, Unauthorized, Unavailable])
async def test_a_refusal_that_did_not_depend_on_state_is_not_remembered(
    shop: Shop, giver: Giver, refusal: type[LoyaltyError]
) -> None:
    await _fails(giver, lambda: refusal("not now"))

    assert not (await giver.give("k")).replayed
    assert await given(shop) == 1


async def test_a_failure_of_ours_is_not_remembered(shop: Shop, giver: Giver) -> None:
    await _fails(giver, ZeroDivisionError)

    assert not (await giver.give("k")).replayed
    assert await given(shop) == 1


async def _fails(giver: Giver, failure: Callable[[], Exception]) -> None:
    async def verb(tx: Tx, once: Once) -> tuple[int, bytes]:
        await Gifts()(tx, once)
        raise failure()

    with pytest.raises(type(failure())):
        await write_once(giver.database, giver.once("k"), verb, whole=True)


async def test_a_verb_that_refuses_after_writing_leaves_only_its_refusal(shop: Shop, giver: Giver) -> None:
    async def verb(tx: Tx, once: Once) -> tuple[int, bytes]:
        await Gifts()(tx, once)
        return await Gifts(most=0)(tx, once)

    answer = await write_once(giver.database, giver.once("k"), verb, whole=True)

    assert answer.pinned.status == 409
    assert (await giver.give("k")).pinned == answer.pinned
    assert await given(shop) == 0


async def test_a_verb_without_an_append_pins_in_its_own_transaction(shop: Shop, giver: Giver) -> None:
    async def rename(tx: Tx, once: Once) -> tuple[int, bytes]:
        await tx.connection.execute("UPDATE program SET name = name || '!' WHERE program_id = $1", once.program_id)
        await pin_alone(tx.connection, once, 200, b"{}", None)
        return 200, b"{}"

    answers = [await write_once(giver.database, giver.once("k"), rename, whole=True) for _ in range(3)]

    assert [answer.replayed for answer in answers] == [False, True, True]
    assert {answer.pinned.body for answer in answers} == {b"{}"}
    assert await shop.value("SELECT name FROM program") == "Shop!"


async def age(owner: asyncpg.Connection, days: float) -> None:
    """Let answers be as old as this."""
    await owner.execute("UPDATE idempotency SET recorded_at = recorded_at - $1::interval", timedelta(days=days))


async def test_after_thirty_days_the_body_goes_and_the_key_stays_for_ever(
    shop: Shop, giver: Giver, owner: asyncpg.Connection
) -> None:
    await giver.give("old")
    await giver.give("old refusal", Gifts(most=1))
    await age(owner, 29.99)
    await giver.give("young")
    async with shop.database.writer() as connection:
        assert await forget_bodies(connection) == 0
    await age(owner, 0.02)
    async with shop.database.writer() as connection:
        assert [await forget_bodies(connection), await forget_bodies(connection)] == [2, 0]

    for key in ("old", "old refusal"):
        with pytest.raises(KeyExpired, match="30 days"):
            await giver.give(key)
    with pytest.raises(KeyReused):
        await giver.give("old", asked="a bigger gift")
    assert (await giver.give("young")).replayed
    assert await given(shop) == 2


async def test_bodies_are_forgotten_by_the_clock_of_their_programme_and_in_slices(
    shop: Shop, giver: Giver, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(7):
        await giver.give(f"k{n}")
    monkeypatch.setattr("loyalty.idempotency.queries._SLICE", 3)
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = '31 days'")

    async with shop.database.writer() as connection:
        assert await forget_bodies(connection) == 7


async def erase(shop: Shop, giver: Giver, customer: str) -> None:
    """Blank what was answered about somebody, as erasing them does."""
    who = await shop.value("SELECT customer_id FROM customer_alias WHERE external_id = $1", customer)
    sql, args = joined([blank([who])], [giver.source.program.program_id], ["$1::int > 0"])
    async with shop.database.writer() as connection:
        await connection.fetchval(sql, *args)


async def test_what_was_answered_about_an_erased_person_is_gone_for_good(
    shop: Shop, giver: Giver, owner: asyncpg.Connection
) -> None:
    await shop.join(joining("bob"))
    await giver.give("success")
    refused = await giver.give("refusal", Gifts(most=1))
    assert b"ann has had" in refused.pinned.body
    kept = await giver.give("of bob", Gifts("bob"))

    await erase(shop, giver, "ann")

    for key in ("success", "refusal"):
        with pytest.raises(AnswerErased, match="erased"):
            await giver.give(key)
    assert (await giver.give("of bob")).pinned == kept.pinned
    of_ann = "SELECT count(*) FROM idempotency WHERE position('ann' IN encode(body, 'escape')) > 0"
    assert await owner.fetchval(of_ann) == 0
    assert await given(shop) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE idempotency SET status = 201",
        "UPDATE idempotency SET fingerprint = ''",
        "UPDATE idempotency SET key = 'other'",
        "UPDATE idempotency SET recorded_at = now()",
        "DELETE FROM idempotency",
        "TRUNCATE idempotency",
    ],
)
async def test_the_service_can_neither_forget_a_key_nor_change_what_it_stands_for(
    shop: Shop, giver: Giver, statement: str
) -> None:
    await giver.give("k")

    async with shop.database.writer() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


@pytest.mark.parametrize("status", [400, 401, 403, 422, 429, 500, 503])
async def test_the_database_pins_no_answer_that_may_be_tried_again(shop: Shop, giver: Giver, status: int) -> None:
    async with shop.database.writer() as connection:
        with pytest.raises(asyncpg.CheckViolationError, match="status_may_be_pinned"):
            await pin_alone(connection, giver.once("k"), status, b"{}", None)
