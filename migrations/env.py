"""How Alembic sees the house: every table of every room, and the connection that `migrations` hands over."""

from importlib import import_module
from typing import Any, Literal

from alembic import context
from sqlalchemy import DateTime, types
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

# A new room with tables adds its line; `alembic check` fails until it is here.
for room in (
    "loyalty.jobs",
    "loyalty.programs",
    "loyalty.auth",
    "loyalty.outbox",
    "loyalty.idempotency",
    "loyalty.customers",
    "loyalty.segments",
    "loyalty.earning",
    "loyalty.points",
    "loyalty.tiers",
    "loyalty.referrals",
    "loyalty.rewards",
    "loyalty.purchases",
    "loyalty.backtests",
    "loyalty.deeds",
    "loyalty.members",
    "loyalty.mail",
    "loyalty.account_page",
    "loyalty.imports",
    "loyalty.exports",
    "loyalty.refusals",
    "surveys.plans",
    "surveys.invitations",
    "surveys.answers",
    "surveys.results",
    "kpi.rollup",
    "kpi.inputs",
    "kpi.impact",
    "kpi.objectives",
    "loyalty.holdouts",
):
    import_module(f"{room}.tables")


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:  # noqa: ANN401 - Alembic's own signature
    """Write our column types as SQLAlchemy's, so that a migration imports nothing of ours."""
    if kind == "type" and isinstance(item, DateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return "sa.Text()"
    return False


def same_type(_context: Any, _found: Any, _declared: Any, in_database: Any, in_code: Any) -> bool | None:  # noqa: ANN401
    """Text is text: SQLModel says varchar where we write text."""
    if isinstance(in_database, types.String) and isinstance(in_code, types.String | AutoString):
        return False
    return None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render,
    compare_type=same_type,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
