"""Reading a programme whole, in constant memory: one sorted cursor per table, merged customer by customer."""

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.cursor import Cursor

from loyalty.database import Connection
from loyalty.verify import facts
from loyalty.verify.facts import Programme, StoredRules

_AT_ONCE = 2000
Row = TypeVar("Row", bound=tuple[Any, ...])

PROGRAMMES = """
SELECT p.program_id, clock_timestamp() + p.clock_offset - interval '90 days' AS events_since,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(r.version, r.in_force_from, r.published_at, r.rules)), '[]')
   FROM earning_rules r WHERE r.program_id = p.program_id)::text AS rules,
  (SELECT count(*) FROM account a WHERE a.program_id = p.program_id)
    + (SELECT count(*) FROM purchase u WHERE u.program_id = p.program_id AND u.customer_id IS NULL) AS subjects
FROM program p WHERE $1::int IS NULL OR p.program_id = $1 ORDER BY p.program_id
"""
ACCOUNTS = """
SELECT customer_id, available, pending, held, debt, version, seq, settled_at, head_hash
FROM account WHERE program_id = $1 ORDER BY customer_id
"""
ENTRIES = """
SELECT customer_id, seq, award_id, kind, debit_code, credit_code, amount, available_after, pending_after, held_after,
  debt_after, actor, request_id, effective_at, recorded_at, hash
FROM entry WHERE program_id = $1 ORDER BY customer_id, seq
"""
_AWARDS = """
SELECT a.customer_id, a.award_id, a.cause, a.account_version, a.purchase_id, a.refund_id, a.membership_id,
  a.rules_version, a.basis, a.breakdown::text, a.facts::text, a.target, a.due, a.given, a.available_after,
  a.pending_after, a.held_after, a.debt_after, a.actor, a.request_id, a.recorded_at, e.award_id IS NOT NULL
FROM award a LEFT JOIN (SELECT DISTINCT award_id FROM event WHERE program_id = $1) e ON e.award_id = a.award_id
WHERE a.program_id = $1
"""
AWARDS = f"{_AWARDS} AND a.customer_id IS NOT NULL ORDER BY a.customer_id, a.account_version, a.award_id"
ANONYMOUS_AWARDS = f"{_AWARDS} AND a.customer_id IS NULL ORDER BY a.purchase_id, a.award_id"
LOTS = """
SELECT customer_id, seq, purchase_id, matures_at, expires_at, original, remaining
FROM lot WHERE program_id = $1 ORDER BY customer_id, seq
"""
USES = "SELECT customer_id, seq, lot_seq, amount FROM lot_use WHERE program_id = $1 ORDER BY customer_id, seq, lot_seq"
MEMBERSHIPS = """
SELECT customer_id, membership_id, joined_at, left_at, recorded_at, superseded_at
FROM membership WHERE program_id = $1 ORDER BY customer_id, joined_at, recorded_at
"""
_PURCHASES = """
SELECT customer_id, purchase_id, order_id, state, placed_at, goods_minor, reward_discount_minor, test, member,
  recorded_at
FROM purchase WHERE program_id = $1
"""
PURCHASES = f"{_PURCHASES} AND customer_id IS NOT NULL ORDER BY customer_id, purchase_id"
ANONYMOUS_PURCHASES = f"{_PURCHASES} AND customer_id IS NULL ORDER BY purchase_id"
_REFUNDS = """
SELECT p.customer_id, r.purchase_id, r.kind, r.refund_id, r.goods_minor, r.award_id, r.recorded_at
FROM refund r LEFT JOIN purchase p ON p.program_id = r.program_id AND p.purchase_id = r.purchase_id
WHERE r.program_id = $1
"""
REFUNDS = f"{_REFUNDS} AND p.customer_id IS NOT NULL ORDER BY p.customer_id, r.purchase_id"
ANONYMOUS_REFUNDS = f"{_REFUNDS} AND p.customer_id IS NULL ORDER BY r.purchase_id"


