"""All the SQL that reads a programme whole: one sorted cursor per table, merged customer by customer.

`$1` is the programme. `$2` are the accounts, or the purchases of nobody, that are looked at; null: all of them.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from loyalty.database import Connection
from loyalty.verify import facts, histories
from loyalty.verify.facts import StoredRules
from loyalty.verify.histories import Programme
from loyalty.verify.streams import Stream, stream

PROGRAMMES = """
SELECT p.program_id, clock_timestamp() + p.clock_offset - interval '90 days' AS events_since, p.timezone,
  (SELECT coalesce(jsonb_agg(jsonb_build_array(r.version, r.in_force_from, r.published_at, r.rules)), '[]')
   FROM earning_rules r WHERE r.program_id = p.program_id)::text AS rules,
  (SELECT count(*) FROM account a WHERE a.program_id = p.program_id)
    + (SELECT count(*) FROM purchase u WHERE u.program_id = p.program_id AND u.customer_id IS NULL) AS subjects
FROM program p WHERE $1::int IS NULL OR p.program_id = $1 ORDER BY p.program_id
"""
_WANTED = "program_id = $1 AND ($2::uuid[] IS NULL OR {} = ANY($2))"
_OF_CUSTOMER = _WANTED.format("customer_id")
ACCOUNTS = f"""
SELECT customer_id, available, pending, held, debt, version, seq, settled_at, next_due_at, active_at, merged_into,
  head_hash
FROM account WHERE {_OF_CUSTOMER} ORDER BY customer_id
"""  # noqa: S608 - our own names
ENTRIES = f"""
SELECT customer_id, seq, award_id, kind, debit_code, credit_code, amount, available_after, pending_after, held_after,
  debt_after, actor, request_id, effective_at, recorded_at, hash
FROM entry WHERE {_OF_CUSTOMER} ORDER BY customer_id, seq
"""  # noqa: S608 - our own names
_AWARD = """
SELECT a.customer_id, a.award_id, a.cause, a.account_version, a.purchase_id, a.refund_id, a.membership_id,
  a.rules_version, a.basis, a.breakdown::text, a.facts::text, a.target, a.due, a.given, a.available_after,
  a.pending_after, a.held_after, a.debt_after, a.actor, a.request_id, a.recorded_at, e.award_id IS NOT NULL
"""
_AND_EVENT = "LEFT JOIN (SELECT DISTINCT award_id FROM event WHERE program_id = $1) e ON e.award_id = a.award_id"
AWARDS = f"""{_AWARD} FROM award a {_AND_EVENT}
WHERE a.{_WANTED.format("a.customer_id")} AND a.customer_id IS NOT NULL
ORDER BY a.customer_id, a.account_version, a.award_id
"""
# What was decided while a purchase was nobody's, and whose it is now.
_AND_OWNER = "LEFT JOIN purchase p ON p.program_id = $1 AND p.purchase_id = a.purchase_id"
CLAIMED_AWARDS = f"""{_AWARD}, p.customer_id FROM award a JOIN purchase p ON p.program_id = $1
  AND p.purchase_id = a.purchase_id AND p.customer_id IS NOT NULL {_AND_EVENT}
WHERE a.{_WANTED.format("p.customer_id")} AND a.customer_id IS NULL ORDER BY p.customer_id, a.purchase_id, a.award_id
"""
ANONYMOUS_AWARDS = f"""{_AWARD}, p.customer_id FROM award a {_AND_OWNER} {_AND_EVENT}
WHERE a.{_WANTED.format("a.purchase_id")} AND a.customer_id IS NULL ORDER BY a.purchase_id, a.award_id
"""
LOTS = f"""
SELECT customer_id, seq, purchase_id, earned_at, matures_at, expires_at, slides_days, original, remaining
FROM lot WHERE {_OF_CUSTOMER} ORDER BY customer_id, seq
"""  # noqa: S608 - our own names
USES = f"SELECT customer_id, seq, lot_seq, amount FROM lot_use WHERE {_OF_CUSTOMER} ORDER BY customer_id, seq, lot_seq"  # noqa: S608 - our own names
HOLDS = f"""
SELECT customer_id, hold_id, points, captured, returned, taken::text, state, award_id, end_award_id, reverse_award_id,
  opened_at, expires_at, ended_at
