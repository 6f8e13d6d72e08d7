"""The same commands through HTTP."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from tests.model.commands import Answer, Buy, Command, Join, Refund


def money(minor: int) -> str:
    """Give cents as the API takes them."""
    return f"{minor // 100}.{minor % 100:02}"


def at(instant: datetime) -> str:
    """Give an instant as the API takes it."""
    return instant.isoformat()


def purchase_body(told: Buy) -> dict[str, Any]:
    """Tell a purchase in JSON."""
    body = {"order_id": told.order, "placed_at": at(told.placed), "currency": "EUR", "goods": money(told.goods)}
    body |= {"customer_id": told.customer} if told.customer else {}
    body |= {"reward_discount": money(told.reward)} if told.reward else {}
    body |= {"delivered_at": at(told.delivered)} if told.delivered else {}
    body |= {"source_updated_at": at(told.updated)} if told.updated else {}
    more: dict[str, Any] = {"redemption_ids": list(told.redemptions)} if told.redemptions else {}
    return body | more | ({"test": True} if told.test else {})


def answered(body: dict[str, Any], *, replayed: bool) -> Answer:
    """Read an answer, or a problem."""
    if "code" in body:
        return Answer(body["code"], None, None)
    parked = body.get("state") == "parked"
    word = ("parked again" if parked else "replayed") if replayed else "parked" if parked else "recorded"
    recorded_at = datetime.fromisoformat(body["recorded_at"])
    return Answer(word, recorded_at, body)


@dataclass
class HttpDriver:
    """A storefront's client."""

    client: httpx.AsyncClient
    key: str
    knows: frozenset[type[Command]] = frozenset({Buy, Refund, Join})

    async def tell(self, command: Command) -> Answer:
        """Do one command."""
        match command:
            case Buy():
                return await self._post("/v1/purchases", purchase_body(command))
            case Refund(order, number, when, None):
                return await self._post(f"/v1/purchases/{order}/cancel", {"cancelled_at": at(when)})
            case Refund(order, number, when, goods):
                body = {"refund_id": number, "refunded_at": at(when), "goods": money(goods or 0)}
                return await self._post(f"/v1/purchases/{order}/refunds", body)
            case Join(customer, joined, left):
                ending = {} if left is None else {"left_at": at(left)}
                return await self._post("/v1/members", {"customer_id": customer, "joined_at": at(joined)} | ending)
        raise AssertionError(command)

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""
        response = await self._send("POST", "/v1/purchases:batch", {"purchases": [*map(purchase_body, commands)]})
        assert response.status_code == HTTPStatus.OK, response.text
        return [
            answered(result["purchase"] or result["problem"], replayed=result["replayed"])
            for result in response.json()["results"]
        ]

    async def _post(self, path: str, body: dict[str, Any] | None) -> Answer:
        response = await self._send("POST", path, body)
        assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, response.text
        return answered(response.json(), replayed=response.headers.get("Idempotency-Replayed") == "true")

    async def _send(self, method: str, path: str, body: dict[str, Any] | None) -> httpx.Response:
        return await self.client.request(method, path, json=body, headers={"Authorization": f"Bearer {self.key}"})
