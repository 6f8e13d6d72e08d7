"""All the SQL of the ledger's own tables: the guarded append, and the reads of balances and lots."""

from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

import asyncpg
import msgspec

from loyalty.customers.persons import exporter
from loyalty.database import MissedGuard, Tx
from loyalty.outbox import listeners
from loyalty.outbox.tables import Event
from loyalty.points import tables
from loyalty.points.book import Book
from loyalty.points.facts import NewEntry, NewEvent, OpenAccount, RecordedAward
from loyalty.statements import Part, insert, joined, update

_json = msgspec.json.encode


@dataclass(slots=True)
class Append:
    """Everything that one commit adds to the ledger. `now` was read from the database, and is the recorded time of all.

    `before` and `after` are the parts of upper rooms; they hang on the same guards.
    """

    program_id: int
    now: datetime
    accounts: list[OpenAccount]
    awards: list[RecordedAward]
    events: list[NewEvent]
    before: list[Part] = field(default_factory=list)
    after: list[Part] = field(default_factory=list)


# In a batch the accounts are locked in the order of their ids before any is changed: unsorted batches deadlock.
_LOCK_ACCOUNTS = """
SELECT a.customer_id FROM account a JOIN unnest({0}::uuid[]) AS n(id) ON a.customer_id = n.id
WHERE a.program_id = $1 ORDER BY a.customer_id FOR UPDATE OF a
"""
# Reading the count makes PostgreSQL take all the locks before the first update.
_UPDATE_ACCOUNTS = """
UPDATE account a SET version = n.version, seq = n.seq, available = n.available, pending = n.pending, held = n.held,
  debt = n.debt, head_hash = n.head_hash, next_due_at = n.next_due_at, active_at = n.active_at,
  merged_into = n.merged_into, settled_at = {12}
FROM unnest({0}::uuid[], {1}::bigint[], {2}::bigint[], {3}::bigint[], {4}::bigint[], {5}::bigint[], {6}::bigint[],
  {7}::bytea[], {8}::timestamptz[], {9}::timestamptz[], {10}::bigint[], {11}::uuid[])
  AS n(customer_id, version, seq, available, pending, held, debt, head_hash, next_due_at, active_at, seen, merged_into)
WHERE a.program_id = $1 AND a.customer_id = n.customer_id AND a.version = n.seen
  AND (SELECT count(*) FROM locked_account) >= 0
RETURNING 1
"""
_UPDATE_LOTS = """
UPDATE lot l SET remaining = n.remaining
FROM unnest({0}::uuid[], {1}::bigint[], {2}::bigint[]) AS n(customer_id, seq, remaining)
WHERE l.program_id = $1 AND l.customer_id = n.customer_id AND l.seq = n.seq RETURNING 1
"""
_REDATE_LOTS = """
UPDATE lot l SET remaining = n.remaining, matures_at = n.matures_at, expires_at = n.expires_at,
  slides_days = n.slides_days
FROM unnest({0}::uuid[], {1}::bigint[], {2}::bigint[], {3}::timestamptz[], {4}::timestamptz[], {5}::integer[])
  AS n(customer_id, seq, remaining, matures_at, expires_at, slides_days)
WHERE l.program_id = $1 AND l.customer_id = n.customer_id AND l.seq = n.seq RETURNING 1
"""
_UPDATE_HOLDS = """
UPDATE hold h SET captured = n.captured, returned = n.returned, taken = n.taken, state = n.state,
  ended_at = n.ended_at, end_award_id = n.end_award_id, reverse_award_id = n.reverse_award_id
FROM unnest({0}::uuid[], {1}::bigint[], {2}::bigint[], {3}::text[], {4}::timestamptz[], {5}::uuid[], {6}::uuid[],
  {7}::jsonb[]) AS n(hold_id, captured, returned, state, ended_at, end_award_id, reverse_award_id, taken)
WHERE h.program_id = $1 AND h.hold_id = n.hold_id RETURNING 1
"""
_OUTBOX = """
INSERT INTO outbox (program_id, consumer, event_id) SELECT $1, n.c, n.e FROM unnest({0}::text[], {1}::uuid[]) n (c, e)
"""
# An append that took longer is refused: whoever reads 10 seconds behind the clock misses nothing.
_FRESH = """(SELECT clock_timestamp() + clock_offset < $2::timestamptz + interval '5 seconds'
  FROM program WHERE program_id = $1)"""

_ACCOUNT = [
    "customer_id", "version", "seq", "available", "pending", "held", "debt", "head_hash", "next_due_at", "active_at",
]  # fmt: skip
_account_values = attrgetter(*_ACCOUNT)
# One append is one request's: who asked, in which request, and when, is the same in all its rows.
_SAME = ("actor", "request_id", "recorded_at")
_AWARD = [name for name in RecordedAward.__struct_fields__ if name not in _SAME]
_award_values = attrgetter(*_AWARD)
_BREAKDOWN, _FACTS = _AWARD.index("breakdown"), _AWARD.index("facts")
_ENTRY = [name for name in NewEntry.__slots__ if name not in _SAME]
_entry_values = attrgetter(*_ENTRY)
_EVENT = ["event_id", "type", "subject", "customer_id", "account_version", "award_id", "origin"]
_event_values = attrgetter(*_EVENT)
_LOT = [
    "customer_id", "seq", "purchase_id", "earned_at", "matures_at", "expires_at", "slides_days", "original",
    "remaining",
]  # fmt: skip
_lot_values = attrgetter(*_LOT[1:])
_HOLD = [
    "hold_id", "points", "captured", "returned", "state", "award_id", "end_award_id", "opened_at", "expires_at",
    "ended_at",
]  # fmt: skip
_hold_values = attrgetter(*_HOLD)
_hold_changes = attrgetter("hold_id", "captured", "returned", "state", "ended_at", "end_award_id", "reverse_award_id")


