"""The verbs of purchases: read, decide, append. Each takes a batch; a single call is a batch of one."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.earning.rules import RulesVersion
from loyalty.errors import LoyaltyError
from loyalty.points.queries import append
from loyalty.programs.facts import Source
from loyalty.purchases import counting  # noqa: F401 - registers what purchases count towards tiers
from loyalty.purchases.batch import Batch
from loyalty.purchases.decisions import Parked, Recorded, record_purchase, record_refund
from loyalty.purchases.edits import Edited, edit_purchase
from loyalty.purchases.facts import NewPurchase, NewRefund
from loyalty.purchases.queries import as_append
from loyalty.purchases.reading import read
from loyalty.tiers.queries import open_climbs

I = TypeVar("I")  # noqa: E741 - items in, results out
R = TypeVar("R")


async def record_purchases(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewPurchase]
) -> list[Recorded | LoyaltyError]:
    """Record purchases with their awards; one result each. An item is all or nothing, the batch is not."""
    customers = [item.external_id for item in items if item.external_id is not None]
    orders = [item.order_id for item in items]
    redemptions = _redemptions(items)
    # A purchase touches no lot but its own: whoever owes points has none. (With a parked refund, all are read.)
    batch = await open_batch(tx, source, rules, orders=orders, customers=customers, lots=False, redemptions=redemptions)
    results = decide_each(batch, record_purchase, items)
    if batch.awards:
        await append(tx, as_append(batch))
    return results


async def record_refunds(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewRefund]
) -> list[Recorded | Parked | LoyaltyError]:
    """Record refunds and cancellations with their clawbacks; one result each."""
    batch = await open_batch(tx, source, rules, orders=[item.order_id for item in items], customers=[])
    results = decide_each(batch, record_refund, items)
    if batch.events:
        await append(tx, as_append(batch))
    return results


async def edit_purchases(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewPurchase]
) -> list[Edited | Recorded | LoyaltyError]:
    """Edit purchases, or record those that are not known; one result each."""
    customers = [item.external_id for item in items if item.external_id is not None]
    orders, redemptions = [item.order_id for item in items], _redemptions(items)
    batch = await open_batch(tx, source, rules, orders=orders, customers=customers, redemptions=redemptions)
    results = decide_each(batch, edit_purchase, items)
    if batch.awards:
        await append(tx, as_append(batch))
    return results


def _redemptions(items: Sequence[NewPurchase]) -> list[str]:
    return [redemption_id for item in items for redemption_id in item.redemption_ids or ()]


async def open_batch(
    tx: Tx,
    source: Source,
    rules: RulesCache,
    *,
    orders: list[str],
    customers: list[str],
    ids: list[UUID] | None = None,
    history: bool = False,
    lots: bool = True,
    redemptions: list[str] | None = None,
    trying: RulesVersion | None = None,
) -> Batch:
    """Read what deciding needs, and open it. The rules are cached by version; a newer one is loaded first.

    `trying`: decide by these rules instead, whatever is in force.
    """
    orders, customers = list(dict.fromkeys(orders)), list(dict.fromkeys(customers))
    program_id = source.program.program_id
    while True:
        needs = rules.needs(program_id) if trying is None else trying.needs
        facts = await read(
            tx,
            source,
            orders=orders,
            customers=customers,
            ids=ids,
            history=history,
            lots=lots,
            redemptions=redemptions,
            needs=needs,
        )
        if trying is not None:
            versions = [trying]
            break
        versions = await rules.versions(tx.connection, program_id, facts.newest_rules)
        # A version that was not known may need more than was read.
        if rules.needs(program_id) == needs:
            break
    climbs = None
    if facts.newest_tiers is not None:
        seen = [account.customer_id for account in facts.accounts]
        climbs = await open_climbs(tx.connection, source.program, facts.now, seen)
    return Batch(source, facts, versions, climbs)


def decide_each(batch: Batch, decide: Callable[[Batch, I], R], items: Sequence[I]) -> list[R | LoyaltyError]:
    """Decide item by item; a refused one is its own result and leaves no trace."""
    results: list[R | LoyaltyError] = []
    for item in items:
        try:
            results.append(decide(batch, item))
        except LoyaltyError as refusal:
            results.append(refusal)
    return results