FROM hold WHERE {_OF_CUSTOMER} ORDER BY customer_id, hold_id
"""  # noqa: S608 - our own names
MEMBERSHIPS = f"""
SELECT customer_id, membership_id, joined_at, left_at, recorded_at, superseded_at
FROM membership WHERE {_OF_CUSTOMER} ORDER BY customer_id, joined_at, recorded_at
"""  # noqa: S608 - our own names
_PURCHASE = """
SELECT customer_id, purchase_id, order_id, state, version, placed_at, goods_minor, tax_minor, shipping_minor,
  reward_discount_minor, redemption_ids::text, test, member, recorded_at FROM purchase
"""
PURCHASES = f"{_PURCHASE} WHERE {_OF_CUSTOMER} AND customer_id IS NOT NULL ORDER BY customer_id, purchase_id"
ANONYMOUS_PURCHASES = f"{_PURCHASE} WHERE {_WANTED.format('purchase_id')} AND customer_id IS NULL ORDER BY purchase_id"
_REFUND = """
SELECT p.customer_id, r.purchase_id, r.kind, r.refund_id, r.goods_minor, r.award_id, r.recorded_at
FROM refund r LEFT JOIN purchase p ON p.program_id = r.program_id AND p.purchase_id = r.purchase_id
"""
REFUNDS = f"""{_REFUND} WHERE r.{_WANTED.format("p.customer_id")} AND p.customer_id IS NOT NULL
ORDER BY p.customer_id, r.purchase_id"""
ANONYMOUS_REFUNDS = f"""{_REFUND} WHERE r.{_WANTED.format("r.purchase_id")} AND p.customer_id IS NULL
ORDER BY r.purchase_id"""
_FORMER = """
SELECT p.customer_id, f.purchase_id, f.version, f.customer_id, f.placed_at, f.recorded_at, f.superseded_at
FROM purchase_former f JOIN purchase p ON p.program_id = f.program_id AND p.purchase_id = f.purchase_id
"""
FORMER = f"""{_FORMER} WHERE f.{_WANTED.format("p.customer_id")} AND p.customer_id IS NOT NULL
ORDER BY p.customer_id, f.purchase_id, f.version"""
ANONYMOUS_FORMER = f"""{_FORMER} WHERE f.{_WANTED.format("f.purchase_id")} AND p.customer_id IS NULL
ORDER BY f.purchase_id, f.version"""
# Who was merged into whom; a merge may follow a merge.
FAMILIES = """
WITH RECURSIVE merged AS (
  SELECT customer_id, merged_into AS head FROM customer WHERE program_id = $1 AND merged_into IS NOT NULL
  UNION SELECT m.customer_id, c.merged_into FROM merged m JOIN customer c ON c.program_id = $1
    AND c.customer_id = m.head AND c.merged_into IS NOT NULL)
SELECT customer_id, head FROM merged m WHERE NOT EXISTS (
  SELECT FROM customer c WHERE c.program_id = $1 AND c.customer_id = m.head AND c.merged_into IS NOT NULL)
"""
SEALS = """
SELECT number, cut_at, accounts, awards, root, previous, hash FROM seal WHERE program_id = $1 ORDER BY number
"""
SOME_ACCOUNTS = "SELECT customer_id FROM account WHERE program_id = $1 ORDER BY random() LIMIT $2"
SOME_PURCHASES = """
SELECT purchase_id FROM purchase WHERE program_id = $1 AND customer_id IS NULL ORDER BY random() LIMIT $2
"""


async def programmes(connection: Connection, program_id: int | None) -> list[tuple[Programme, int]]:
    """Read the programmes to verify, each with how many accounts and anonymous purchases it has."""
    rows = await connection.fetch(PROGRAMMES, program_id)
    return [(_programme(row), row["subjects"]) for row in rows]


def _programme(row: asyncpg.Record) -> Programme:
    versions = msgspec.json.decode(row["rules"], type=list[StoredRules])
    rules = {version.version: version for version in versions}
    return Programme(row["program_id"], row["events_since"], rules, row["timezone"])


async def families(connection: Connection, program_id: int) -> dict[UUID, UUID]:
    """Give everybody who was merged, or into whom others were: customer → who is left of them."""
    found = {row["customer_id"]: row["head"] for row in await connection.fetch(FAMILIES, program_id)}
    return found | {head: head for head in found.values()}


async def seals(connection: Connection, program_id: int) -> list[facts.SealRow]:
    """Read a programme's seals."""
    return [facts.SealRow._make(row) for row in await connection.fetch(SEALS, program_id)]


