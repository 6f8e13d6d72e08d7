"""Reading the rows of a range, table by table, and gathering them into histories. Rows of nobody who is there stray."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from loyalty.verify import facts, queries, tier_facts
from loyalty.verify.facts import AccountRow, AwardRow, PurchaseRow
from loyalty.verify.histories import AccountHistory, CapUseRow, Programme, PurchaseHistory
from loyalty.verify.ranges import HIGHEST, Keys, Range

if TYPE_CHECKING:
    from loyalty.database import Connection

Rows = dict[UUID, list[Any]]


class Table(NamedTuple):
    """What it is called, the question, how a row is made of its answer, and which column is the key."""

    name: str
    sql: str
    make: Callable[[Iterable[Any]], Any]
    key: int = 0


OF_CUSTOMER = (
    Table("entry", queries.ENTRIES, facts.EntryRow._make),
    Table("award", queries.AWARDS, AwardRow._make),
    Table("claimed award", queries.CLAIMED_AWARDS, tuple, -1),
    Table("lot", queries.LOTS, facts.LotRow._make),
    Table("lot_use", queries.USES, facts.UseRow._make),
    Table("hold", queries.HOLDS, facts.HoldRow._make),
    Table("membership", queries.MEMBERSHIPS, facts.MembershipRow._make),
    Table("purchase", queries.PURCHASES, PurchaseRow._make),
    Table("refund", queries.REFUNDS, facts.RefundRow._make),
    Table("purchase_former", queries.FORMER, facts.FormerRow._make),
    Table("tier_day", queries.TIER_DAYS, tier_facts.TierDayRow._make),
    Table("tier_standing", queries.TIER_STANDINGS, tier_facts.TierStandingRow._make),
    Table("tier_change", queries.TIER_CHANGES, tier_facts.TierChangeRow._make),
    Table("cap_use", queries.CAP_USES, CapUseRow._make),
)
OF_PURCHASE = (
    Table("award", queries.ANONYMOUS_AWARDS, tuple, 4),
    Table("refund", queries.ANONYMOUS_REFUNDS, facts.RefundRow._make, 1),
    Table("purchase_former", queries.ANONYMOUS_FORMER, facts.FormerRow._make, 1),
)


@dataclass(slots=True)
class Strays:
    """Rows that belong to no account or purchase, by table: how many, and the first."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, table: str, rows: list[Any]) -> None:
        """Note some."""
        count, first = self.found.get(table, (0, ""))
        self.found[table] = (count + len(rows), first or str(rows[0]))

    def merge(self, part: "Strays") -> None:
        """Add those of a part."""
        for table, (more, row) in part.found.items():
            count, first = self.found.get(table, (0, ""))
            self.found[table] = (count + more, first or row)


async def of_accounts(connection: "Connection", part: Range, strays: Strays) -> list[AccountHistory]:
    """Read the accounts of a range, and after them those of other ranges whose household is checked here."""
    here = await _accounts(connection, part.programme, part.keys, strays)
    known = {history.account.customer_id for history in here}
    beyond = [member for member in part.families if member not in known]
    if beyond:
        here += await _accounts(connection, part.programme, Keys(min(beyond), max(beyond), beyond), Strays())
    if part.untold:
        for history in here:
            history.awards = [_told(award, part) for award in history.awards]
            history.claimed = [_told(award, part) for award in history.claimed]
    return here


async def _accounts(connection: "Connection", programme: Programme, keys: Keys, strays: Strays) -> list[AccountHistory]:
    accounts = [AccountRow._make(row) for row in await _ask(connection, queries.ACCOUNTS, programme, keys)]
    known = {account.customer_id for account in accounts}
    rows = {table.name: await _by_key(connection, table, programme, keys, known, strays) for table in OF_CUSTOMER}
    return [_account(programme, account, rows) for account in accounts]


