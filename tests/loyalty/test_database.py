"""The pools: what is lent comes back, also when the machine is slow."""

from typing import Any

import pytest

from loyalty.database import Database, wait_for_locks
from loyalty.errors import Unavailable


async def test_a_slow_return_of_a_connection_does_not_fail_what_was_committed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    budgets: list[float] = []
    async with database.writer() as connection:
        raw: Any = connection
        reset = type(raw._con).reset

        async def watched(self: Any, *, timeout: float) -> None:  # noqa: ANN401, ASYNC109 - asyncpg's own signature
            budgets.append(timeout)
            await reset(self, timeout=timeout)

        monkeypatch.setattr(type(raw._con), "reset", watched)
        await connection.fetchval("SELECT 1")

    assert len(budgets) == 1
    assert budgets[0] > 5


async def test_when_every_connection_is_lent_the_caller_is_told_to_try_again(database: Database) -> None:
    lent = [await database.money.acquire() for _ in range(4)]

    with pytest.raises(Unavailable, match="busy"):
        async with database.writer():
            pass

    for connection in lent:
        await database.money.release(connection)


async def test_what_was_changed_in_a_session_is_taken_back_with_its_connection(database: Database) -> None:
    async with database.writer() as connection:
        server = await connection.fetchval("SELECT pg_backend_pid()")
        await wait_for_locks(connection, 0.5)
        assert await connection.fetchval("SHOW lock_timeout") == "500ms"

    async with database.writer() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") == server
        assert await connection.fetchval("SHOW lock_timeout") == "3s"


async def test_a_session_that_nobody_changed_is_given_back_without_a_round_trip(database: Database) -> None:
    async with database.writer() as connection:
        raw: Any = connection
        protocol = raw._con._protocol
        await connection.fetchval("SELECT 1")
        sent = protocol.queries_count

    assert protocol.queries_count == sent
