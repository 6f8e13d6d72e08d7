"""The addresses of referrals: the page, deciding a suspicious one, and the form of the terms."""

from dataclasses import replace

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.choice import Asked
from admin.compared import Compared
from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import said_in, version_in
from admin.members.addresses import asked, id_of, with_query
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.referrals.drafts import Draft, Rewards, draft_from, draft_of
from admin.referrals.listing import KEYS, Tile, make_page, make_tiles, referrals_table
from admin.referrals.words import terms_said
from admin.session import Visitor, check_form
from loyalty.errors import EditedMeanwhile
from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.rules import STATES

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
_PAGE = "/p/{program_id:str}/referrals"
_NEW = "/p/{program_id:str}/new-referral-terms"


@get(_PAGE)
async def referrals(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show how referrals go, those that wait, and all of them."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    f, said = _format(request, program), asked(request)
    state = said.get("state") if said.get("state") in STATES else None
    after = id_of(said.get("after", ""))
    seen = await desk.referrals.seen(program, state, after)
    shown = make_page(
        program,
        seen,
        await _tiles(request, desk, program, f),
        (state, after),
        dict(await _rewards(desk, program)),
        f,
        changes=visitor.who.role in CHANGES,
        did=said.get("did", ""),
    )
    return page(
        request, "referrals.html", {"visitor": visitor.who, "program": program, "programs": programs, "page": shown}
    )


@get(f"{_PAGE}.csv")
async def referrals_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the referrals as they are on the page."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f, said = _format(request, program), asked(request)
    state = said.get("state") if said.get("state") in STATES else None
    seen = await desk.referrals.seen(program, state, id_of(said.get("after", "")))
    return csv_response("referrals", *referrals_table(program, seen, f))


@post([f"{_PAGE}/{{referral:str}}/release", f"{_PAGE}/{{referral:str}}/refuse"])
async def decide(
    request: AnyRequest,
    program_id: FromPath[str],
    referral: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Let a suspicious referral through, or refuse it; the page says what came of it."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    referral_id = id_of(referral)
    if referral_id is None:
        raise NotFoundException
    through = request.url.path.endswith("/release")
    request_id = request.scope.get("state", {}).get("request_id", "")
    code = await desk.referrals.decide(program, visitor.who.user_id, request_id, referral_id, let_through=through)
    did = code or ("released" if through else "refused")
    return redirect(with_query(f"/admin/p/{program_id}/referrals", {"did": did}))


@get(_NEW)
async def form(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form, with the terms as they are."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    seen, rewards = await desk.referrals.seen(program), await _rewards(desk, program)
    draft = draft_of(seen.terms.terms, rewards, _format(request, program), program)
    return await _form(request, desk, visitor, program, draft, version=seen.terms.version)


@post(_NEW, status_code=200)
async def publish(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Publish the terms; what is wrong is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, said = _format(request, program), said_in(await request.form())
    draft = draft_from(said, await _rewards(desk, program), f, program)
    version = version_in(said)
    if draft.terms is None:
        return await _form(request, desk, visitor, program, draft, version=version, status=422)
    if (said.get("do") or [""])[-1] == "look":
        stands = (await desk.referrals.seen(program)).terms.terms
        named = dict(await _rewards(desk, program))
        compared = Compared(terms_said(stands, named, f), terms_said(draft.terms, named, f))
        return await _form(request, desk, visitor, program, draft, version=version, compared=compared)
    code = await desk.referrals.publish(program, draft.terms, visitor.who.user_id, version)
    if code == EditedMeanwhile.code:
        version = (await desk.referrals.seen(program)).terms.version
        return await _form(request, desk, visitor, program, draft, version=version, stale=True, status=409)
    if code:
        error = f.words.gettext("Nothing was published. Look at what is promised, then send the form again.")
        draft = replace(draft, form=replace(draft.form, error=error))
        return await _form(request, desk, visitor, program, draft, version=version, status=409)
    return redirect(f"/admin/p/{program_id}/referrals")


async def _tiles(request: AnyRequest, desk: Desk, program: ProgramFacts, f: Format) -> tuple[list[Tile], str]:
    """Give the figures of the period that the address means; none where nothing was ever bought."""
    calendar = await desk.calendar(program)
    if calendar is None:
        return [], ""
    choice = Asked.of(request).understood(calendar, program)
    return make_tiles(program, choice, await desk.overview(program, KEYS, choice.period, choice.against), f)


async def _rewards(desk: Desk, program: ProgramFacts) -> Rewards:
    """Name the rewards that could be promised: those with a price of their own."""
    listed = await desk.rewards.listed(program, counted=False)
    return [(one.reward.reward_id, one.reward.name) for one in listed if one.reward.kind != "points_payment"]


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: Draft,
    *,
    version: int | None = None,
    stale: bool = False,
    compared: Compared | None = None,
    status: int = 200,
) -> Response[str]:
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    shown = {"draft": draft, "cancel": f"/admin/p/{program.program_id}/referrals", "version": version, "stale": stale}
    return page(request, "referral_terms.html", {**shell, **shown, "compared": compared}, status=status)


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [referrals, referrals_csv, decide, form, publish]