class Stream(Generic[Row]):
    """The rows of one table in the order of their key, taken key by key. Rows of no key that was asked for stray."""

    def __init__(self, cursor: Cursor, make: Callable[[Iterable[Any]], Row], key: int) -> None:
        """Read from a cursor; `key` is the place of the key in a row."""
        self._cursor = cursor
        self._make = make
        self._key = key
        self._rows: list[Row] = []
        self._next = 0
        self.strays = 0
        self.first_stray: Row | None = None

    async def take(self, key: UUID | None) -> list[Row]:
        """Take the rows of a key; those of smaller keys stray. None: all the rest does."""
        taken: list[Row] = []
        while await self._fill():
            row = self._rows[self._next]
            found = cast("UUID | None", row[self._key])
            if found == key and key is not None:
                taken.append(row)
            elif key is None or found is None or found < key:
                self.strays += 1
                self.first_stray = self.first_stray or row
            else:
                break
            self._next += 1
        return taken

    async def _fill(self) -> bool:
        if self._next == len(self._rows):
            self._rows = [self._make(record) for record in await self._cursor.fetch(_AT_ONCE)]
            self._next = 0
        return bool(self._rows)


async def programmes(connection: Connection, program_id: int | None) -> list[tuple[Programme, int]]:
    """Read the programmes to verify, each with how many accounts and anonymous purchases it has."""
    rows = await connection.fetch(PROGRAMMES, program_id)
    return [(_programme(row), row["subjects"]) for row in rows]


def _programme(row: asyncpg.Record) -> Programme:
    versions = msgspec.json.decode(row["rules"], type=list[StoredRules])
    return Programme(row["program_id"], row["events_since"], {version.version: version for version in versions})


class CustomerStreams:
    """Everything of a programme that belongs to an account, one cursor a table."""

    def __init__(self, streams: dict[str, Stream[Any]]) -> None:
        """Hold the streams by the name of what they carry."""
        self.all = streams

    @classmethod
    async def open(cls, connection: Connection, program_id: int) -> "CustomerStreams":
        """Open the cursors; they live as long as the transaction."""
        return cls(
            {
                "entry": await _stream(connection, ENTRIES, program_id, facts.EntryRow._make),
                "award": await _stream(connection, AWARDS, program_id, facts.AwardRow._make),
                "lot": await _stream(connection, LOTS, program_id, facts.LotRow._make),
                "lot_use": await _stream(connection, USES, program_id, facts.UseRow._make),
                "membership": await _stream(connection, MEMBERSHIPS, program_id, facts.MembershipRow._make),
                "purchase": await _stream(connection, PURCHASES, program_id, facts.PurchaseRow._make),
                "refund": await _stream(connection, REFUNDS, program_id, facts.RefundRow._make),
            }
        )

    async def history(self, programme: Programme, account: facts.AccountRow) -> facts.AccountHistory:
        """Gather one account with all its rows."""
        rows = {name: await stream.take(account.customer_id) for name, stream in self.all.items()}
        purchases = {
            row.purchase_id: facts.PurchaseHistory(programme, row, memberships=rows["membership"])
            for row in rows["purchase"]
        }
        for name in ("award", "refund"):
            for row in rows[name]:
                if row.purchase_id in purchases:
                    getattr(purchases[row.purchase_id], f"{name}s").append(row)
        return facts.AccountHistory(
            programme,
            account,
            entries=rows["entry"],
            awards=rows["award"],
            lots=rows["lot"],
            uses=rows["lot_use"],
            memberships=rows["membership"],
            purchases=list(purchases.values()),
        )


class AnonymousStreams:
    """The purchases of nobody, awaited ones among them, with their awards and refunds."""

    def __init__(self, streams: dict[str, Stream[Any]]) -> None:
        """Hold the streams by the name of what they carry."""
        self.all = streams

    @classmethod
    async def open(cls, connection: Connection, program_id: int) -> "AnonymousStreams":
        """Open the cursors; they live as long as the transaction."""
        return cls(
            {
                "award": await _stream(connection, ANONYMOUS_AWARDS, program_id, facts.AwardRow._make, key=4),
                "refund": await _stream(connection, ANONYMOUS_REFUNDS, program_id, facts.RefundRow._make, key=1),
            }
        )

    async def history(self, programme: Programme, purchase: facts.PurchaseRow) -> facts.PurchaseHistory:
        """Gather one purchase with its rows."""
        rows = {name: await stream.take(purchase.purchase_id) for name, stream in self.all.items()}
        return facts.PurchaseHistory(programme, purchase, awards=rows["award"], refunds=rows["refund"])


async def _stream(
    connection: Connection, sql: str, program_id: int, make: Callable[[Iterable[Any]], Row], *, key: int = 0
) -> Stream[Row]:
    return Stream(await connection.cursor(sql, program_id), make, key)
