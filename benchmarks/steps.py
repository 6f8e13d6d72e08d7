"""Where the time of an award goes: the verb's own functions, called one after another by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter, thread_time
from typing import Any, cast

import msgspec

from benchmarks.report import Figure
from benchmarks.shop import MEMBERS, Shop, as_told, purchase
from loyalty.database import Connection, Tx
from loyalty.errors import LoyaltyError
from loyalty.points.chain import award_digest, entry_hash
from loyalty.points.facts import GENESIS
from loyalty.points.queries import append
from loyalty.purchases.actions import decide_each, open_batch
from loyalty.purchases.answers import purchase_answer
from loyalty.purchases.batch import Batch
from loyalty.purchases.decisions import Recorded, record_purchase
from loyalty.purchases.facts import NewPurchase, Read
from loyalty.purchases.queries import as_append
from loyalty.purchases.told import PurchaseIn, purchase_from


@dataclass
class Stopwatch:
    """The processor's seconds by step, so that other programs on the machine do not count; waiting is told apart."""

    spent: dict[str, float] = field(default_factory=dict)
    since: float = 0.0

    def start(self) -> None:
        """Begin a step."""
        self.since = thread_time()

    def stop(self, step: str) -> None:
        """End a step, and begin the next one."""
        self.add(step, thread_time() - self.since)
        self.since = thread_time()

    def add(self, step: str, seconds: float) -> None:
        """Count time."""
        self.spent[step] = self.spent.get(step, 0.0) + seconds


@dataclass
class TimedConnection:
    """A connection of the money pool whose calls are taken out of the step around them."""

    connection: Connection
    watch: Stopwatch
    said: Any = None

    async def fetchval(self, sql: str, *args: object) -> Any:  # noqa: ANN401
        """Call, and count what encoding and decoding took, and what waiting did."""
        began, worked = perf_counter(), thread_time()
        self.said = await self.connection.fetchval(sql, *args)
        seconds, own = perf_counter() - began, thread_time() - worked
        step = "append" if len(args) > 20 else "read"  # noqa: PLR2004 - an append has an array a column
        self.watch.add(f"asyncpg, {step}", own)
        self.watch.add(f"waiting for PostgreSQL, {step}", seconds - own)
        self.watch.since += own
        return self.said

    async def fetch(self, sql: str, *args: object) -> Any:  # noqa: ANN401
        """Call, uncounted: a purchase of known customers asks for one value at a time."""
        return await self.connection.fetch(sql, *args)


async def steps(shop: Shop, size: int, times: int) -> list[Figure]:
    """Record purchases in batches of `size`; gives the microseconds of each step per award."""
    watch = Stopwatch()
    for number in range(times + 1):
        if number == 1:
            watch.spent.clear()
        items = [purchase(f"t{size}-{number}-{n}", f"c{(number * size + n) % MEMBERS}", n) for n in range(size)]
        async with shop.database.writer() as connection:
            await _step_by_step(shop, items, watch, connection)
    micros = {step: seconds / (size * times) * 1e6 for step, seconds in watch.spent.items()}
    parts = {step: value for step, value in micros.items() if not step.startswith("  ")}
    own = sum(value for step, value in parts.items() if "waiting" not in step)
    what = "one by one" if size == 1 else f"in batches of {size:,}"
    lines = [Figure(f"award, {what}: Python in all", f"{own:,.0f} µs", "without HTTP and Litestar")]
    return [*lines, *(Figure(f"  {step}", f"{micros[step]:,.1f} µs") for step in micros)]


async def _step_by_step(shop: Shop, items: Sequence[NewPurchase], watch: Stopwatch, connection: Connection) -> None:
    bodies = [as_told(item) for item in items]
    watch.start()
    told = [purchase_from(msgspec.convert(body, PurchaseIn), shop.source.program) for body in bodies]
    watch.stop("check what came in")
    timed = TimedConnection(connection, watch)
    tx = Tx(cast("Any", timed))
    orders, customers = [item.order_id for item in told], [item.external_id or "" for item in told]
    watch.start()
    batch = await open_batch(tx, shop.source, shop.rules, orders=orders, customers=customers, lots=False)
    watch.stop("decode what was read, open the accounts")
    text = timed.said
    watch.start()
    results = decide_each(batch, record_purchase, told)
    watch.stop("decide, with ids and hashes")
    new = as_append(batch)
    await append(tx, new)
    watch.stop("rows into arrays, and the statement")
    msgspec.json.encode([_answer(item, result) for item, result in zip(told, results, strict=True)])
    watch.stop("answer")
    msgspec.json.decode(text, type=Read)
    watch.stop("  (of decoding: msgspec)")
    _hash_again(batch)
    watch.stop("  (of deciding: canonical bytes and SHA-256)")


def _answer(item: NewPurchase, result: Recorded | LoyaltyError) -> object:
    if isinstance(result, LoyaltyError):
        raise result
    return purchase_answer(item, result)


def _hash_again(batch: Batch) -> None:
    program_id = batch.source.program.program_id
    digests = {award.award_id: award_digest(program_id, award) for award in batch.awards}
    for account in batch.accounts.values():
        for entry in account.entries:
            entry_hash(program_id, GENESIS, digests[entry.award_id], entry)
