"""The pools: what is lent comes back, also when the machine is slow."""

from typing import Any

import pytest

from loyalty.database import Database
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