def appended(book: Book, before: list[Part] | None = None, after: list[Part] | None = None) -> Append:
    """Gather what a book has to append, with the parts of the rooms above."""
    accounts = [account for account in book.accounts.values() if account.touched]
    program_id = book.source.program.program_id
    return Append(program_id, book.now, accounts, book.awards, book.events, before or [], after or [])


async def append(tx: Tx, new: Append) -> None:
    """Write one commit's worth of decisions in one statement; `MissedGuard` when anybody was faster."""
    # Guards are looked at in this order: accounts are locked before purchases, as in the second way, or both deadlock.
    parts = [*_account_parts(new), *new.before, *_ledger_parts(new), *new.after]
    sql, args = joined(parts, [new.program_id, new.now], [_FRESH])
    try:
        await tx.connection.fetchval(sql, *args)
    except asyncpg.DivisionByZeroError:
        raise MissedGuard from None


def _account_parts(new: Append) -> list[Part]:
    fresh = [_account_values(a) for a in new.accounts if a.seen is None]
    known = [(*_account_values(a), a.seen, a.merged_into) for a in new.accounts if a.seen is not None]
    parts = [insert(tables.Account, _ACCOUNT, fresh, settled_at=new.now)] if fresh else []
    if known:
        parts.append(Part("locked_account", _LOCK_ACCOUNTS, [[row[0] for row in known]]))
        parts.append(update("account", _UPDATE_ACCOUNTS, known, new.now))
    return parts


def _award_row(award: RecordedAward) -> tuple[Any, ...]:
    row = list(_award_values(award))
    row[_BREAKDOWN] = _json(award.breakdown).decode()
    row[_FACTS] = _json(award.facts).decode()
    return tuple(row)


def _ledger_parts(new: Append) -> list[Part]:
    entries = [_entry_values(entry) for account in new.accounts for entry in account.entries]
    same = {name: getattr(new.awards[0], name) for name in _SAME} if new.awards else {}
    uses = [(a.customer_id, *use) for a in new.accounts for use in a.uses]
    parts = [
        insert(tables.Award, _AWARD, [_award_row(award) for award in new.awards], **same) if new.awards else None,
        insert(tables.Entry, _ENTRY, entries, **same) if entries else None,
        *_lot_parts(new),
        insert(tables.LotUse, ["customer_id", "seq", "lot_seq", "amount"], uses) if uses else None,
        *_hold_parts(new),
        *_event_parts(new),
    ]
    return [part for part in parts if part]


def _lot_parts(new: Append) -> list[Part]:
    lots = [(account.customer_id, lot) for account in new.accounts for lot in account.lots]
    fresh = [(owner, *_lot_values(lot)) for owner, lot in lots if lot.fresh]
    touched = [(owner, o.seq, o.remaining) for owner, o in lots if o.touched and not o.fresh and not o.redated]
    redated = [
        (owner, o.seq, o.remaining, o.matures_at, o.expires_at, o.slides_days)
        for owner, o in lots
        if o.redated and not o.fresh
    ]
    parts = [insert(tables.Lot, _LOT, fresh)] if fresh else []
    parts += [update("lot", _UPDATE_LOTS, touched)] if touched else []
    return [*parts, update("redated_lot", _REDATE_LOTS, redated)] if redated else parts


def _hold_parts(new: Append) -> list[Part]:
    holds = [(account.customer_id, held) for account in new.accounts for held in account.holds if held.touched]
    fresh = [(owner, *_hold_values(held), _json(held.taken).decode()) for owner, held in holds if held.fresh]
    known = [(*_hold_changes(h), _json(h.taken).decode()) for _, h in holds if not h.fresh]
    parts = [insert(tables.Hold, ["customer_id", *_HOLD, "taken"], fresh)] if fresh else []
    return [*parts, update("hold", _UPDATE_HOLDS, known)] if known else parts


def _event_parts(new: Append) -> list[Part]:
    if not new.events:
        return []
    part = insert(Event, _EVENT, [_event_values(event) for event in new.events], recorded_at=new.now)
    told = [(name, one.event_id) for one in new.events for name in listeners(one.type, one.origin)]
    return [part, Part("new_outbox", _OUTBOX, [list(column) for column in zip(*told, strict=True)])] if told else [part]


exporter(
    "account",
    "SELECT json_agg(json_build_object('available', available, 'pending', pending, 'held', held, 'debt', debt,"
    " 'settled_at', settled_at)) FROM account WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
exporter(
    "entries",
    "SELECT json_agg(json_build_object('seq', seq, 'kind', kind, 'from', debit_code, 'to', credit_code,"
    " 'points', amount, 'effective_at', effective_at, 'recorded_at', recorded_at) ORDER BY recorded_at, seq)"
    " FROM entry WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
exporter(
    "lots",
    "SELECT json_agg(json_build_object('points', original, 'left', remaining, 'earned_at', earned_at,"
    " 'available_from', matures_at, 'expires_at', expires_at) ORDER BY earned_at, seq)"
    " FROM lot WHERE program_id = $1 AND customer_id = ANY($2::uuid[])",
)
