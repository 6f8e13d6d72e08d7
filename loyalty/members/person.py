"""One person as staff see them: who it is, the points as of now with their lots, and what is held."""

from datetime import datetime
from uuid import UUID

import msgspec

from loyalty.database import Connection, Tx
from loyalty.members.people import reading_source
from loyalty.members.wire import MembershipOut
from loyalty.points.book import Book
from loyalty.points.facts import NewEntry, OpenAccount
from loyalty.points.reading import open_book
from loyalty.points.rules import end_of, spending_order
from loyalty.programs.facts import ProgramFacts

_ONE = """
SELECT json_build_object('customer_id', c.customer_id, 'merged_into', c.merged_into, 'name', c.name,
  'email', c.email, 'language', c.language, 'recorded_at', c.recorded_at, 'erased_at', c.erased_at,
  'ids', (SELECT coalesce(json_agg(a.external_id ORDER BY a.namespace, a.external_id), '[]')
    FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id),
  'memberships', (SELECT coalesce(json_agg(json_build_object('joined_at', m.joined_at, 'left_at', m.left_at)
      ORDER BY m.joined_at DESC), '[]')
    FROM membership m WHERE m.program_id = $1 AND m.customer_id = c.customer_id AND m.superseded_at IS NULL))::text
FROM customer c WHERE c.program_id = $1 AND c.customer_id = $2
"""
_ORIGINS = """
SELECT e.seq, e.kind, p.order_id FROM lot l
JOIN entry e ON e.program_id = $1 AND e.customer_id = l.customer_id AND e.seq = l.seq
LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = l.purchase_id
WHERE l.program_id = $1 AND l.customer_id = $2 AND l.seq = ANY($3::bigint[])
"""
_REWARDS = """
SELECT redemption_id, reward ->> 'name' AS name FROM redemption
WHERE program_id = $1 AND redemption_id = ANY($2::uuid[])
"""


class PersonFacts(msgspec.Struct, frozen=True):
    """Who it is; memberships newest first."""

    customer_id: UUID
    merged_into: UUID | None
    name: str | None
    email: str | None
    language: str | None
    recorded_at: datetime
    erased_at: datetime | None
    ids: list[str]
    memberships: list[MembershipOut]


class LotShown(msgspec.Struct, frozen=True):
    """Points of one earning that are left. `brought_by`: the kind of the entry that brought them.

    No `matures_at`: they wait for the delivery. No `ends_at`: never, or (`slides`) not known before they mature.
    """

    seq: int
    left: int
    original: int
    earned_at: datetime
    matures_at: datetime | None
    ends_at: datetime | None
    slides: bool
    pending: bool
    brought_by: str
    order_id: str | None


class HoldShown(msgspec.Struct, frozen=True):
    """Points set aside for a redemption; `reward` is its name as it was offered."""

    hold_id: UUID
    points: int
    opened_at: datetime
    expires_at: datetime
    reward: str | None


class Purse(msgspec.Struct, frozen=True):
    """Somebody's points as of `now`, settled in memory: what is over is never shown. Lots in spending order."""

    now: datetime
    is_member: bool
    available: int
    pending: int
    held: int
    debt: int
    lots: list[LotShown]
    holds: list[HoldShown]
    # What fell due and is not written yet; it will be with the next change.
    unwritten: list[NewEntry]


_decode = msgspec.json.Decoder(PersonFacts).decode


async def find_person(connection: Connection, program_id: int, customer_id: UUID) -> PersonFacts | None:
    """Find somebody; None when the programme knows no such customer."""
    found = await connection.fetchval(_ONE, program_id, customer_id)
    return None if found is None else _decode(found)


async def find_purse(connection: Connection, program: ProgramFacts, customer_id: UUID) -> Purse:
    """Tell somebody's points."""
    book = await open_book(Tx(connection), reading_source(program), ids=[customer_id])
    account = book.account(customer_id)
    settling = account.settling
    return Purse(
        now=book.now,
        is_member=book.is_member(customer_id, book.now),
        available=account.available,
        pending=account.pending,
        held=account.held,
        debt=account.debt,
        lots=await _lots(connection, book, account),
        holds=await _holds(connection, book, account),
        unwritten=[e for e in account.entries if settling and e.award_id == settling.award_id],
    )


async def _lots(connection: Connection, book: Book, account: OpenAccount) -> list[LotShown]:
    lots = spending_order(account, (lot for lot in account.lots if lot.remaining))
    key = (book.source.program.program_id, account.customer_id, [lot.seq for lot in lots])
    stored = {row["seq"]: (row["kind"], row["order_id"]) for row in await connection.fetch(_ORIGINS, *key)}
    # Those that settling itself brought are in the books of this moment only.
    origins = {entry.seq: (entry.kind, None) for entry in account.entries} | stored
    return [
        LotShown(
            seq=lot.seq,
            left=lot.remaining,
            original=lot.original,
            earned_at=lot.earned_at,
            matures_at=lot.matures_at,
            ends_at=end_of(account, lot),
            slides=lot.slides_days is not None,
            pending=lot.pending,
            brought_by=origins[lot.seq][0],
            order_id=origins[lot.seq][1],
        )
        for lot in lots
    ]


async def _holds(connection: Connection, book: Book, account: OpenAccount) -> list[HoldShown]:
    still_open = [held for held in account.holds if held.state == "open"]
    ids = [held.hold_id for held in still_open]
    rows = await connection.fetch(_REWARDS, book.source.program.program_id, ids) if ids else []
    named = {row["redemption_id"]: row["name"] for row in rows}
    return [
        HoldShown(held.hold_id, held.points, held.opened_at, held.expires_at, named.get(held.hold_id))
        for held in sorted(still_open, key=lambda held: held.expires_at)
    ]