def _account(programme: Programme, account: AccountRow, rows: dict[str, Rows]) -> AccountHistory:
    """Gather one account with all its rows; awards come to their purchases with the household."""

    def own(table: str) -> list[Any]:
        return rows[table].get(account.customer_id) or []

    purchases = {row.purchase_id: PurchaseHistory(programme, row) for row in own("purchase")}
    for refund in own("refund"):
        purchases[refund.purchase_id].refunds.append(refund)
    for former in own("purchase_former"):
        purchases[former.purchase_id].former.append(former)
    return AccountHistory(
        programme,
        account,
        entries=own("entry"),
        awards=own("award"),
        lots=own("lot"),
        uses=own("lot_use"),
        holds=own("hold"),
        memberships=own("membership"),
        purchases=list(purchases.values()),
        claimed=[AwardRow._make(row[:-1]) for row in own("claimed award")],
        tier_days=own("tier_day"),
        standings=own("tier_standing"),
        tier_changes=own("tier_change"),
        cap_uses=own("cap_use"),
    )


async def of_nobody(
    connection: "Connection", part: Range, strays: Strays, on_award: Callable[[AwardRow], None]
) -> list[PurchaseHistory]:
    """Read the purchases of nobody in a range, awaited ones among them, with their awards and refunds.

    With the awards come those of purchases that somebody claimed since; they are only here to be sealed. `on_award`
    sees every one in the order of seals.
    """
    program_id, keys = part.programme.program_id, part.keys
    asked = await _ask(connection, queries.ANONYMOUS_PURCHASES, part.programme, keys)
    purchases = [PurchaseRow._make(row) for row in asked]
    known = {purchase.purchase_id for purchase in purchases}
    awards, refunds, former = OF_PURCHASE

    def unclaimed(row: tuple[Any, ...]) -> bool:
        on_award(AwardRow._make(row[:-1]))
        return row[-1] is None

    awards_of = await _by_key(connection, awards, part.programme, keys, known, strays, unclaimed)
    refunds_of = await _by_key(connection, refunds, part.programme, keys, known, strays)
    former_of = await _by_key(connection, former, part.programme, keys, known, strays)
    if keys.last == HIGHEST and not keys.named:
        lost = [row for row in await connection.fetch(queries.LOST_AWARDS, program_id) if unclaimed(tuple(row))]
        if lost:
            strays.add(awards.name, [tuple(row) for row in lost])
    return [
        PurchaseHistory(
            part.programme,
            purchase,
            awards=[_told(AwardRow._make(row[:-1]), part) for row in awards_of.get(purchase.purchase_id, ())],
            refunds=refunds_of.get(purchase.purchase_id) or [],
            former=former_of.get(purchase.purchase_id) or [],
        )
        for purchase in purchases
    ]


def _told(award: AwardRow, part: Range) -> AwardRow:
    return award._replace(told=False) if award.award_id in part.untold else award


async def _by_key(
    connection: "Connection",
    table: Table,
    programme: Programme,
    keys: Keys,
    known: set[UUID],
    strays: Strays,
    keep: Callable[[Any], bool] | None = None,
) -> Rows:
    """Read a table's rows by their key. What `keep` is False of is seen, and belongs to no key here."""
    made = map(table.make, await _ask(connection, table.sql, programme, keys))
    found: Rows = {}
    for key, rows in groupby(filter(keep, made) if keep else made, itemgetter(table.key)):
        if key in known:
            found[key] = list(rows)
        else:
            strays.add(table.name, list(rows))
    return found


async def _ask(connection: "Connection", sql: str, programme: Programme, keys: Keys) -> list[Any]:
    program_id, lines = programme.program_id, "lines::text" if programme.of_products else "NULL"
    if keys.named is None:
        asked = sql.format(wanted=queries.IN_RANGE, lines=lines)
        return await connection.fetch(asked, program_id, keys.first, keys.last)
    return await connection.fetch(sql.format(wanted=queries.NAMED, lines=lines), program_id, keys.named)
