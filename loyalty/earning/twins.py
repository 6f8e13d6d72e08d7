"""The twin of a programme: the same policies and rules, with data and a clock of its own, for whoever integrates."""

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.clock import utc_now
from loyalty.earning.actions import publish
from loyalty.earning.tables import EarningRules
from loyalty.errors import Invalid
from loyalty.programs.actions import create_program, program_facts
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.tables import Program

_ROOM_FOR_NAME = 120


async def ensure_twin(session: AsyncSession, program: ProgramFacts) -> tuple[ProgramFacts, bool]:
    """Find the test programme that belongs to a live one, or make it; tells whether it is new.

    It begins with the policies and the earning rules that are in force now. What is changed later of one of the two is
    not of the other; its tiers, rewards and segments are its own from the start.
    """
    if program.mode == "test":
        msg = f"{program.name!r} is a test programme itself; its keys are test keys."
        raise Invalid(msg)
    known = (await session.exec(select(Program).where(col(Program.twin_of) == program.program_id))).first()
    if known is not None:
        return program_facts(known), False
    twin = await create_program(
        session,
        f"{program.name[:_ROOM_FOR_NAME]} (test)",
        timezone=program.timezone,
        currency=program.currency,
        mode="test",
    )
    twin.twin_of = program.program_id
    twin.policies = (await session.get_one(Program, program.program_id)).policies
    session.add(twin)
    await session.flush()
    begins = col(EarningRules.in_force_from)
    in_force = (
        select(EarningRules.rules)
        .where(col(EarningRules.program_id) == program.program_id, or_(begins.is_(None), begins <= utc_now()))
        .order_by(col(EarningRules.version).desc())
        .limit(1)
    )
    facts = program_facts(twin)
    await publish(session, facts.program_id, list((await session.exec(in_force)).one()))
    return facts, True
