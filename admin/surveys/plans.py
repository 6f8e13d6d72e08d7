"""The addresses of surveys themselves: the list, one of them, its form, what customers will see, and the policy."""

from dataclasses import replace
from uuid import UUID, uuid4

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.forms import said_in, version_in
from admin.members.addresses import asked, with_query
from admin.pages import AnyRequest, redirect
from admin.program import find_program
from admin.session import Visitor, check_form
from admin.surveys.drafts import Draft, draft_from, draft_of, kinds, new_draft
from admin.surveys.listing import FormPage, languages, make_page, make_row, surveys_table
from admin.surveys.policies import PolicyDraft, policy_draft, policy_from, policy_said
from admin.surveys.publishing import ask_to_publish
from admin.surveys.showing import CHANGES, LIST, NEW, ONE, POLICY, SEES, by, format_of, show, survey_of
from admin.surveys.words import refusal_said
from loyalty.errors import EditedMeanwhile
from loyalty.i18n import LANGUAGES
from loyalty.programs.facts import ProgramFacts
from loyalty.web.customer_pages import headers
from surveys.staff.facts import SurveySeen
from surveys.staff.preview import VIEWS, preview


@get(LIST)
async def surveys(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the surveys there are."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f, listed = format_of(request, program), await desk.surveys.listed(program)
    values = {
        "rows": [make_row(program, one, f) for one in listed.surveys],
        "policy": policy_said(listed.policy, f),
        "published": listed.policy.version > 0,
        "csv": f"{request.url.path}.csv",
        "tab": "list",
    }
    return await show(request, desk, visitor, program, "survey_list.html", values)


@get(f"{LIST}.csv")
async def surveys_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the list."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    listed = await desk.surveys.listed(program)
    return csv_response("surveys", *surveys_table(program, listed.surveys, format_of(request, program)))


@get(ONE)
async def survey(
    request: AnyRequest,
    program_id: FromPath[str],
    survey: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a survey: whom it asks, and what it says in both languages."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f, seen = format_of(request, program), await survey_of(desk, program, survey)
    shown = make_page(program, seen, f, changes=visitor.who.role in CHANGES)
    did = asked(request).get("did", "")
    values = {"page": shown, "tab": "list", "notice": refusal_said(did, f) if did else ""}
    return await show(request, desk, visitor, program, "survey.html", values)


@get(f"{ONE}/preview/{{view:str}}")
async def see_preview(
    request: AnyRequest,
    program_id: FromPath[str],
    survey: FromPath[str],
    view: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show what customers will see, by their own templates; nothing on it can be sent."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = await survey_of(desk, program, survey)
    language = asked(request).get("in", "")
    if view not in VIEWS or language not in LANGUAGES:
        raise NotFoundException
    written = preview(program, seen.survey.draft, view, language, await desk.surveys.today(program))
    told = headers()
    # Mail brings its styles with it; here it runs nothing and sends nothing.
    styles = "'unsafe-inline'" if view == "mail" else "'self'"
    policy = f"default-src 'none'; style-src {styles}; font-src 'self'; img-src 'self'; form-action 'none'; "
    policy += "base-uri 'none'; frame-ancestors 'none'"
    kind = "text/plain" if view == "text" else "text/html"
    return Response(written, media_type=f"{kind}; charset=utf-8", headers={**told, "content-security-policy": policy})


@get([NEW, f"{ONE}/edit"])
async def form(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the form: of a new survey of a trigger, or of one as it is."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    f, seen, kind = format_of(request, program), await _edited(request, desk, program), asked(request).get("kind", "")
    draft = draft_of(seen.survey.draft, f, program, kind) if seen else new_draft(kind or "after_purchase", f, program)
    return await _form(request, desk, visitor, program, draft, seen.survey.version if seen else 0)


@post([NEW, f"{ONE}/edit"], status_code=200)
async def write(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Begin a survey, or change its draft; what is wrong is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f, said = format_of(request, program), said_in(await request.form())
    seen = await _edited(request, desk, program)
    draft, content = draft_from(said, f, program)
    version_told = version_in(said) or 0
    if content is None:
        return await _form(request, desk, visitor, program, draft, version_told, status=422)
    if seen:
        survey_id: UUID | None = seen.survey.survey_id
        code = await desk.surveys.edit(program, seen.survey.survey_id, version_told, content)
    else:
        done = await desk.surveys.draft(program, by(request, visitor, draft.key), content)
        survey_id, code = done.survey_id, done.code
    if code:
        # What was refused stays refused under its key: another form, another key.
        draft = replace(draft, key=str(uuid4()), error=refusal_said(code, f))
        return await _form(request, desk, visitor, program, draft, version_told, status=409)
    return redirect(f"/admin/p/{program_id}/survey-list/{survey_id}")


@post([f"{ONE}/publish", f"{ONE}/close"])
async def set_open(
    request: AnyRequest,
    program_id: FromPath[str],
    survey: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Publish the draft, or ask nobody any more."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    seen = await survey_of(desk, program, survey)
    if seen.simulated:
        raise NotFoundException
    survey_id = seen.survey.survey_id
    if request.url.path.endswith("/publish"):
        version = version_in(said_in(await request.form()))
        code = await desk.surveys.publish(program, by(request, visitor), survey_id, version)
    else:
        code = await desk.surveys.close(program, survey_id)
    return redirect(with_query(f"/admin/p/{program_id}/survey-list/{survey_id}", {"did": code}))


@get(POLICY)
async def policy(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show what holds in all surveys, and its form to who may change it."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    f, listed = format_of(request, program), await desk.surveys.listed(program)
    done = asked(request).get("did") == "published"
    notice = f.words.gettext("Published: it holds from now on.") if done else ""
    return await _policy(request, desk, visitor, program, policy_draft(listed.policy, f, program), notice=notice)


@post(POLICY, status_code=200)
async def publish_policy(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str] | Response[None]:
    """Publish the policy; what is wrong is said beside the field."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    await check_form(request, desk, visitor)
    f = format_of(request, program)
    said = said_in(await request.form())
    draft, version = policy_from(said, f, program), version_in(said)
    if draft.policy is None:
        return await _policy(request, desk, visitor, program, draft, status=422, read=version)
    code = await desk.surveys.publish_policy(program, by(request, visitor), draft.policy, version)
    if code == EditedMeanwhile.code:
        return await _policy(request, desk, visitor, program, draft, stale=True, status=409)
    return redirect(with_query(f"/admin/p/{program_id}/survey-policy", {"did": code or "published"}))


async def _edited(request: AnyRequest, desk: Desk, program: ProgramFacts) -> SurveySeen | None:
    """Find the survey that the address is about; None for a new one. Simulated ones stay as they are."""
    told = request.path_params.get("survey")
    if told is None:
        return None
    seen = await survey_of(desk, program, str(told))
    if seen.simulated:
        raise NotFoundException
    return seen


async def _form(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: Draft,
    version: int,
    *,
    status: int = 200,
) -> Response[str]:
    base, path = f"/admin/p/{program.program_id}/survey-list", str(request.url.path)
    told = request.path_params.get("survey")
    shown = FormPage(
        action=path,
        cancel=f"{base}/{told}" if told else base,
        draft=draft,
        version=version,
        kinds=[
            (with_query(path, {"kind": name}), title, name == draft.kind)
            for name, title in kinds(format_of(request, program))
        ],
        languages=languages(),
    )
    values = {"page": shown, "new": told is None, "tab": "list"}
    return await show(request, desk, visitor, program, "survey_form.html", values, status=status)


async def _policy(
    request: AnyRequest,
    desk: Desk,
    visitor: Visitor,
    program: ProgramFacts,
    draft: PolicyDraft,
    *,
    notice: str = "",
    read: int | None = None,
    stale: bool = False,
    status: int = 200,
) -> Response[str]:
    stored = (await desk.surveys.listed(program)).policy
    f = format_of(request, program)
    values = {"draft": draft, "said": policy_said(stored, f), "version": stored.version, "tab": "policy"}
    more = {"notice": notice, "stale": stale, "read": stored.version if read is None else read}
    return await show(request, desk, visitor, program, "survey_policy.html", {**values, **more}, status=status)


PLANS = [surveys, surveys_csv, survey, see_preview, form, write, ask_to_publish, set_open, policy, publish_policy]
