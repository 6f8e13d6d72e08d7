"""Finding the programme and storefront that a command names; a missing storefront is made, and that is said."""

from dataclasses import dataclass

from loyalty.cli.refusals import note
from loyalty.database import Database
from loyalty.programs.actions import ensure_storefront, find_program
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True, slots=True)
class Found:
    """A programme's storefront."""

    program: ProgramFacts
    storefront_id: int
    namespace: str


async def named_program(database: Database, name: str) -> ProgramFacts:
    """Find a programme by its name."""
    async with database.session() as session:
        return await find_program(session, name)


async def find_storefront(database: Database, program_name: str, name: str) -> Found:
    """Find a storefront of a programme, or make it."""
    async with database.session() as session:
        program = await find_program(session, program_name)
        storefront, is_new = await ensure_storefront(session, program.program_id, name)
        if storefront.storefront_id is None:  # pragma: no cover - it was flushed
            raise AssertionError
        found = Found(program, storefront.storefront_id, storefront.namespace)
    if is_new:
        note(f"Created the storefront {name!r}.")
    return found
