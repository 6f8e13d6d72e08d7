"""Puts the Complete Journey sample into an empty database, by COPY and without the rest of the service."""

from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import asyncpg

from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies
from tests.kpi.complete_journey import CURRENCY, TIMEZONE, instant, read_members, read_orders

# All of it was recorded at once, when it was imported.
RECORDED_AT = datetime(2026, 1, 1, tzinfo=UTC)
PROGRAM = ProgramFacts(1, "Sample", "test", CURRENCY, TIMEZONE, timedelta(), None, None, Policies(), RECORDED_AT)
_PURCHASE = [
    "program_id",
    "purchase_id",
    "state",
    "version",
    "fingerprint",
    "request_id",
    "origin",
    "storefront_id",
    "order_id",
    "customer_id",
    "placed_at",
    "currency",
    "goods_minor",
    "discount_minor",
    "tax_minor",
    "shipping_minor",
    "reward_discount_minor",
    "test",
    "member",
    "recorded_at",
]


async def load_sample(connection: asyncpg.Connection) -> None:
    """Load customers, memberships and purchases of programme 1."""
    await connection.execute(
        "INSERT INTO program (program_id, name, mode, currency, timezone) OVERRIDING SYSTEM VALUE"
        " VALUES (1, 'Sample', 'test', $1, $2)",
        CURRENCY,
        TIMEZONE,
    )
    await connection.execute(
        "INSERT INTO storefront (program_id, storefront_id, name) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'till')"
    )
    orders, members = read_orders(), read_members()
    customers = {name: uuid5(NAMESPACE_OID, name) for name in {row["customer_id"] for row in orders} | set(members)}
    await connection.copy_records_to_table(
        "customer",
        columns=["program_id", "customer_id", "recorded_at"],
        records=[(1, customer, RECORDED_AT) for customer in customers.values()],
    )
    await connection.copy_records_to_table(
        "membership",
        columns=["program_id", "membership_id", "customer_id", "joined_at", "fingerprint", "request_id", "recorded_at"],
        records=[(1, uuid4(), customers[name], at, b"", "", RECORDED_AT) for name, at in members.items()],
    )
    await connection.copy_records_to_table(
        "purchase",
        columns=_PURCHASE,
        records=[_purchase(row, customers, members) for row in orders],
    )
    await connection.execute("ANALYZE")


def _purchase(row: dict[str, str], customers: dict[str, UUID], members: dict[str, datetime]) -> tuple[object, ...]:
    name, placed_at = row["customer_id"], instant(row["placed_at"])
    member = name in members and members[name] <= placed_at
    key = (1, uuid4(), "recorded", 1, b"", "", "import", 1, row["order_id"], customers[name], placed_at)
    return (*key, CURRENCY, int(row["net_cents"]), 0, 0, 0, 0, False, member, RECORDED_AT)
