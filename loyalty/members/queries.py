"""Customers and members as the API shows them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from loyalty.customers.persons import EXPORTERS
from loyalty.database import Connection, Tx
from loyalty.errors import Invalid, NotFound
from loyalty.members.wire import Awards, CustomerOut, Entries, MemberBalance, MemberOut, MembershipOut
from loyalty.points.facts import OpenAccount
from loyalty.points.reading import open_book
from loyalty.points.wire import AwardOut, EntryOut, balance_of, lots_out
from loyalty.programs.facts import Source
from loyalty.tiers.queries import open_climbs
from loyalty.tiers.wire import MemberTier, member_tier

_ONE = """
SELECT json_build_object('customer_id', c.customer_id, 'email', c.email, 'name', c.name, 'language', c.language,
  'birthday_on', c.birthday_on, 'consent', c.consent, 'recorded_at', c.recorded_at,
  'memberships', coalesce((SELECT json_agg(json_build_object('joined_at', m.joined_at, 'left_at', m.left_at)
      ORDER BY m.joined_at) FROM membership m
    WHERE m.program_id = c.program_id AND m.customer_id = c.customer_id AND m.superseded_at IS NULL), '[]'))::text
FROM customer_alias s JOIN customer c ON c.program_id = s.program_id AND c.customer_id = s.customer_id
WHERE s.program_id = $1 AND s.namespace = $2 AND s.external_id = $3
"""
_MERGED = """
WITH RECURSIVE one (customer_id) AS (
  SELECT $2::uuid UNION SELECT c.customer_id FROM one o JOIN customer c ON c.program_id = $1
    AND c.merged_into = o.customer_id)
SELECT customer_id FROM one
"""
_ENTRIES = """
SELECT coalesce(json_agg(e), '[]')::text FROM (
  SELECT seq, kind, debit_code AS debit, credit_code AS credit, amount AS points, effective_at, recorded_at, award_id,
    json_build_object('available', available_after, 'pending', pending_after, 'held', held_after, 'debt', debt_after)
      AS balance
  FROM entry WHERE program_id = $1 AND customer_id = $2 AND seq < $3 ORDER BY seq DESC LIMIT $4) e
"""
_AWARDS = """
SELECT coalesce(json_agg(a), '[]')::text FROM (
  SELECT a.award_id, a.cause, p.order_id, a.refund_id, a.target, a.due, a.given, a.basis, a.rules_version, a.breakdown,
    a.facts, a.actor, a.request_id, a.recorded_at, json_build_object('available', a.available_after,
      'pending', a.pending_after, 'held', a.held_after, 'debt', a.debt_after) AS balance
  FROM award a LEFT JOIN purchase p ON p.program_id = a.program_id AND p.purchase_id = a.purchase_id
  WHERE a.program_id = $1 AND a.customer_id = $2 AND (a.account_version, a.award_id) < ($3, $4)
  ORDER BY a.account_version DESC, a.award_id DESC LIMIT $5) a
