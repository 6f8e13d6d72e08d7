"""The addresses that change rewards: the form, retiring, and codes."""

from dataclasses import replace
from uuid import uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.forms import key_in, said_in
from admin.members.addresses import asked, with_query
from admin.pages import AnyRequest, page, redirect
from admin.program import find_program
from admin.rewards.drafts import Draft, draft_from, draft_of, kinds, new_draft, refused
from admin.rewards.listing import FormPage
from admin.rewards.showing import CHANGES, ONE, format_of, number_of, seen_of, show
from admin.session import Visitor, check_form
from loyalty.errors import InFlight, Invalid
from loyalty.idempotency.refusals import AnswerErased, KeyExpired, KeyReused
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.codes import codes_of
from loyalty.rewards.staff import ByForm, Done, Takers

_NEW = "/p/{program_id:str}/new-reward"
# A list of 10,000 codes of 128 characters.
_MOST_BYTES = 2 * 1024 * 1024


@get([_NEW, f"{ONE}/edit"])
async def form(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form: of a new reward of a kind, or of one as it is."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    f, seen = format_of(request, program), await _edited(request, desk, program)
    if seen:
        return await _form(request, desk, visitor, program, seen, draft_of(seen.seen.reward, f, program))
    names = [name for name, _ in kinds(f)]
    draft = new_draft(asked(request).get("kind", names[0]), f, program) or new_draft(names[0], f, program)
    return await _form(request, desk, visitor, program, None, draft)


@post([_NEW, f"{ONE}/edit"], status_code=200)
async def write(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Offer a reward, or change one; what is wrong is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, said = format_of(request, program), said_in(await request.form())
    seen = await _edited(request, desk, program)
    kind = seen.seen.reward.kind if seen else (said.get("kind") or [""])[-1]
    found = draft_from(kind, said, f, program)
    if found is None:
        raise NotFoundException
    draft, new = found
    if new is None or draft.is_wrong:
        return await _form(request, desk, visitor, program, seen, draft, status=422)
    by = _by(request, visitor, draft.key)
    try:
        if seen:
            edition = number_of((said.get("edition") or [""])[-1]) or 0
            done = await desk.rewards.edit(program, by, seen.seen.reward.reward_id, edition, new)
        else:
            done = await desk.rewards.offer(program, by, new)
    except Invalid as refusal:
        done, draft = Done(code=refusal.code), refused(draft, refusal, f)
    except (InFlight, KeyReused, KeyExpired, AnswerErased) as refusal:
        done = Done(code=refusal.code)
    if done.code:
        # What was refused stays refused under its key: another form, another key.
        told = draft.error if draft.is_wrong else _error_of(done.code, f)
        draft = replace(draft, key=str(uuid4()), error=told)
        return await _form(request, desk, visitor, program, seen, draft, status=409)
    return redirect(f"/admin/p/{program_id}/rewards/{done.reward_id}")


@post([f"{ONE}/retire", f"{ONE}/offer"])
async def set_offered(
    request: AnyRequest,
    program_id: FromPath[str],
    reward: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Take a reward out of the catalogue, or put it back."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen = await seen_of(desk, program, reward)
    offered = request.url.path.endswith("/offer")
    by = _by(request, visitor, str(uuid4()))
    await desk.rewards.set_offered(program, by, seen.seen.reward.reward_id, offered=offered)
    return redirect(f"/admin/p/{program_id}/rewards/{reward}")


@post(f"{ONE}/codes", status_code=200, request_max_body_size=_MOST_BYTES)
async def codes(
    request: AnyRequest,
    program_id: FromPath[str],
    reward: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Put codes into a pool, each on a line of its own; says how many came in, and how many were known."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen = await seen_of(desk, program, reward)
    said, words = said_in(await request.form()), format_of(request, program).words
    try:
        told_codes = codes_of("\n".join(said.get("codes", [])))
        by = _by(request, visitor, key_in(said))
        done = await desk.rewards.add_codes(program, by, seen.seen.reward.reward_id, told_codes)
    except (InFlight, KeyReused, KeyExpired, AnswerErased):
        # A file of codes is sent under one key: some of these may be in already.
        told = words.gettext("This form was sent before. Look at how many codes there are, then send the others.")
        return await show(request, desk, visitor, program, reward, refusal=told, status=409)
    except Invalid:
        told = words.gettext(
            "These are no codes: 1 to 10,000 lines, each of at most 128 visible characters without spaces or accents."
        )
        return await show(request, desk, visitor, program, reward, refusal=told)
    said_back = {"added": str(done.added), "known": str(done.known)}
    return redirect(with_query(f"/admin/p/{program_id}/rewards/{reward}", said_back))


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    seen: Takers | None,
    draft: Draft | None,
    *,
    status: int = 200,
) -> Response[str]:
    if draft is None:
        raise NotFoundException
    folder = f"/admin/p/{program.program_id}"
    listed = [] if seen else kinds(format_of(request, program))
    shown = FormPage(
        action=request.url.path,
        cancel=f"{folder}/rewards/{seen.seen.reward.reward_id}" if seen else f"{folder}/rewards",
        draft=draft,
        edition=seen.seen.reward.edition if seen else 0,
        kinds=[
            (with_query(f"{folder}/new-reward", {"kind": name}), title, name == draft.kind) for name, title in listed
        ],
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "reward_form.html", {**shell, "page": shown, "new": seen is None}, status=status)


async def _edited(request: AnyRequest, desk: Desk, program: ProgramFacts) -> Takers | None:
    """Find the reward that the address is about; None for a new one."""
    told = request.path_params.get("reward")
    return None if told is None else await seen_of(desk, program, str(told))


def _by(request: AnyRequest, visitor: Visitor, key: str) -> ByForm:
    return ByForm(visitor.who.user_id, request.scope.get("state", {}).get("request_id", ""), key)


def _error_of(code: str, f: Format) -> str:
    words = f.words
    return {
        "stock_below_taken": words.gettext("More are out already than this stock. Write a higher one."),
        "edited_meanwhile": words.gettext("Somebody changed this reward meanwhile. Open it again."),
        "in_flight": words.gettext("Somebody else is changing this reward. Send the form again in a moment."),
    }.get(code, words.gettext("Nothing was changed. Look at the catalogue, then send the form again."))


CHANGING = [form, write, set_offered, codes]