class CustomerStreams:
    """Everything of a programme that belongs to an account, one cursor a table."""

    def __init__(self, streams: dict[str, Stream[Any]]) -> None:
        """Hold the streams by the name of what they carry."""
        self.all = streams

    @classmethod
    async def open(cls, connection: Connection, program_id: int, only: list[UUID] | None = None) -> "CustomerStreams":
        """Open the cursors; they live as long as the transaction."""
        tables: list[tuple[str, str, Any, int]] = [
            ("entry", ENTRIES, facts.EntryRow._make, 0),
            ("award", AWARDS, facts.AwardRow._make, 0),
            ("claimed award", CLAIMED_AWARDS, tuple, -1),
            ("lot", LOTS, facts.LotRow._make, 0),
            ("lot_use", USES, facts.UseRow._make, 0),
            ("hold", HOLDS, facts.HoldRow._make, 0),
            ("membership", MEMBERSHIPS, facts.MembershipRow._make, 0),
            ("purchase", PURCHASES, facts.PurchaseRow._make, 0),
            ("refund", REFUNDS, facts.RefundRow._make, 0),
            ("purchase_former", FORMER, facts.FormerRow._make, 0),
        ]
        return cls(
            {name: await stream(connection, sql, make, program_id, only, key=key) for name, sql, make, key in tables}
        )

    async def history(self, programme: Programme, account: facts.AccountRow) -> histories.AccountHistory:
        """Gather one account with all its rows; awards come to their purchases with the household."""
        rows = {name: await stream.take(account.customer_id) for name, stream in self.all.items()}
        return histories.AccountHistory(
            programme,
            account,
            entries=rows["entry"],
            awards=rows["award"],
            lots=rows["lot"],
            uses=rows["lot_use"],
            holds=rows["hold"],
            memberships=rows["membership"],
            purchases=_purchases(programme, rows),
            claimed=[facts.AwardRow._make(row[:-1]) for row in rows["claimed award"]],
        )


def _purchases(programme: Programme, rows: dict[str, list[Any]]) -> list[histories.PurchaseHistory]:
    found = {row.purchase_id: histories.PurchaseHistory(programme, row) for row in rows["purchase"]}
    for row in rows["refund"]:
        found[row.purchase_id].refunds.append(row)
    for row in rows["purchase_former"]:
        found[row.purchase_id].former.append(row)
    return list(found.values())


class AnonymousStreams:
    """The purchases of nobody, awaited ones among them, with their awards and refunds.

    With the awards come those of purchases that somebody claimed since; they are only here to be sealed.
    """

    def __init__(self, streams: dict[str, Stream[Any]]) -> None:
        """Hold the streams by the name of what they carry."""
        self.all = streams

    @classmethod
    async def open(
        cls,
        connection: Connection,
        program_id: int,
        only: list[UUID] | None,
        on_award: Callable[[facts.AwardRow], None],
    ) -> "AnonymousStreams":
        """Open the cursors; they live as long as the transaction. `on_award` sees every award in the order of seals."""

        def unclaimed(row: tuple[Any, ...]) -> bool:
            on_award(facts.AwardRow._make(row[:-1]))
            return row[-1] is None

        award = await stream(connection, ANONYMOUS_AWARDS, tuple, program_id, only, key=4)
        award.keep = unclaimed
        refund = await stream(connection, ANONYMOUS_REFUNDS, facts.RefundRow._make, program_id, only, key=1)
        former = await stream(connection, ANONYMOUS_FORMER, facts.FormerRow._make, program_id, only, key=1)
        return cls({"award": award, "refund": refund, "purchase_former": former})

    async def history(self, programme: Programme, purchase: facts.PurchaseRow) -> histories.PurchaseHistory:
        """Gather one purchase with its rows."""
        rows = {name: await stream.take(purchase.purchase_id) for name, stream in self.all.items()}
        awards = [facts.AwardRow._make(row[:-1]) for row in rows["award"]]
        return histories.PurchaseHistory(
            programme, purchase, awards=awards, refunds=rows["refund"], former=rows["purchase_former"]
        )