"""
_PLACE = "SELECT account_version FROM award WHERE program_id = $1 AND award_id = $2"
_LAST = 2**63 - 1
_LAST_ID = UUID(int=2**128 - 1)


class _Stored(msgspec.Struct):
    customer_id: UUID
    email: str | None
    name: str | None
    language: str | None
    birthday_on: date | None
    consent: dict[str, Any] | None
    recorded_at: datetime
    memberships: list[MembershipOut]


_decode = msgspec.json.Decoder(_Stored).decode
_entries = msgspec.json.Decoder(list[EntryOut]).decode
_awards = msgspec.json.Decoder(list[AwardOut]).decode


async def _find(connection: Connection, source: Source, external_id: str, *, member: bool) -> _Stored:
    found = await connection.fetchval(_ONE, source.program.program_id, source.namespace, external_id)
    stored = None if found is None else _decode(found)
    if stored is None or (member and not stored.memberships):
        what = "is not, and was never, a member. `POST /v1/members` enrols a customer" if member else "is not known"
        msg = f"{external_id!r} {what}."
        raise NotFound(msg)
    return stored


async def _settled(connection: Connection, source: Source, external_id: str) -> tuple[OpenAccount, datetime]:
    """Open an account as a decision would, settled to now; nothing is written."""
    book = await open_book(Tx(connection), source, customers=[external_id])
    return book.account(book.aliases[external_id]), book.now


def _inside(memberships: list[MembershipOut], at: datetime) -> bool:
    return any(m.joined_at <= at and (m.left_at is None or at < m.left_at) for m in memberships)


async def find_member(connection: Connection, source: Source, external_id: str) -> MemberOut:
    """Find a member, present or former; `NotFound` for customers who never joined, as for unknown ones."""
    stored = await _find(connection, source, external_id, member=True)
    account, now = await _settled(connection, source, external_id)
    inside = _inside(stored.memberships, now)
    return MemberOut(
        customer_id=external_id,
        state="member" if inside else "left",
        email=stored.email,
        name=stored.name,
        language=stored.language,
        birthday=stored.birthday_on,
        memberships=stored.memberships,
        balance=balance_of(account),
        tier=await _tier(connection, source, account, now) if inside else None,
    )


async def _tier(connection: Connection, source: Source, account: OpenAccount, now: datetime) -> MemberTier | None:
    """Tell where a member stands as of now. Who left keeps the tier, and it is not shown."""
    climbs = await open_climbs(connection, source.program, now, [account.customer_id])
    return member_tier(climbs, account.customer_id, source.program)


async def find_customer(connection: Connection, source: Source, external_id: str) -> CustomerOut:
    """Find a customer, member or not."""
    stored = await _find(connection, source, external_id, member=False)
    account, now = await _settled(connection, source, external_id)
    return CustomerOut(
        customer_id=external_id,
        member=_inside(stored.memberships, now),
        email=stored.email,
        name=stored.name,
        language=stored.language,
        birthday=stored.birthday_on,
        consent=stored.consent,
        known_since=stored.recorded_at,
        balance=balance_of(account),
    )


async def find_balance(connection: Connection, source: Source, external_id: str) -> MemberBalance:
    """Tell a member's points as of now and the lots that hold them; what is over is not shown, swept or not."""
    stored = await _find(connection, source, external_id, member=True)
    account, now = await _settled(connection, source, external_id)
    tier = await _tier(connection, source, account, now) if _inside(stored.memberships, now) else None
    return MemberBalance(
        external_id, account.available, account.pending, account.held, account.debt, lots_out(account), now, tier
    )


async def entries_of(
    connection: Connection, source: Source, external_id: str, limit: int, cursor: str | None
) -> Entries:
    """List a customer's movements, newest first."""
    stored = await _find(connection, source, external_id, member=False)
    before = _LAST if cursor is None else _number(cursor)
    found = _entries(
        await connection.fetchval(_ENTRIES, source.program.program_id, stored.customer_id, before, limit + 1)
    )
    more = len(found) > limit
    return Entries(found[:limit], _cursor(str(found[limit - 1].seq)) if more else None)


async def awards_of(connection: Connection, source: Source, external_id: str, limit: int, cursor: str | None) -> Awards:
    """List the decisions about a customer, newest first, each with its why."""
    stored = await _find(connection, source, external_id, member=False)
    program_id, version, last = source.program.program_id, _LAST, _LAST_ID
    if cursor is not None:
        last = _uuid(cursor)
        version = await connection.fetchval(_PLACE, program_id, last)
        if version is None:
            raise _no_cursor()
    found = _awards(await connection.fetchval(_AWARDS, program_id, stored.customer_id, version, last, limit + 1))
    more = len(found) > limit
    return Awards(found[:limit], _cursor(found[limit - 1].award_id.hex) if more else None)


async def export_of(connection: Connection, source: Source, external_id: str) -> dict[str, Any]:
    """Gather everything that is known of a person, also under the ids that were merged into this one."""
    stored = await _find(connection, source, external_id, member=False)
    program_id = source.program.program_id
    ids = [row[0] for row in await connection.fetch(_MERGED, program_id, stored.customer_id)]
    told = {}
    for name, sql in EXPORTERS.items():
        found = await connection.fetchval(sql, program_id, ids)
        told[name] = [] if found is None else msgspec.json.decode(found)
    return {"customer_id": external_id, **told}


def _cursor(place: str) -> str:
    return urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(cursor: str) -> str:
    try:
        return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise _no_cursor() from None


def _number(cursor: str) -> int:
    place = _place(cursor)
    if not place.isascii() or not place.isdigit() or int(place) > _LAST:
        raise _no_cursor()
    return int(place)


def _uuid(cursor: str) -> UUID:
    try:
        return UUID(_place(cursor))
    except ValueError:
        raise _no_cursor() from None


def _no_cursor() -> Invalid:
    return Invalid("Send the next_cursor of the page before, or none for the first page.", pointer="/cursor")
