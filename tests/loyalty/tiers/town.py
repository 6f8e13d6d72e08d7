"""A shop whose members climb tiers over HTTP, and the clock on its wall."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from loyalty.database import Database
from loyalty.jobs.job import Desk
from loyalty.tiers.tasks import review
from loyalty.verify import verify
from tests.paper import local

SILVER = {"key": "silver", "name": {"en": "Silver", "fr": "Argent"}, "threshold": "200", "factor": "1.5"}
GOLD = {"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500", "factor": "2"}
YEAR = {"counts": "points_earned", "window": {"kind": "rolling", "months": 12}, "tiers": [GOLD, SILVER]}
MONEY = {
    "counts": "money_spent",
    "window": {"kind": "calendar"},
    "tiers": [SILVER | {"threshold": "200.00"}, GOLD | {"threshold": "500.00"}],
}
NOON = "2026-03-02T12:00"


class Town:
    """A shop's client, and the clock on its wall."""

    def __init__(self, api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: int) -> None:
        self.api, self._owner, self._database, self._program = api, owner, database, program
        self._keys = 0

    async def at(self, moment: str) -> None:
        """Have it be that local time in Paris."""
        await self._owner.execute(
            "UPDATE program SET mode = 'test', clock_offset = $1 - clock_timestamp()", local(moment)
        )

    async def put(self, path: str, expected: int = HTTPStatus.OK, **body: object) -> dict[str, Any]:
        self._keys += 1
        answer = await self.api.put(f"/v1/{path}", json=body, headers={"Idempotency-Key": f"k{self._keys}"})
        assert answer.status_code == expected, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def publishes(self, scheme: dict[str, Any]) -> dict[str, Any]:
        return await self.put("tiers", **scheme)

    async def joins(self, *customers: str, at: str = "2020-01-01T00:00:00Z") -> None:
        for customer in customers:
            answer = await self.api.post("/v1/members", json={"customer_id": customer, "joined_at": at})
            assert answer.is_success, answer.text

    async def buys(self, order_id: str, goods: str, placed: str, customer: str = "ann", **more: object) -> int:
        """Buy, and tell what was given."""
        told = {"order_id": order_id, "goods": goods, "placed_at": local(placed).isoformat(), "currency": "EUR"}
        answer = await self.api.post("/v1/purchases", json={**told, "customer_id": customer, **more})
        assert answer.status_code == HTTPStatus.CREATED, answer.text
        given: int = answer.json()["points"]["given"]
        return given

    async def takes_back(self, order_id: str, goods: str, at: str = NOON) -> None:
        told = {"refund_id": f"r{order_id}{goods}", "goods": goods, "refunded_at": local(at).isoformat()}
        answer = await self.api.post(f"/v1/purchases/{order_id}/refunds", json=told)
        assert answer.status_code == HTTPStatus.CREATED, answer.text

    async def member(self, customer: str = "ann") -> dict[str, Any]:
        found: dict[str, Any] = (await self.api.get(f"/v1/members/{customer}")).json()["tier"]
        assert found == (await self.api.get(f"/v1/members/{customer}/balance")).json()["tier"]
        return found

    async def tier(self, customer: str = "ann") -> str | None:
        key: str | None = (await self.member(customer))["key"]
        return key

    async def night(self) -> None:
        await review(Desk(self._database, self._program, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC)))

    async def history(self, customer: str = "ann") -> list[tuple[str | None, str | None, str, datetime]]:
        rows = await self._owner.fetch(
            "SELECT tier_from, tier_to, cause, effective_at FROM tier_change t JOIN customer_alias a"
            " USING (program_id, customer_id) WHERE external_id = $1 ORDER BY t.seq",
            customer,
        )
        return [tuple(row) for row in rows]

    async def verified(self) -> None:
        report = await verify(self._owner)
        assert not report.faults, report.faults
