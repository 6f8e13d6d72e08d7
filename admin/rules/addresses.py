"""Where the pages of the rules are."""

from uuid import UUID

from loyalty.programs.facts import ProgramFacts

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
RULES = "/p/{program_id:str}/rules"
DRAFT = f"{RULES}/drafts/{{draft:str}}"


def base_of(program: ProgramFacts) -> str:
    """Give the address of the list."""
    return f"/admin/p/{program.program_id}/rules"


def version_address(program: ProgramFacts, number: int) -> str:
    """Give the address of a version."""
    return f"{base_of(program)}/versions/{number}"


def draft_address(program: ProgramFacts, draft_id: UUID) -> str:
    """Give the address of a draft."""
    return f"{base_of(program)}/drafts/{draft_id}"
