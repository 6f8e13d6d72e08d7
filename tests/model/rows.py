"""What the database holds of a programme, in the model's words; and the clock that stands still."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from tests.model.accounts import Account, Hold
from tests.model.programme import Programme

# The ledger asks `clock_timestamp()`, unqualified: in this database that is a time which we set.
FROZEN = """
CREATE SCHEMA frozen;
CREATE TABLE frozen.clock (at timestamptz NOT NULL);
INSERT INTO frozen.clock VALUES (now());
CREATE FUNCTION frozen.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS 'SELECT at FROM frozen.clock';
GRANT USAGE ON SCHEMA frozen TO loyalty_app;
GRANT SELECT ON frozen.clock TO loyalty_app;
GRANT EXECUTE ON FUNCTION frozen.clock_timestamp() TO loyalty_app;
DO $$ BEGIN
  EXECUTE format('ALTER DATABASE %I SET search_path = frozen, pg_catalog, public', current_database());
END $$
"""
SET_CLOCK = "UPDATE frozen.clock SET at = $1"
ALL = """
SELECT json_build_object(
  'accounts', (SELECT coalesce(json_agg(json_build_object(
      'names', (SELECT coalesce(json_agg(s.external_id), '[]') FROM customer_alias s
        WHERE s.program_id = a.program_id AND s.customer_id = a.customer_id),
      'id', a.customer_id, 'available', a.available, 'pending', a.pending, 'held', a.held, 'debt', a.debt,
      'settled', a.settled_at, 'active', a.active_at, 'into', a.merged_into,
      'lots', (SELECT coalesce(json_agg(json_build_array(l.remaining, l.earned_at, l.matures_at, l.expires_at,
          l.slides_days, p.order_id) ORDER BY l.seq), '[]')
        FROM lot l LEFT JOIN purchase p ON p.program_id = l.program_id AND p.purchase_id = l.purchase_id
        WHERE l.program_id = a.program_id AND l.customer_id = a.customer_id AND l.remaining > 0))), '[]')
    FROM account a WHERE a.program_id = $1),
  'holds', (SELECT coalesce(json_agg(json_build_array(
      h.hold_id, h.state, h.points, h.captured, h.returned, h.opened_at, h.expires_at)), '[]')
    FROM hold h WHERE h.program_id = $1),
  'purchases', (SELECT coalesce(json_agg(json_build_array(p.order_id, p.member,
      (SELECT coalesce(sum(w.due), 0) FROM award w WHERE w.program_id = p.program_id
        AND w.purchase_id = p.purchase_id))), '[]')
    FROM purchase p WHERE p.program_id = $1 AND p.state = 'recorded'),
  'written', json_build_array((SELECT sum(version) FROM account WHERE program_id = $1),
    (SELECT sum(version) FROM purchase WHERE program_id = $1), (SELECT count(*) FROM award WHERE program_id = $1),
    (SELECT count(*) FROM entry WHERE program_id = $1), (SELECT count(*) FROM event WHERE program_id = $1)))::text
"""
LotRow = tuple[int, datetime, datetime | None, datetime | None, int | None, str | None]
HoldRow = tuple[str, int, int, int, datetime, datetime]


@dataclass(frozen=True)
class AccountRow:
    """An account: available, pending, held, debt; the lots that hold something, in the order in which they came."""

    points: tuple[int, int, int, int]
    settled: datetime
    active: datetime | None
    lots: list[LotRow]


@dataclass(frozen=True)
class State:
    """A programme: accounts by customer, holds by name, purchases with their member flag and all that was due."""

    accounts: dict[str, AccountRow]
    holds: dict[str, HoldRow]
    purchases: dict[str, tuple[bool, int]]


def _at(told: str | None) -> datetime | None:
    return None if told is None else datetime.fromisoformat(told).astimezone(UTC)


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told).astimezone(UTC)


async def stored(connection: asyncpg.Connection, program_id: int, names: dict[str, str]) -> tuple[State, Any]:
    """Read everything; also what changes with every write. `names`: by customer, kept when they have none any more."""
    found = json.loads(await connection.fetchval(ALL, program_id))
    accounts = {}
    for row in found["accounts"]:
        name = names.setdefault(row["id"], min(row["names"], default="nobody"))
        if row["into"] is None:
            lots = [(lot[0], _instant(lot[1]), _at(lot[2]), _at(lot[3]), lot[4], lot[5]) for lot in row["lots"]]
            points = (row["available"], row["pending"], row["held"], row["debt"])
            accounts[name] = AccountRow(points, _instant(row["settled"]), _at(row["active"]), lots)
    holds = {row[0]: (row[1], row[2], row[3], row[4], _instant(row[5]), _instant(row[6])) for row in found["holds"]}
    purchases = {row[0]: (row[1], int(row[2])) for row in found["purchases"]}
    return State(accounts, holds, purchases), found["written"]


def account_row(account: Account) -> AccountRow:
    """Give an account of the model as a row."""
    lots = [
        (lot.points, lot.earned, lot.matures, lot.ends, lot.slides, lot.order) for lot in account.lots if lot.points
    ]
    points = (account.available, account.pending, account.held, account.debt)
    return AccountRow(points, account.settled, account.active, lots)


def hold_row(hold: Hold) -> HoldRow:
    """Give a hold of the model as a row."""
    return (hold.state, hold.points, hold.captured, hold.returned, hold.opened, hold.ends)


def expected(model: Programme) -> State:
    """Give what the model holds."""
    return State(
        {name: account_row(account) for name, account in model.accounts.items() if name not in model.into},
        {name: hold_row(hold) for name, hold in model.holds.items()},
        {order: (known.member, known.due) for order, known in model.purchases.items() if known.told is not None},
    )


def differences(found: State, told: State) -> list[tuple[str, str, object, object]]:
    """Name what is not the same: of what, whose, as it is, as it should be."""
    return [
        (kind, name, is_, should)
        for kind in ("accounts", "holds", "purchases")
        for name in {*getattr(found, kind), *getattr(told, kind)}
        if (is_ := getattr(found, kind).get(name)) != (should := getattr(told, kind).get(name))
    ]
