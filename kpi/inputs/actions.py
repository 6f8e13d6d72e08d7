"""The verbs of what is entered: tell it, tell it otherwise, withdraw it. What was told last counts, from then on."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import cast

from kpi.inputs import queries
from kpi.inputs.facts import NewLead, NewPointCost, NewSpend, NewUnitCost, Told
from kpi.inputs.queries import LEADS, POINT_COSTS, SPEND, UNIT_COSTS, Sheet
from kpi.rollup.store import mark_from
from loyalty.database import Tx
from loyalty.errors import Invalid, LoyaltyError, NotFound
from loyalty.programs.facts import Source


async def tell_spend(tx: Tx, source: Source, items: Sequence[NewSpend]) -> list[Told | LoyaltyError]:
    """Enter money spent, by `spend_id`."""
    rows = [(one.spend_id, one.kind, one.booked_on, one.amount_minor, one.channel, one.note) for one in items]
    return list(await _tell(tx, source, SPEND, rows))


async def tell_leads(tx: Tx, source: Source, items: Sequence[NewLead]) -> list[Told | LoyaltyError]:
    """Enter leads, by `lead_id`; `external_id` is an id of the source's namespace."""
    results: list[Told | LoyaltyError | None] = []
    rows = []
    for one in items:
        created = _in_utc(one.created_at)
        if isinstance(created, datetime):
            rows.append(
                (one.lead_id, created, one.channel, one.qualified, source.namespace, one.external_id, one.email)
            )
        results.append(None if isinstance(created, datetime) else created)
    told = iter(await _tell(tx, source, LEADS, rows))
    return [result or next(told) for result in results]


async def tell_unit_costs(tx: Tx, source: Source, items: Sequence[NewUnitCost]) -> list[Told | LoyaltyError]:
    """Enter unit costs, by `sku` and `from_on`."""
    rows = [(one.sku, one.from_on, one.unit_cost_minor) for one in items]
    told = await _tell(tx, source, UNIT_COSTS, rows)
    changed = [one.from_on for one, done in zip(items, told, strict=True) if not done.replayed]
    if changed:
        # What was sold since costs something else now; the worker counts it anew.
        await mark_from(tx.connection, source.program.program_id, min(changed))
    return list(told)


async def tell_point_costs(tx: Tx, source: Source, items: Sequence[NewPointCost]) -> list[Told | LoyaltyError]:
    """Enter what a point costs, by `from_on`."""
    rows = [(one.from_on, one.cost_minor, one.breakage) for one in items]
    return list(await _tell(tx, source, POINT_COSTS, rows))


async def withdraw(tx: Tx, source: Source, sheet: Sheet, key: Sequence[object]) -> Told:
    """Say that what was entered under a key is not so; raises `NotFound` where nothing ever was."""
    done = await queries.withdraw(tx.connection, sheet, source.program.program_id, source.actor, key)
    if done is None:
        msg = f"Nothing was entered under {', '.join(str(part) for part in key)}."
        raise NotFound(msg)
    if sheet is UNIT_COSTS and done:
        _, first = key
        await mark_from(tx.connection, source.program.program_id, cast("date", first))
    return Told(replayed=not done)


async def _tell(tx: Tx, source: Source, sheet: Sheet, rows: Sequence[tuple[object, ...]]) -> list[Told]:
    """Enter rows in their order; of one key, the last counts."""
    results: dict[int, Told] = {}
    left = list(enumerate(rows))
    while left:
        seen: dict[tuple[object, ...], tuple[int, tuple[object, ...]]] = {}
        later = []
        for place, row in left:
            key = row[: len(sheet.keys)]
            if key in seen:
                later.append((place, row))
            else:
                seen[key] = (place, row)
        batch = list(seen.values())
        program_id = source.program.program_id
        added = await queries.tell(tx.connection, sheet, program_id, source.actor, [row for _, row in batch])
        results |= {place: Told(replayed=not new) for (place, _), new in zip(batch, added, strict=True)}
        left = later
    return [results[place] for place in range(len(rows))]


def _in_utc(at: datetime) -> datetime | Invalid:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return Invalid("created_at must lie between the years 1 and 9999 in UTC.", pointer="/created_at")
