"""The verbs of programmes: create one, find one, add a storefront."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import list_currencies
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from loyalty.errors import Invalid, NameTaken, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.policies import Policies, policies_from
from loyalty.programs.tables import Program, Storefront

_LONGEST_NAME = 128


async def create_program(
    session: AsyncSession, name: str, *, timezone: str, currency: str, mode: str = "live"
) -> Program:
    """Create a programme; a name is taken once."""
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        msg = f"{timezone!r} is not an IANA time zone. Examples: Europe/Paris, America/New_York."
        raise Invalid(msg, pointer="/timezone") from None
    if currency not in list_currencies():
        msg = f"{currency!r} is not an ISO 4217 currency. Examples: EUR, USD."
        raise Invalid(msg, pointer="/currency")
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        msg = "A programme's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/name")
    if (await session.exec(select(Program).where(col(Program.name) == name))).first():
        msg = f"There is a programme named {name!r} already."
        raise NameTaken(msg)
    program = Program(name=name, timezone=timezone, currency=currency, mode=mode)
    session.add(program)
    await session.flush()
    await session.refresh(program)
    return program


async def find_program(session: AsyncSession, name: str) -> ProgramFacts:
    """Find a programme by name; `NotFound` names those there are."""
    program = (await session.exec(select(Program).where(col(Program.name) == name))).first()
    if program is None:
        names = (await session.exec(select(Program.name).order_by(col(Program.name)))).all()
        known = ", ".join(repr(other) for other in names) or "none yet; `loyalty program create` makes one"
        msg = f"There is no programme named {name!r}. There are: {known}."
        raise NotFound(msg)
    return program_facts(program)


async def set_policies(session: AsyncSession, name: str, changes: dict[str, Any]) -> Policies:
    """Change some of a programme's policies, checked; None sets one back to its default. Gives all of them."""
    known = await find_program(session, name)
    row = await session.get_one(Program, known.program_id)
    told = {key: value for key, value in {**row.policies, **changes}.items() if value is not None}
    policies = policies_from(told)
    row.policies = policies.told
    await session.flush()
    return policies


def program_facts(program: Program) -> ProgramFacts:
    """Hand a stored programme to the other rooms."""
    fields = {name: getattr(program, name) for name in ProgramFacts.__struct_fields__}
    fields["policies"] = policies_from(program.policies)
    return ProgramFacts(**fields)


async def ensure_storefront(session: AsyncSession, program_id: int, name: str) -> tuple[Storefront, bool]:
    """Find a storefront by name or create it; tells whether it is new."""
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        msg = "A storefront's name has 1 to 128 printable characters."
        raise Invalid(msg, pointer="/storefront")
    found = (
        await session.exec(
            select(Storefront).where(col(Storefront.program_id) == program_id, col(Storefront.name) == name)
        )
    ).first()
    if found:
        return found, False
    storefront = Storefront(program_id=program_id, name=name)
    session.add(storefront)
    await session.flush()
    await session.refresh(storefront)
    return storefront, True
