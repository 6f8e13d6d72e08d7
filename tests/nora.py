"""Nora's story, told over HTTP: what her own page shows, with numbers that can be added up by hand.

Days ago: 100 joins · 90 buys for 420.00 · 40 buys for 86.50 · 20 sends 30.00 of that back · 5 buys for 127.00 · today
redeems 250. A point a euro, mature after 14 days, over after 4 months: 420 + 86 − 30 − 250 = 226, and 127 on their way.
"""

from datetime import datetime, timedelta
from typing import Any

import httpx

POLICIES = {
    "maturity": {"kind": "days", "days": 14},
    "expiry": {"kind": "months", "months": 4},
    "expiry_warning_days": 60,
}
TIERS = [
    {"key": "leaf", "name": {"en": "Leaf", "fr": "Feuille"}, "threshold": "100.00"},
    {
        "key": "branch",
        "name": {"en": "Branch", "fr": "Branche"},
        "threshold": "500.00",
        "factor": "1.2",
        "benefits": {
            "en": ["Free delivery", "First look at the season’s baskets"],
            "fr": ["Livraison offerte", "Les paniers de saison en avant-première"],
        },
    },
    {"key": "tree", "name": {"en": "Tree", "fr": "Arbre"}, "threshold": "1000.00", "factor": "1.5"},
]
REWARDS: list[dict[str, Any]] = [
    {
        "name": "5 € de remise",
        "price_points": 200,
        "amount": "5.00",
        "description": {"en": "Five euros off any order.", "fr": "Cinq euros de moins sur une commande."},
    },
    {
        "name": "Panier de saison",
        "price_points": 300,
        "kind": "gift",
        "stock": 3,
        "description": {
            "en": "A basket of what the garden gives this week.",
            "fr": "Un panier de ce que le jardin donne cette semaine.",
        },
    },
    {"name": "10 € de remise", "price_points": 450, "amount": "10.00"},
    {
        "name": "Visite du verger",
        "price_points": 150,
        "kind": "gift",
        "minimum_tier": "tree",
        "description": {
            "en": "An afternoon among the trees, for two.",
            "fr": "Un après-midi parmi les arbres, à deux.",
        },
    },
]
TERMS = {
    "on": True,
    "referrer_points": 500,
    "friend_points": 500,
    "minimum": "50.00",
    "link": "https://verger.example/bienvenue",
}


class Nora:
    """The storefront that tells of her."""

    def __init__(self, api: httpx.AsyncClient, now: datetime) -> None:
        self.api, self.now = api, now
        self._told = 0

    async def call(self, method: str, path: str, **body: object) -> dict[str, Any]:
        self._told += 1
        headers = {"Idempotency-Key": f"nora{self._told}"}
        answer = await self.api.request(method, f"/v1/{path}", json=body or None, headers=headers)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ago(self, days: float) -> str:
        return (self.now - timedelta(days=days)).isoformat()

    async def buys(self, order_id: str, goods: str, days: float, **more: object) -> None:
        told = {"order_id": order_id, "goods": goods, "placed_at": self.ago(days), "currency": "EUR"}
        await self.call("POST", "purchases", **told, customer_id="nora", **more)

    async def link(self) -> str:
        """Give a token for her page."""
        found: str = (await self.call("POST", "members/nora/page-links"))["url"]
        return found.rpartition("/")[2]

    async def lives(self, **profile: object) -> None:
        """Tell all of it."""
        window = {"kind": "rolling", "months": 12}
        await self.call("PUT", "tiers", counts="money_spent", window=window, tiers=TIERS)
        rewards = [await self.call("POST", "rewards", **reward) for reward in REWARDS]
        await self.call("PUT", "referral-terms", **TERMS)
        known = {"name": "Nora Whitfield", "email": "nora@example.org", "language": "en"} | profile
        await self.call("POST", "members", customer_id="nora", joined_at=self.ago(100), **known)
        await self.buys("1001", "420.00", 90)
        await self.buys("1002", "86.50", 40)
        await self.call("POST", "purchases/1002/refunds", refund_id="r1", goods="30.00", refunded_at=self.ago(20))
        await self.buys("1003", "127.00", 5)
        spent = await self.call("POST", "rewards", name="Un bocal de miel", price_points=250, kind="gift")
        await self.call("POST", "redemptions", customer_id="nora", reward_id=spent["reward_id"], capture=True)
        await self.call("POST", f"rewards/{spent['reward_id']}/retire")
        assert len(rewards) == len(REWARDS)
