"""The addresses of the rules: what is in force, the versions, and the drafts with their steps."""

from dataclasses import dataclass
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.forms import Said, said_in
from admin.members.addresses import asked, id_of
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.rules.addresses import CHANGES, DRAFT, RULES, SEES, base_of, draft_address, version_address
from admin.rules.changes import compare
from admin.rules.draft_page import (
    clean_name,
    current,
    make_draft,
    moved,
    named_alone_by,
    told,
    with_ids,
    without,
)
from admin.rules.listing import make_listing, make_version, speaker_of
from admin.session import Visitor, check_form
from loyalty.earning.facts import DraftFacts, DraftTold
from loyalty.errors import DraftEdited, NotFound
from loyalty.programs.facts import ProgramFacts
from loyalty.purchases.staff import RulesSeen, RuleStaff


@dataclass(frozen=True)
class Opened:
    """What every page of the rules begins with."""

    request: AnyRequest
    desk: Desk
    visitor: Visitor
    program: ProgramFacts
    seen: RulesSeen
    f: Format

    @property
    def changes(self) -> bool:
        """Whether this visitor may change rules."""
        return self.visitor.who.role in CHANGES

    @property
    def staff(self) -> RuleStaff:
        """Who acts."""
        return RuleStaff(self.visitor.who.user_id, self.request.scope.get("state", {}).get("request_id", ""))

    async def show(self, template: str, shown: object, *, status: int = 200) -> Response[str]:
        """Render a page."""
        shell = {"visitor": self.visitor.who, "program": self.program, "programs": await self.desk.programs()}
        return page(self.request, template, {**shell, "page": shown, "changes": self.changes}, status=status)

    async def again(self) -> "Opened":
        """Read anew."""
        seen = await self.desk.rules.seen(self.program)
        return Opened(self.request, self.desk, self.visitor, self.program, seen, self.f)

    def draft(self, draft_id: str) -> DraftFacts:
        """Find the draft of an address."""
        found = next((one for one in self.seen.drafts if one.draft_id == id_of(draft_id)), None)
        if found is None:
            raise NotFoundException
        return found


async def opened(request: AnyRequest, program_id: str, desk: Desk, visitor: Visitor, *, writes: bool = False) -> Opened:
    """Open the rules of a programme to who may see them, or change them."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES if writes else SEES)
    if request.method == "POST":
        await check_form(request, desk, visitor)
    f = Format(reader_of(request).language, program.currency)
    return Opened(request, desk, visitor, program, await desk.rules.seen(program), f)


def last(said: Said, name: str) -> str:
    """Give the last of what was said under a name."""
    return (said.get(name) or [""])[-1]


@get(RULES)
async def rules(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what is in force, what is to come, the drafts, and what was."""
    at = await opened(request, program_id, desk, visitor)
    return await at.show("rules.html", make_listing(at.program, at.seen, at.f))


@get(f"{RULES}/versions/{{number:int}}")
async def version(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[int],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a version, and what it changed."""
    at = await opened(request, program_id, desk, visitor)
    return await _show_version(at, number)


@post(f"{RULES}/versions/{{number:int}}/withdraw", status_code=200)
async def withdraw(
    request: AnyRequest,
    program_id: FromPath[str],
    number: FromPath[int],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Withdraw a version before it begins: what is in force stays so."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    try:
        await desk.rules.withdraw(at.program, at.staff, number)
    except NotFound:
        return await _show_version(at, number, refusal=True)
    return redirect(version_address(at.program, number))


@post(f"{RULES}/drafts")
async def begin(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Begin a draft from what is in force, or from another version."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    said = said_in(await request.form())
    chosen = next((one for one in at.seen.versions if str(one.version) == last(said, "from")), current(at.seen))
    taken = {draft.name for draft in at.seen.drafts}
    plain = at.f.words.gettext("New rules")
    name = clean_name(last(said, "name")) or next(
        text for n in range(1, len(taken) + 2) if (text := plain if n == 1 else f"{plain} {n}") not in taken
    )
    begun = await desk.rules.create(
        at.program, at.staff, DraftTold(name, with_ids(chosen.rules), based_on=chosen.version)
    )
    return redirect(draft_address(at.program, begun.draft_id))


@get(DRAFT)
async def draft(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a draft: its rules, and what it changes."""
    at = await opened(request, program_id, desk, visitor)
    return await at.show("rules_draft.html", make_draft(at.program, at.seen, at.draft(draft), at.f))


@post(DRAFT, status_code=200)
async def step(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Move or take away a rule, or rename the draft. Where somebody was faster, nothing is done, and it is said."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found, said = at.draft(draft), said_in(await request.form())
    do, _, rule_id = last(said, "do").partition(":")
    if last(said, "version") != str(found.version):
        return await _stale(at, found)
    changed = told(found, name=clean_name(last(said, "name")) or found.name)
    if do in {"up", "down"}:
        changed = told(found, rules=moved(found.rules, rule_id, -1 if do == "up" else 1))
    elif do == "remove":
        if limits := named_alone_by(found.rules, rule_id):
            return await _refuse(at, found, limits[0])
        changed = told(found, rules=without(found.rules, rule_id))
    try:
        await desk.rules.edit(at.program, at.staff, found.draft_id, changed, found.version)
    except DraftEdited:
        at = await at.again()
        return await _stale(at, at.draft(draft))
    return redirect(draft_address(at.program, found.draft_id))


@post(f"{DRAFT}/delete")
async def delete(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Throw a draft away."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    await desk.rules.delete(at.program, id_of(draft) or UUID(int=0))
    return redirect(base_of(at.program))


async def _show_version(at: Opened, number: int, *, refusal: bool = False) -> Response[str]:
    found = next((one for one in at.seen.versions if one.version == number), None)
    if found is None:
        raise NotFoundException
    before = next((one for one in at.seen.versions if one.version == number - 1), None)
    shown = {
        "base": base_of(at.program),
        "version": make_version(at.program, at.seen, found, at.f),
        "changes": compare(before.rules, found.rules, at.seen, at.program, at.f) if before else None,
        "published": asked(at.request).get("published") == "yes",
        "refusal": refusal,
    }
    return await at.show("rules_version.html", shown, status=409 if refusal else 200)


async def _stale(at: Opened, found: DraftFacts) -> Response[str]:
    return await at.show("rules_draft.html", make_draft(at.program, at.seen, found, at.f, stale=True), status=409)


async def _refuse(at: Opened, found: DraftFacts, limit: dict[str, object]) -> Response[str]:
    speaker = speaker_of(at.program, at.seen, found.rules, at.f)
    refusal = at.f.words.gettext(
        "The limit “%(rule)s” is of this rule only. Change or remove that first.", rule=speaker.title(limit)
    )
    return await at.show("rules_draft.html", make_draft(at.program, at.seen, found, at.f, refusal=refusal), status=409)


ROUTES = [rules, version, withdraw, begin, draft, step, delete]
