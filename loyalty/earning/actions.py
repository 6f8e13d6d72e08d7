"""The verbs of earning: publish a version of the rules, and start a programme with its first one."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.earning.rule import load
from loyalty.earning.tables import EarningRules
from loyalty.errors import Invalid
from loyalty.programs.actions import create_program, program_facts
from loyalty.programs.facts import ProgramFacts

_MOST_POINTS_PER_UNIT = 1_000_000


async def publish(
    session: AsyncSession, program_id: int, rules: list[dict[str, Any]], *, in_force_from: datetime | None = None
) -> int:
    """Publish the next version of the rules, checked; only the first may be in force since ever."""
    for place, rule in enumerate(rules):
        load(rule, place)
    newest = (
        await session.exec(select(func.max(EarningRules.version)).where(col(EarningRules.program_id) == program_id))
    ).one()
    if newest and in_force_from is None:
        msg = "A later version of the rules needs a date from which it is in force."
        raise Invalid(msg, pointer="/in_force_from")
    version = (newest or 0) + 1
    session.add(EarningRules(program_id=program_id, version=version, in_force_from=in_force_from, rules=rules))
    await session.flush()
    return version


async def start_program(
    session: AsyncSession,
    name: str,
    *,
    timezone: str,
    currency: str,
    points_per_unit: int = 1,
    mode: str = "live",
    earning_from: date | None = None,
) -> ProgramFacts:
    """Create a programme as it is at birth: one rule, points per whole currency unit, in force since ever.

    `earning_from`: purchases before that local day earn nothing, because another programme has rewarded them.
    """
    if not 1 <= points_per_unit <= _MOST_POINTS_PER_UNIT:
        msg = "Points per unit is a whole number from 1 to 1,000,000."
        raise Invalid(msg, pointer="/points_per_unit")
    program = program_facts(await create_program(session, name, timezone=timezone, currency=currency, mode=mode))
    step = int(Decimal(10) ** program.digits)
    rule: dict[str, Any] = {
        "kind": "points_per_amount",
        "points_per_step": points_per_unit,
        "step_minor": step,
        "whole_steps": True,
    }
    if earning_from is not None:
        rule["starts_on"] = earning_from.isoformat()
    await publish(session, program.program_id, [rule])
    return program
