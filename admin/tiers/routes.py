"""The addresses of tiers: the page, the form that publishes a new version, and a floor under a member's tier."""

from datetime import date

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.compared import Compared
from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import Said, said_in, version_in
from admin.members.addresses import id_of, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.tiers.drafts import Draft, draft_from, draft_of, with_tier, without_tier
from admin.tiers.foreseeing import compare
from admin.tiers.listing import make_page, refusal_of, tiers_table
from loyalty.errors import EditedMeanwhile
from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.staff import FloorByStaff, TiersSeen

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
LONGEST_REASON = 500
_PAGE = "/p/{program_id:str}/tiers"
_NEW = "/p/{program_id:str}/new-tiers"


@get(_PAGE)
async def tiers(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the tiers with how many members hold each."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    changes = visitor.who.role in CHANGES
    shown = make_page(program, await desk.tiers.seen(program), _format(request, program), changes=changes)
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    return page(request, "tiers.html", {**shell, "page": shown})


@get(f"{_PAGE}.csv")
async def tiers_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the table."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    shown = make_page(program, await desk.tiers.seen(program), f, changes=False)
    return csv_response("tiers", *tiers_table(shown, f))


@get(_NEW)
async def form(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form, with the tiers as they are."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    seen = await desk.tiers.seen(program, counted=False)
    draft = draft_of(seen.scheme, _format(request, program), program)
    return await _form(request, desk, visitor, program, draft, version=_version(seen))


@post(_NEW, status_code=200)
async def publish(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Go on with the form: add or take away a tier, or publish."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, said = _format(request, program), said_in(await request.form())
    draft, step, version = draft_from(said, f, program), _last(said, "do") or "publish", version_in(said)
    if step == "add":
        return await _form(request, desk, visitor, program, with_tier(draft, f, program), version=version)
    if step.startswith("remove-"):
        left = without_tier(draft, step.removeprefix("remove-"))
        return await _form(request, desk, visitor, program, left, version=version)
    if draft.scheme is None:
        return await _form(request, desk, visitor, program, draft, version=version, status=422)
    if step == "look":
        moves = await desk.tiers.foreseen(program, draft.scheme)
        compared = compare(await desk.tiers.seen(program), draft.scheme, moves, f)
        return await _form(request, desk, visitor, program, draft, version=version, compared=compared)
    done = await desk.tiers.publish(program, draft.scheme, visitor.who.user_id, version)
    if done.code:
        seen = await desk.tiers.seen(program, counted=False)
        stale = done.code == EditedMeanwhile.code
        refusal, version = "" if stale else refusal_of(done, seen, f), _version(seen)
        return await _form(
            request, desk, visitor, program, draft, version=version, refusal=refusal, stale=stale, status=409
        )
    return redirect(f"/admin/p/{program_id}/tiers")


@post("/p/{program_id:str}/members/{customer:str}/tier-floor")
async def hold(
    request: AnyRequest,
    program_id: FromPath[str],
    customer: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Hold a member at a tier at least, or no more; the page of the member says what came of it."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    customer_id, said = id_of(customer), said_in(await request.form())
    if customer_id is None:
        raise NotFoundException
    release = _last(said, "do") == "release"
    reason, until = " ".join(_last(said, "reason").split()), _day(_last(said, "until"))
    base = f"/admin/p/{program_id}/members/{customer_id}"
    wrong = not release and (not _last(said, "tier") or not reason or len(reason) > LONGEST_REASON)
    if wrong or (_last(said, "until") and until is None):
        return redirect(with_query(base, {"tier": "invalid"}))
    request_id = request.scope.get("state", {}).get("request_id", "")
    tier = None if release else _last(said, "tier")
    wanted = FloorByStaff(visitor.who.user_id, request_id, customer_id, tier, until, reason)
    code = await desk.tiers.hold(program, wanted)
    return redirect(with_query(base, {"tier": code or ("released" if release else "held")}))


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: Draft,
    *,
    version: int | None = None,
    refusal: str = "",
    stale: bool = False,
    compared: Compared | None = None,
    status: int = 200,
) -> Response[str]:
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    cancel = f"/admin/p/{program.program_id}/tiers"
    shown = {**shell, "draft": draft, "cancel": cancel, "version": version, "refusal": refusal, "stale": stale}
    shown["compared"] = compared
    return page(request, "tiers_form.html", shown, status=status)


def _version(seen: TiersSeen) -> int:
    return seen.scheme.version if seen.scheme else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _last(said: Said, name: str) -> str:
    return (said.get(name) or [""])[-1]


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [tiers, tiers_csv, form, publish, hold]
