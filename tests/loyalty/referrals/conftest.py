"""A small town with a shop, its clock, and a worker that is called when something is to be decided."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from loyalty.background import register_consumers
from loyalty.database import Database
from loyalty.jobs.job import Desk
from loyalty.outbox.consumer import registered
from loyalty.outbox.tasks import drain
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.tasks import CONSUMER, work_off
from loyalty.verify import verify
from tests.paper import local

TERMS = {
    "referrer_points": 500, "friend_points": 500, "minimum": "50.00", "per_month": 2, "ever": 3,
    "link": "https://shop.example/welcome",
}  # fmt: skip


class Town:
    """A shop's client, the clock on its wall, and the worker."""

    def __init__(self, api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: int) -> None:
        self.api, self.owner, self.database, self.program = api, owner, database, program
        self._told = 0

    async def at(self, moment: str) -> None:
        """Have it be that local time in Paris."""
        await self.owner.execute(
            "UPDATE program SET mode = 'test', clock_offset = $1 - clock_timestamp()", local(moment)
        )

    async def now(self) -> str:
        found = await self.owner.fetchval("SELECT clock_timestamp() + clock_offset FROM program")
        return str(found.isoformat())

    async def call(self, method: str, path: str, expected: int = HTTPStatus.OK, **body: object) -> dict[str, Any]:
        self._told += 1
        headers = {"Idempotency-Key": f"k{self._told}"}
        answer = await self.api.request(method, f"/v1/{path}", json=body or None, headers=headers)
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def publishes(self, **changed: object) -> dict[str, Any]:
        return await self.call("PUT", "referral-terms", **TERMS | changed)

    async def joins(self, customer: str, code: str | None = None, **more: object) -> None:
        told = {"customer_id": customer, "joined_at": await self.now(), **more}
        await self.call("POST", "members", HTTPStatus.CREATED, **told | ({"referral_code": code} if code else {}))

    async def code(self, customer: str = "ann") -> str:
        found: str = (await self.call("GET", f"members/{customer}/referral-code"))["code"]
        return found

    async def buys(self, order_id: str, goods: str, who: str, /, **more: object) -> None:
        told = {
            "order_id": order_id,
            "goods": goods,
            "placed_at": more.get("placed_at") or await self.now(),
            "currency": "EUR",
        }
        await self.call("POST", "purchases", HTTPStatus.CREATED, **told | {"customer_id": who} | more)

    async def takes_back(self, order_id: str, goods: str) -> None:
        told = {"refund_id": f"r{goods}", "goods": goods, "refunded_at": await self.now()}
        await self.call("POST", f"purchases/{order_id}/refunds", HTTPStatus.CREATED, **told)

    @property
    def desk(self) -> Desk:
        return Desk(self.database, self.program, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC))

    async def works(self) -> None:
        """Let the worker hand over what happened, and decide."""
        await self.hears()
        await self.decides()

    async def hears(self) -> None:
        """Let the worker hand over what happened."""
        [consumer] = [one for one in registered() if one.name == CONSUMER]
        await drain(consumer, self.desk)

    async def decides(self) -> None:
        """Let the worker decide."""
        await work_off(self.desk)

    async def referrals(self, **asked: str) -> list[tuple[str, str | None]]:
        """Tell the states and reasons, newest first."""
        answer = await self.api.get("/v1/referrals", params=asked)
        assert answer.is_success, answer.text
        return [(one["state"], one["reason"]) for one in answer.json()["data"]]

    async def points(self, customer: str) -> tuple[int, int, int]:
        """Tell available, pending and debt."""
        found = await self.call("GET", f"members/{customer}/balance")
        return found["available"], found["pending"], found["debt"]

    async def verified(self) -> None:
        report = await verify(self.owner)
        assert not report.faults, report.faults


@pytest.fixture
async def town(api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts) -> Town:
    register_consumers()
    town = Town(api, owner, database, program.program_id)
    await town.at("2026-03-01T09:00")
    await town.publishes()
    await town.joins("ann", email="ann@gmail.com")
    return town
