"""The team in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from admin.csv_file import Cell
from admin.format import Format
from loyalty.auth.team import ROLES, Colleague
from loyalty.programs.facts import ProgramFacts


@dataclass(frozen=True)
class Draft:
    """The form that lets somebody in, as it was filled in; `errors` by field."""

    email: str = ""
    role: str = "analyst"
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_wrong(self) -> str:
        """The first field that is wrong."""
        return next((name for name in ("email", "role") if name in self.errors), "")


@dataclass(frozen=True)
class Row:
    """Somebody of the team. `changes`: whether their role and place can be changed by whoever looks."""

    address: str
    email: str
    role: str
    role_name: str
    comes_in: str
    seen: str
    mine: bool
    changes: bool


@dataclass(frozen=True)
class TeamPage:
    """The list. `link` is one just made, shown this once, `link_of` whose; `roles` are (role, name, what it may)."""

    base: str
    rows: Sequence[Row]
    roles: Sequence[tuple[str, str, str]]
    draft: Draft | None
    link: str
    link_of: str
    notice: str
    refusal: str


def make_page(
    program: ProgramFacts,
    team: Sequence[Colleague],
    mine: UUID,
    draft: Draft | None,
    f: Format,
    *,
    link: tuple[str, str] = ("", ""),
    did: str = "",
    refusal: str = "",
) -> TeamPage:
    """Put the team into words. `draft` None: whoever looks may change nothing."""
    words = f.words
    base = f"/admin/p/{program.program_id}/team"
    owners = sum(one.role == "owner" for one in team)
    done = {
        "role": words.gettext("The role is changed. The person signs in anew."),
        "gone": words.gettext("The person is let go, and every session of theirs has ended."),
    }
    return TeamPage(
        base=base,
        rows=[_row(base, program, one, mine, f, changes=draft is not None, owners=owners) for one in team],
        roles=[(role, role_name(role, f), _may(role, f)) for role in ROLES],
        draft=draft,
        link=link[0],
        link_of=link[1],
        notice=done.get(did, ""),
        refusal=_refusal(refusal, f) if refusal else "",
    )


def team_table(shown: TeamPage, f: Format) -> tuple[list[str], list[list[Cell]]]:
    """Give the same as a table."""
    words = f.words
    header = [
        words.gettext("E-mail"),
        words.gettext("Role"),
        words.gettext("Last seen"),
        words.gettext("Comes in"),
    ]
    return header, [[row.email, row.role_name, row.seen, row.comes_in] for row in shown.rows]


def refused_draft(code: str, f: Format) -> dict[str, str]:
    """Say why nobody was let in."""
    words = f.words
    return {
        "already_in": {"email": words.gettext("This person is of the team already.")},
        "bad_email": {"email": words.gettext("Write an e-mail address.")},
    }.get(code, {"role": words.gettext("Choose what is offered.")})


def role_name(role: str, f: Format) -> str:
    """Name a role."""
    words = f.words
    return {
        "owner": words.pgettext("role", "Owner"),
        "manager": words.pgettext("role", "Manager"),
        "analyst": words.pgettext("role", "Analyst"),
        "support": words.pgettext("role", "Support"),
    }.get(role, role)


def _row(base: str, program: ProgramFacts, one: Colleague, mine: UUID, f: Format, *, changes: bool, owners: int) -> Row:
    words = f.words
    ways = [words.gettext("by links")]
    if one.has_password:
        ways = [words.gettext("by password and code") if one.has_codes else words.gettext("by password")]
    return Row(
        address=f"{base}/{one.user_id}",
        email=one.email,
        role=one.role,
        role_name=role_name(one.role, f),
        comes_in=ways[0],
        seen=f.instant(one.seen_at, program.timezone) if one.seen_at else words.gettext("Not lately"),
        mine=one.user_id == mine,
        # There is always an owner, and nobody locks themselves out by a slip.
        changes=changes and one.user_id != mine and not (one.role == "owner" and owners == 1),
    )


def _may(role: str, f: Format) -> str:
    words = f.words
    return {
        "owner": words.gettext("everything, also keys and the team"),
        "manager": words.gettext("everything but keys and the team"),
        "analyst": words.gettext("sees everything, changes nothing"),
        "support": words.gettext("members only: sees them, and adjusts their points"),
    }[role]


def _refusal(code: str, f: Format) -> str:
    words = f.words
    if code == "last_owner":
        return words.gettext("There must be an owner. Make somebody else one first.")
    if code == "oneself":
        return words.gettext("Nobody changes their own role, or lets themselves go: another owner does.")
    return words.gettext("This person is not of the team any more.")
