"""The addresses of segments: the list, one of them, their files, and the form that makes or changes one."""

from dataclasses import replace

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.format import Format
from admin.forms import Said, said_in, version_in
from admin.members.addresses import asked, id_of
from admin.pages import AnyRequest, page, reader_of, redirect
from admin.program import find_program
from admin.segments.drafts import Draft, calm, draft_from, draft_of, key_of, kinds, with_condition, without_condition
from admin.segments.listing import (
    FormPage,
    TriedOut,
    make_page,
    make_row,
    make_tried,
    people_table,
    segments_table,
)
from admin.session import Visitor, check_form
from loyalty.errors import EditedMeanwhile
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.staff import SegmentSeen, Wanted

SEES = ("owner", "manager", "analyst")
CHANGES = ("owner", "manager")
_LIST = "/p/{program_id:str}/segments"
# Beside the keys of segments, not below them: one may be called "new".
_NEW = "/p/{program_id:str}/new-segment"
_ONE = f"{_LIST}/{{key:str}}"


@get(_LIST)
async def segments(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the segments with how many are in each."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    f = _format(request, program)
    rows = [make_row(program, one, f) for one in await desk.segments.listed(program)]
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    new = f"/admin/p/{program_id}/new-segment" if visitor.who.role in CHANGES else ""
    return page(request, "segments.html", {**shell, "rows": rows, "new": new, "csv": f"{request.url.path}.csv"})


@get(f"{_LIST}.csv")
async def segments_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return csv_response(
        "segments", *segments_table(program, await desk.segments.listed(program), _format(request, program))
    )


@get(_ONE)
async def segment(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a segment, and who is in it."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await _show(request, desk, visitor, program, key)


@get(f"{_ONE}/customers.csv")
async def customers_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send everybody in a segment."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await desk.segments.seen(program, key, whole=True)
    if seen is None:
        raise NotFoundException
    return csv_response(f"segment-{key}", *people_table(program, seen, _format(request, program)))


@get([_NEW, f"{_ONE}/edit"])
async def form(
    request: AnyRequest,
    program_id: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show the form: of a new segment, or of one as it is."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    seen = await _edited(request, desk, program)
    draft = draft_of(seen.segment, _format(request, program), program) if seen else Draft()
    version = seen.segment.version if seen else None
    return await _form(request, desk, visitor, program, seen, draft, version=version)


@post([_NEW, f"{_ONE}/edit"], status_code=200)
async def write(
    request: AnyRequest,
    program_id: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Go on with the form: add or take away a condition, try it, or save it."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen = await _edited(request, desk, program)
    f, said = _format(request, program), said_in(await request.form())
    draft, step = draft_from(said, f, program, kept=_is_kept(seen)), _step(said)
    if seen:
        draft = replace(draft, key=seen.segment.key)
    version = version_in(said)
    if step == "add":
        added = with_condition(draft, (said.get("kind") or [""])[-1], f, program)
        return await _form(request, desk, visitor, program, seen, added, version=version)
    if step.startswith("remove-"):
        left = without_condition(draft, step.removeprefix("remove-"))
        return await _form(request, desk, visitor, program, seen, left, version=version)
    if any(one.is_wrong for one in draft.conditions) or "" in draft.errors or (step == "save" and draft.is_wrong):
        return await _form(request, desk, visitor, program, seen, draft, version=version, status=422)
    if step != "save" and not draft.kept:
        tried = make_tried(program, await desk.segments.tried(program, list(draft.settings)), f)
        return await _form(request, desk, visitor, program, seen, calm(draft), tried=tried, version=version)
    key = seen.segment.key if seen else key_of(draft)
    conditions = None if draft.kept else list(draft.settings)
    code = await desk.segments.save(program, Wanted(key, draft.name, conditions, new=seen is None, version=version))
    if code:
        stale = code == EditedMeanwhile.code and seen is not None
        told = draft if stale else replace(draft, errors=_errors_of(code, f))
        stands = seen.segment.version if seen and stale else version
        return await _form(request, desk, visitor, program, seen, told, version=stands, stale=stale, status=409)
    return redirect(f"/admin/p/{program_id}/segments/{key}")


@post(f"{_ONE}/refresh")
async def refresh(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Have a segment counted anew."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    await desk.segments.refresh(program, key)
    return redirect(f"/admin/p/{program_id}/segments/{key}")


@post(f"{_ONE}/delete", status_code=200)
async def delete(
    request: AnyRequest,
    program_id: FromPath[str],
    key: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Delete a segment; one that something still names stays, and the page says so."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    code = await desk.segments.delete(program, key)
    if code and code != "not_found":
        return await _show(request, desk, visitor, program, key, refusal=code)
    return redirect(f"/admin/p/{program_id}/segments")


async def _show(
    request: AnyRequest, desk: Desk, visitor: Visitor, program: ProgramFacts, key: str, refusal: str = ""
) -> Response[str]:
    after = id_of(asked(request).get("after", ""))
    seen = await desk.segments.seen(program, key, after)
    if seen is None:
        raise NotFoundException
    f = _format(request, program)
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    shown = {"page": make_page(program, seen, after, f), "changes": visitor.who.role in CHANGES, "refusal": refusal}
    return page(request, "segment.html", {**shell, **shown}, status=409 if refusal else 200)


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    seen: SegmentSeen | None,
    draft: Draft,
    *,
    tried: TriedOut | None = None,
    version: int | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response[str]:
    folder = f"/admin/p/{program.program_id}/segments"
    shown = FormPage(
        action=request.url.path,
        cancel=f"{folder}/{seen.segment.key}" if seen else folder,
        draft=draft,
        new=seen is None,
        kinds=kinds(_format(request, program)),
        tried=tried,
        version=version,
        stale=stale,
    )
    shell = {"visitor": visitor.who, "program": program, "programs": await desk.programs()}
    return page(request, "segment_form.html", {**shell, "page": shown}, status=status)


async def _edited(request: AnyRequest, desk: Desk, program: ProgramFacts) -> SegmentSeen | None:
    """Find the segment that the address is about; None for a new one."""
    key = request.path_params.get("key")
    if key is None:
        return None
    seen = await desk.segments.seen(program, str(key))
    if seen is None:
        raise NotFoundException
    return seen


def _is_kept(seen: SegmentSeen | None) -> bool:
    return seen is not None and seen.segment.kept_by is not None


def _step(said: Said) -> str:
    return (said.get("do") or ["try"])[-1]


def _errors_of(code: str, f: Format) -> dict[str, str]:
    if code == "key_taken":
        return {"key": f.words.gettext("This key is taken, or was once. Write another one.")}
    return {"": f.words.gettext("Somebody changed this segment meanwhile. Open it again.")}


def _format(request: AnyRequest, program: ProgramFacts) -> Format:
    return Format(reader_of(request).language, program.currency)


ROUTES = [segments, segments_csv, segment, customers_csv, form, write, refresh, delete]
