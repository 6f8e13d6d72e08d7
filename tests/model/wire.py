"""The same commands through HTTP."""

from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

import httpx

from tests.model.commands import (
    Act,
    Adjust,
    Answer,
    Buy,
    Capture,
    Command,
    Erase,
    Join,
    Look,
    Merge,
    Redeem,
    Refund,
    Release,
    Reverse,
    Sweep,
)
from tests.model.drivers import look, sweep
from tests.stories import Shop


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


def answered(status: int, body: dict[str, Any], *, replayed: bool) -> Answer:
    """Read an answer, or a problem."""
    assert status < HTTPStatus.INTERNAL_SERVER_ERROR, body
    if "detail" in body:
        return Answer(body["code"], None, body)
    if body.get("stale"):
        return Answer("stale", None, body)
    parked = body.get("state") == "parked"
    word = ("parked again" if parked else "replayed") if replayed else "parked" if parked else "recorded"
    return Answer(word, datetime.fromisoformat(body["recorded_at"]), body, body.get("redemption_id", ""))


@dataclass
class HttpDriver:
    """A storefront's client; the nightly work has no door, and comes by its verb."""

    client: httpx.AsyncClient
    key: str
    rewards: dict[int, UUID]
    shop: Shop
    keyed: bool = True
    erasures: set[str] = field(default_factory=set)

    async def tell(self, command: Command) -> Answer:
        """Do one command."""
        if isinstance(command, Sweep):
            return await sweep(self.shop)
        method, path, body = self._request(command)
        response = await self._send(method, path, body, getattr(command, "key", None))
        # Erasing again gives the first answer, and does not say so.
        replayed = response.headers.get("Idempotency-Replayed") == "true" or response.text in self.erasures
        if isinstance(command, Erase):
            self.erasures.add(response.text)
        return answered(response.status_code, response.json(), replayed=replayed)

    def _request(self, command: Command) -> tuple[str, str, dict[str, Any] | None]:  # noqa: PLR0911 - a request a line
        if isinstance(command, Buy | Refund | Join):
            return self._shopping(command)
        match command:
            case Act(customer, number, when):
                body = {"action": "review", "action_id": number, "performed_at": at(when)}
                return "POST", f"/v1/members/{customer}/actions", body
            case Redeem(customer, price, at_once):
                body = {"customer_id": customer, "reward_id": str(self.rewards[price]), "capture": at_once}
                return "POST", "/v1/redemptions", body
            case Capture(hold, points):
                return "POST", f"/v1/redemptions/{hold}/capture", None if points is None else {"points": points}
            case Release(hold) | Reverse(hold):
                return "POST", f"/v1/redemptions/{hold}/{type(command).__name__.lower()}", None
            case Adjust(customer, points):
                return "POST", f"/v1/members/{customer}/adjustments", {"points": points, "reason": "so it was agreed"}
            case Merge(customer, into):
                return "POST", f"/v1/customers/{customer}/merge", {"into": into}
            case Erase(customer):
                return "POST", f"/v1/customers/{customer}/erase", None
        raise AssertionError(command)

    def _shopping(self, command: Buy | Refund | Join) -> tuple[str, str, dict[str, Any]]:
        match command:
            case Buy(order, edit=True):
                return "PUT", f"/v1/purchases/{order}", purchase_body(command)
            case Buy():
                return "POST", "/v1/purchases", purchase_body(command)
            case Refund(order, _, when, None):
                return "POST", f"/v1/purchases/{order}/cancel", {"cancelled_at": at(when)}
            case Refund(order, number, when, goods):
                body = {"refund_id": number, "refunded_at": at(when), "goods": money(goods or 0)}
                return "POST", f"/v1/purchases/{order}/refunds", body
            case Join(customer, joined, left):
                ending = {} if left is None else {"left_at": at(left)}
                return "POST", "/v1/members", {"customer_id": customer, "joined_at": at(joined)} | ending

    async def tell_all(self, commands: list[Buy]) -> list[Answer]:
        """Record purchases in one batch."""
        response = await self._send("POST", "/v1/purchases:batch", {"purchases": [*map(purchase_body, commands)]})
        assert response.status_code == HTTPStatus.OK, response.text
        return [
            answered(result["status"], result["purchase"] or result["problem"], replayed=result["replayed"])
            for result in response.json()["results"]
        ]

    async def look(self, customer: str) -> Look | None:
        """Read a member's points as they are now."""
        response = await self._send("GET", f"/v1/members/{customer}/balance")
        return look(response.json()) if response.status_code == HTTPStatus.OK else None

    async def _send(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"} | ({"Idempotency-Key": key} if key else {})
        return await self.client.request(method, path, json=body, headers=headers)
