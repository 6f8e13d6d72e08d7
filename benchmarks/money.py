"""What the service does with money, as ratios to the same statements sent by pgbench, or the same rows set by set."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
from msgspec.structs import replace

from benchmarks import pgbench
from benchmarks.pgbench import Unit
from benchmarks.report import Comparison, compare
from benchmarks.serving import Service
from benchmarks.shop import CLIENTS, HOT, START, Shop, as_told, member, post, purchase
from loyalty.purchases.facts import NewRefund

SAME = f"pgbench, {CLIENTS} clients, the same statements and values"
_EACH = 30
_HOT_CLIENTS, _HOT_EACH = 16, 15
_BATCH = 1_000
# Written by a batch, and which of their rows are of one request.
_ROWS = {
    "purchase": "request_id = $1",
    "award": "request_id = $1",
    "entry": "request_id = $1",
    "lot": "(customer_id, seq) IN (SELECT customer_id, seq FROM entry WHERE request_id = $1)",
    "event": "award_id IN (SELECT award_id FROM award WHERE request_id = $1)",
    "account": "customer_id IN (SELECT customer_id FROM award WHERE request_id = $1)",
}
_ACCOUNT = ("version", "seq", "available", "pending", "held", "debt", "settled_at", "next_due_at", "head_hash")


@dataclass
class Grounds:
    """Three copies of one database: the service writes `ours`, pgbench `peer`; `draft` tells what is sent."""

    service: Service
    ours: Shop
    draft: Shop
    draft_owner: asyncpg.Connection
    peer_owner: asyncpg.Connection
    peer_url: str
    settings: dict[str, str]
    folder: Path
    rounds: int

    async def replay(self, clients: Sequence[Sequence[Unit]]) -> float:
        """Have pgbench send what the draft sent; tells the units per second."""
        return await asyncio.to_thread(pgbench.run, self.peer_url, self.settings, clients, self.folder)

    async def send(self, connections: Sequence[Sequence[Any]], expected: str) -> float:
        """Send requests over HTTP; tells the requests per second. Every answer must be the expected one."""
        seconds, statuses = await asyncio.to_thread(self.service.send, connections)
        if set(statuses) != {expected}:
            raise AssertionError(statuses)
        return sum(map(len, connections)) / seconds


async def singles(on: Grounds) -> Comparison:
    """Purchases of members, one a request."""
    told = [
        [[purchase(f"s{r}-{c}-{n}", member(c, r * _EACH + n), n) for n in range(_EACH)] for c in range(CLIENTS)]
        for r in range(on.rounds + 1)
    ]
    sent = [[[await on.draft.purchases([item]) for item in items] for items in clients] for clients in told]
    return await compare(
        f"award: a purchase a request, HTTP, {CLIENTS} connections",
        "purchases",
        SAME,
        lambda r: on.send([[post(item) for item in items] for items in told[r]], "201"),
        lambda r: on.replay(sent[r]),
        rounds=on.rounds,
        aim=0.12,
    )


async def hot_member(on: Grounds) -> Comparison:
    """Sixteen clients who all buy for the same member. Only one can be right at a time: so the peer is one client."""
    each = _HOT_CLIENTS * _HOT_EACH
    told = [[purchase(f"h{r}-{n}", HOT, n) for n in range(each)] for r in range(on.rounds + 1)]
    sent = [[[await on.draft.purchases([item]) for item in items]] for items in told]
    return await compare(
        f"award: one hot member, HTTP, {_HOT_CLIENTS} connections",
        "purchases",
        "pgbench, 1 client, the same statements in a row",
        lambda r: on.send([[post(i) for i in told[r][c::_HOT_CLIENTS]] for c in range(_HOT_CLIENTS)], "201"),
        lambda r: on.replay(sent[r]),
        rounds=on.rounds,
    )


async def batches(on: Grounds) -> list[Comparison]:
    """A thousand purchases a request, against the same rows written set by set, and against the same statements."""
    rounds = range(2 * on.rounds + 2)
    told = [[purchase(f"b{r}-{n}", f"c{(r * 211 + n) % 2000}", n) for n in range(_BATCH)] for r in rounds]
    sent = [await _staged(on, r, told[r]) for r in rounds]

    async def ours(r: int) -> float:
        body = {"purchases": [as_told(item) for item in told[r]]}
        return await on.send([[("/v1/purchases:batch", body)]], "200") * _BATCH

    async def set_by_set(r: int) -> float:
        began = perf_counter()
        await on.peer_owner.execute(_set_script(r))
        return _BATCH / (perf_counter() - began)

    async def statements(r: int) -> float:
        return await on.replay([[sent[r]]]) * _BATCH

    name = "award: batches of 1,000, HTTP, 1 connection"
    against = "set-based SQL, the same rows and foreign keys, 1 commit"
    first = await compare(name, "purchases", against, ours, set_by_set, rounds=on.rounds, aim=0.4)
    after = on.rounds + 1
    again = await compare(
        name,
        "purchases",
        "pgbench, 1 client, the same statements and values",
        lambda r: ours(r + after),
        lambda r: statements(r + after),
        rounds=on.rounds,
    )
    return [first, again]


async def _staged(on: Grounds, number: int, items: list[Any]) -> Unit:
    """Draft a batch, and lay its rows aside for the peer."""
    request_id = f"batch-{number}"
    sent = await on.draft.purchases(items, replace(on.draft.source, request_id=request_id))
    for table, of_request in _ROWS.items():
        rows = BytesIO()
        query = f"SELECT * FROM {table} WHERE {of_request}"  # noqa: S608 - our own names
        await on.draft_owner.copy_from_query(query, request_id, output=rows, format="binary")
        rows.seek(0)
        await on.peer_owner.execute(f"CREATE TABLE staged_{table}_{number} (LIKE {table})")
        await on.peer_owner.copy_to_table(f"staged_{table}_{number}", source=rows, format="binary")
        await on.peer_owner.execute(f"ANALYZE staged_{table}_{number}")
    return sent


def _set_script(number: int) -> str:
    set_list = ", ".join(f"{name} = n.{name}" for name in _ACCOUNT)
    inserts = [f"INSERT INTO {t} SELECT * FROM staged_{t}_{number}" for t in _ROWS if t != "account"]  # noqa: S608
    update = (
        f"UPDATE account a SET {set_list} FROM staged_account_{number} n"  # noqa: S608
        " WHERE a.program_id = n.program_id AND a.customer_id = n.customer_id"
    )
    return "; ".join(["BEGIN", *inserts, update, "COMMIT"])


async def refunds(on: Grounds) -> Comparison:
    """Refunds of purchases that were made before, one a request."""

    def order(client: int, r: int, n: int) -> str:
        return f"o{(r * _EACH + n) * CLIENTS + client}"

    every = range(on.rounds + 1)
    told = [[[order(c, r, n) for n in range(_EACH)] for c in range(CLIENTS)] for r in every]
    at = START + timedelta(days=19)
    body = {"refund_id": "r1", "refunded_at": at.isoformat(), "goods": "10.00"}
    sent = [
        [[await on.draft.refund(NewRefund(o, "r1", at, 1_000)) for o in orders] for orders in clients]
        for clients in told
    ]
    return await compare(
        f"refund, HTTP, {CLIENTS} connections",
        "refunds",
        SAME,
        lambda r: on.send([[(f"/v1/purchases/{o}/refunds", body) for o in orders] for orders in told[r]], "201"),
        lambda r: on.replay(sent[r]),
        rounds=on.rounds,
    )


async def redemptions(on: Grounds) -> list[Comparison]:
    """Redeeming at once, and holding first. By the verbs, in this process."""
    at_once = await _redemptions(on, "redeem at once", lambda shop: shop.redeem)
    return [at_once, await _redemptions(on, "hold + capture (2 commits)", lambda shop: shop.hold_and_capture)]


async def _redemptions(on: Grounds, name: str, verb: Callable[[Shop], Callable[[str], Awaitable[Unit]]]) -> Comparison:
    each = _EACH // 2
    told = [[[member(c, r * each + n) for n in range(each)] for c in range(CLIENTS)] for r in range(on.rounds + 1)]
    sent = [[[await verb(on.draft)(who) for who in members] for members in clients] for clients in told]

    async def one(members: list[str]) -> None:
        for who in members:
            await verb(on.ours)(who)

    async def ours(r: int) -> float:
        began = perf_counter()
        await asyncio.gather(*map(one, told[r]))
        return CLIENTS * each / (perf_counter() - began)

    name = f"{name}, the verb, {CLIENTS} tasks"
    return await compare(name, "redemptions", SAME, ours, lambda r: on.replay(sent[r]), rounds=on.rounds)
