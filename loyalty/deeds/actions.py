"""The verbs: record actions, and keep birthdays."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from loyalty.database import Tx
from loyalty.deeds.decisions import (
    Acted,
    KnownAction,
    NewAction,
    fingerprint,
    gives_for,
    mark_birthday,
    record_action,
    reward,
)
from loyalty.deeds.queries import known_actions, new_actions
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.points.queries import append
from loyalty.programs.facts import Source
from loyalty.purchases.actions import decide_each, open_batch
from loyalty.purchases.batch import Batch
from loyalty.purchases.queries import as_append


async def record_actions(
    tx: Tx, source: Source, rules: RulesCache, items: Sequence[NewAction]
) -> list[Acted | LoyaltyError]:
    """Record actions with their points; one result each."""
    batch = await open_batch(tx, source, rules, orders=[], customers=[item.external_id for item in items])
    ids = list(dict.fromkeys(item.action_id for item in items))
    recorded: dict[str, KnownAction | Acted] = dict(await known_actions(tx.connection, source, ids))
    results = decide_each(batch, partial(_record, recorded), items)
    await _append(tx, batch, [r for r in results if isinstance(r, Acted) and not r.replayed])
    return results


def _record(recorded: dict[str, KnownAction | Acted], batch: Batch, item: NewAction) -> Acted:
    acted = record_action(batch, recorded, item)
    recorded.setdefault(item.action_id, acted)
    return acted


async def keep_birthdays(
    tx: Tx, source: Source, rules: RulesCache, customer_ids: list[UUID], at: datetime
) -> list[Acted]:
    """Reward members for the birthday that begins at an instant, once a calendar year."""
    batch = await open_batch(tx, source, rules, orders=[], customers=[], ids=customer_ids)
    year = at.astimezone(source.program.zone).year
    kept = []
    for customer_id in customer_ids:
        account = batch.account(customer_id)
        member = batch.is_member(account.customer_id, at) and account.customer_id not in batch.erased
        if member and gives_for(batch, "birthday", at) and mark_birthday(batch, account, year):
            batch.touch(account)
            new = NewAction("", "birthday", f"birthday/{year}/{account.customer_id}", at)
            kept.append(Acted(new, reward(batch, account, "birthday", at), fingerprint(new)))
    await _append(tx, batch, kept)
    return kept


async def _append(tx: Tx, batch: Batch, acted: list[Acted]) -> None:
    if acted:
        new = as_append(batch)
        new.after += new_actions(batch.source, acted)
        await append(tx, new)
