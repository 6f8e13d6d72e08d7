"""The verbs of members: join, leave, adjust, merge, erase. `besides` makes parts that share the commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from loyalty.customers.facts import Profile
from loyalty.customers.persons import FORGETTERS, Person
from loyalty.customers.queries import (
    aliases_of,
    erased_customers,
    forgotten_aliases,
    merged_customer,
    told_profiles,
)
from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError, NotFound
from loyalty.holdouts.lot import held_out_among
from loyalty.holdouts.queries import new_overrides
from loyalty.idempotency.queries import blank
from loyalty.members.adjustments import NewAdjustment, adjust_account, record_adjustment
from loyalty.members.decisions import Joined, NewMembership, leave, record_membership
from loyalty.members.erasing import erase_customer
from loyalty.members.merging import Merged, merge_customers
from loyalty.members.reasons import new_adjustment
from loyalty.points.facts import RecordedAward
from loyalty.points.queries import append, appended
from loyalty.points.reading import alias_digest, open_book
from loyalty.programs.facts import Source
from loyalty.purchases.actions import decide_each, open_batch
from loyalty.purchases.batch import Batch
from loyalty.purchases.queries import as_append
from loyalty.statements import Part

Besides = Callable[[RecordedAward], list[Part]]


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody leaves the membership that is open, now or at `left_at`."""

    external_id: str
    left_at: datetime | None = None


def _nothing(_: RecordedAward) -> list[Part]:
    return []


async def record_memberships(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewMembership | Leaving]
) -> list[Joined | LoyaltyError]:
    """Record joinings and leavings, with the awards and clawbacks of what was bought; one result each."""
    batch = await open_batch(tx, source, rules, orders=[], customers=[item.external_id for item in items], history=True)
    persons = list({batch.account(key).customer_id for key in batch.accounts})
    batch.held_out = await held_out_among(tx.connection, source.program.program_id, persons, batch.now)
    results = decide_each(batch, _membership, items)
    if batch.awards:
        new = as_append(batch, overwrite_profiles=True)
        new.after += new_overrides(batch.overrides, source.actor, batch.now)
        await append(tx, new)
    return results


def _membership(batch: Batch, item: NewMembership | Leaving) -> Joined:
    if isinstance(item, Leaving):
        return leave(batch, item.external_id, item.left_at)
    return record_membership(batch, item)


async def change_profile(tx: Tx, source: Source, external_id: str, profile: Profile) -> None:
    """Write down what is known anew of a person; no points are moved. `NotFound` when there is no such customer."""
    book = await open_book(tx, source, customers=[external_id])
    customer_id = book.aliases.get(external_id)
    if customer_id is None or customer_id in book.erased:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    book.account_of(external_id)
    book.tell("customer.changed", f"customer/{customer_id}")
    await append(tx, appended(book, before=told_profiles({customer_id: profile}, overwrite=True)))


async def adjust_points(tx: Tx, source: Source, new: NewAdjustment, besides: Besides = _nothing) -> RecordedAward:
    """Give or take points for a reason, which is kept beside the award."""
    book = await open_book(tx, source, customers=[new.external_id])
    try:
        award = record_adjustment(book, new)
    except LoyaltyError as refusal:
        refusal.customer_id = book.present(new.external_id)
        raise
    await append(tx, appended(book, after=[new_adjustment(award, new.points, new.reason), *besides(award)]))
    return award


async def give_points(
    tx: Tx, source: Source, customer_id: UUID, points: int, reason: str, besides: Besides = _nothing
) -> RecordedAward:
    """Give points to somebody whom we know by our own id; `besides` shares the commit."""
    book = await open_book(tx, source, ids=[customer_id])
    award = adjust_account(book, customer_id, points)
    await append(tx, appended(book, after=[new_adjustment(award, points, reason), *besides(award)]))
    return award


async def merge(
    tx: Tx,
    source: Source,
    rules: RulesCache,
    gone: str,
    kept: str,
    besides: Callable[[RecordedAward, Merged], list[Part]] | None = None,
) -> Merged:
    """Merge one customer into another."""
    batch = await open_batch(tx, source, rules, orders=[], customers=[gone, kept], history=True)
    old = batch.account(batch.aliases[gone]).customer_id if gone in batch.aliases else None
    try:
        merged = merge_customers(batch, gone, kept)
    except LoyaltyError as refusal:
        refusal.customer_id = batch.present(kept) or (old if batch.present(gone) else None)
        raise
    new, survivor = as_append(batch), merged.award.customer_id
    if old is not None and survivor is not None:
        new.after += merged_customer(old, survivor, batch.now)
        new.after += besides(merged.award, merged) if besides else []
    await append(tx, new)
    return merged


async def erase(tx: Tx, source: Source, rules: RulesCache, external_id: str) -> RecordedAward:
    """Forget a person, and keep the totals; the same again gets the first answer."""
    program_id = source.program.program_id
    batch = await open_batch(tx, source, rules, orders=[], customers=[external_id], history=True)
    award = erase_customer(batch, external_id)
    if award is None:
        return next(a for a in batch.pinned if a.cause == "erased")
    customer_ids = [key for key in batch.accounts if batch.account(key).customer_id == award.customer_id]
    person = Person(program_id, customer_ids, await aliases_of(tx.connection, program_id, customer_ids))
    key = await tx.connection.fetchval("SELECT erasure_key FROM program WHERE program_id = $1", program_id)
    digests = [alias_digest(key, *alias) for alias in person.aliases]
    new = as_append(batch)
    new.after += erased_customers(customer_ids, award.recorded_at)
    new.after += forgotten_aliases(person, digests, batch.account(customer_ids[0]).customer_id)
    new.after.append(blank(customer_ids))
    new.after += [part for forget in FORGETTERS for part in forget(person)]
    await append(tx, new)
    return award
