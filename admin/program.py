"""Which programme an address is about, and whether this visitor's role may see it."""

from collections.abc import Collection, Sequence

from litestar.exceptions import NotFoundException, PermissionDeniedException

from admin.desk import Desk
from admin.session import Visitor
from loyalty.programs.facts import ProgramFacts


async def find_program(
    program_id: str, desk: Desk, visitor: Visitor, roles: Collection[str]
) -> tuple[ProgramFacts, Sequence[ProgramFacts]]:
    """Find a programme for a visitor with one of these roles, and list all there are."""
    if visitor.who.role not in roles:
        raise PermissionDeniedException
    programs = await desk.programs()
    program = next((program for program in programs if str(program.program_id) == program_id), None)
    if program is None:
        raise NotFoundException
    return program, programs
