"""The addresses of one rule of a draft: choose its kind, write it, change it."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.forms import said_in
from admin.members.addresses import asked
from admin.pages import AnyRequest, redirect
from admin.rules.addresses import DRAFT, draft_address
from admin.rules.draft_page import put, told, told_stale
from admin.rules.listing import speaker_of
from admin.rules.refusals import refusal_said
from admin.rules.routes import Opened, last, opened
from admin.rules.rule_form import RuleForm, draw_rule, kinds, new_id, read_rule
from admin.session import Visitor
from loyalty.earning.facts import DraftFacts
from loyalty.earning.kind import KINDS
from loyalty.errors import DraftEdited, Invalid

_NEW = f"{DRAFT}/new-rule"
_ONE = f"{DRAFT}/rules/{{rule:str}}"


@get(_NEW)
async def new(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Offer the kinds by what they do; with one chosen, its empty form."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found, kind = at.draft(draft), asked(request).get("kind", "")
    if KINDS.find(kind) is None:
        shown = {"address": draft_address(at.program, found.draft_id), "name": found.name, "kinds": kinds(at.f)}
        return await at.show("rule_kinds.html", shown)
    return await _form(at, found, _blank(at, found, {"kind": kind}, ""))


@get(_ONE)
async def one(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    rule: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show the form of a rule as it is."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found = at.draft(draft)
    return await _form(at, found, _blank(at, found, _rule(found, rule), rule))


@post([_NEW, _ONE], status_code=200)
async def write(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Keep a rule in its draft. What is wrong is said at its field; where somebody was faster, nothing is lost."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found, said = at.draft(draft), said_in(await request.form())
    wanted = str(request.path_params.get("rule", ""))
    kind = last(said, "kind")
    if KINDS.find(kind) is None:
        raise NotFoundException
    settings = next((one for one in found.rules if one.get("id") == wanted), {"kind": kind})
    rule_id = wanted or new_id(kind, found.rules)
    form, rule = read_rule(said, settings, rule_id, found.rules, at.seen, at.program, at.f)
    if rule is None:
        return await _form(at, found, form, status=422, version=last(said, "version"))
    if last(said, "version") != str(found.version):
        return await _form(at, found, form, status=409, stale=True)
    try:
        await desk.rules.edit(
            at.program, at.staff, found.draft_id, told(found, rules=put(found.rules, rule)), found.version
        )
    except DraftEdited:
        at = await at.again()
        return await _form(at, at.draft(draft), form, status=409, stale=True)
    except Invalid as refusal:
        return await _form(at, found, form, status=422, refusal=refusal_said(refusal, at.f))
    return redirect(f"{draft_address(at.program, found.draft_id)}#rule-{rule_id}")


def _rule(found: DraftFacts, rule_id: str) -> dict[str, Any]:
    rule = next((one for one in found.rules if one.get("id") == rule_id), None)
    if rule is None:
        raise NotFoundException
    return rule


def _blank(at: Opened, found: DraftFacts, rule: dict[str, Any], rule_id: str) -> RuleForm:
    return draw_rule(rule, rule_id, found.rules, at.seen, at.program, at.f)


async def _form(
    at: Opened,
    found: DraftFacts,
    form: RuleForm,
    *,
    status: int = 200,
    version: str = "",
    stale: bool = False,
    refusal: str = "",
) -> Response[str]:
    """Show the form, to be sent onto the draft as it stands; of a stale one also what the rule says there now."""
    wanted = str(at.request.path_params.get("rule", ""))
    there = next((one for one in found.rules if one.get("id") == wanted), None)
    theirs = speaker_of(at.program, at.seen, found.rules, at.f).sentence(there) if stale and there else ""
    shown = {
        "address": draft_address(at.program, found.draft_id),
        "action": at.request.url.path,
        "draft": found.name,
        "version": version or found.version,
        "form": form,
        "new": not wanted,
        "stale": told_stale(at.seen, found, at.program, at.f) if stale else "",
        "theirs": theirs,
        "gone": bool(stale and wanted and there is None),
        "refusal": refusal,
    }
    return await at.show("rule_form.html", shown, status=status)


ROUTES = [new, one, write]
