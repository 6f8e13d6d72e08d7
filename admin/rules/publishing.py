"""Publishing a draft: when it begins, what changes in words, and then the version."""

from dataclasses import dataclass
from datetime import UTC, datetime

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.desk import Desk
from admin.form_values import is_near
from admin.forms import Said, said_in
from admin.pages import AnyRequest, redirect
from admin.rules.addresses import DRAFT, draft_address, version_address
from admin.rules.changes import Changes, compare
from admin.rules.draft_page import current, told_stale
from admin.rules.listing import speaker_of
from admin.rules.refusals import refusal_said
from admin.rules.routes import Opened, last, opened
from admin.session import Visitor
from loyalty.earning.facts import DraftFacts
from loyalty.errors import DraftEdited, Invalid

_PUBLISH = f"{DRAFT}/publish"


@dataclass(frozen=True)
class PublishPage:
    """The form, and once it is filled in (`confirms`) what it comes to. `at` is as written, `error` is about it."""

    action: str
    back: str
    draft: str
    version: int
    changes: Changes
    empty: bool
    later: bool
    at: str
    zone: str
    begins: str = ""
    replaces: tuple[str, ...] = ()
    by: str = ""
    confirms: bool = False
    error: str = ""
    stale: str = ""
    refusal: str = ""


@get(_PUBLISH)
async def ask(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Ask when it is to begin."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    return await _show(at, at.draft(draft), {})


@post(_PUBLISH, status_code=200)
async def publish(
    request: AnyRequest,
    program_id: FromPath[str],
    draft: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str] | Response[None]:
    """Say what would change; when that is confirmed, publish."""
    at = await opened(request, program_id, desk, visitor, writes=True)
    found, said = at.draft(draft), said_in(await request.form())
    begins, error = _begins(at, said)
    if error or last(said, "version") != str(found.version):
        return await _show(at, found, said, error=error, stale=not error, status=422 if error else 409)
    if last(said, "do") != "publish":
        return await _show(at, found, said, confirms=True)
    try:
        done = await desk.rules.publish(
            at.program, at.staff, found.draft_id, version=found.version, begins=begins, allow_empty=True
        )
    except DraftEdited:
        at = await at.again()
        return await _show(at, at.draft(draft), said, stale=True, status=409)
    except Invalid as refusal:
        past = at.f.words.gettext("This has passed already.") if refusal.pointer == "/in_force_from" else ""
        return await _show(
            at, found, said, error=past, refusal="" if past else _unknown(at, found, refusal), status=422
        )
    return redirect(f"{version_address(at.program, done.version)}?published=yes")


def _unknown(at: Opened, found: DraftFacts, refusal: Invalid) -> str:
    """Say which rules ask for a tier or a segment that there is not; of another refusal what it says itself."""
    speaker, said = speaker_of(at.program, at.seen, found.rules, at.f), []
    for problem in refusal.problems:
        match problem.pointer.split("/"):
            case ["", "rules", place, "tiers" | "segments" as field, number]:
                rule = found.rules[int(place)]
                text = at.f.words.gettext(
                    "“%(rule)s” is for “%(key)s”, which there is not. Change that rule first.",
                    rule=speaker.title(rule),
                    key=rule[field][int(number)],
                )
                said.append(text)
    return " ".join(said) or refusal_said(refusal, at.f)


def _begins(at: Opened, said: Said) -> tuple[datetime | None, str]:
    """Read when it is to begin; None: now."""
    if last(said, "when") != "later":
        return None, ""
    try:
        local = datetime.fromisoformat(last(said, "at"))
    except ValueError:
        return None, at.f.words.gettext("Write a date or time that there is.")
    if not is_near(local.date()):
        return None, at.f.words.gettext("Write a date or time that there is.")
    begins = local.replace(tzinfo=local.tzinfo or at.program.zone).astimezone(UTC)
    return begins, "" if begins > at.seen.now else at.f.words.gettext("This has passed already.")


async def _show(
    at: Opened,
    found: DraftFacts,
    said: Said,
    *,
    error: str = "",
    stale: bool = False,
    refusal: str = "",
    confirms: bool = False,
    status: int = 200,
) -> Response[str]:
    begins, _ = _begins(at, said)
    f, zone = at.f, at.program.timezone
    # What has not begun, and would not: the newest of those that have begun decides.
    from_when = begins or at.seen.now
    overtaken = [
        one
        for one in at.seen.versions
        if one.in_force_from and one.in_force_from >= from_when and one.state == "scheduled"
    ]
    shown = PublishPage(
        action=at.request.url.path,
        back=draft_address(at.program, found.draft_id),
        draft=found.name,
        version=found.version,
        changes=compare(_before(at, from_when), found.rules, at.seen, at.program, f),
        empty=not found.rules,
        later=last(said, "when") == "later",
        at=last(said, "at"),
        zone=f.place(zone),
        begins=f.instant(begins, zone) if begins else "",
        replaces=tuple(f.words.gettext("version %(n)s", n=one.version) for one in overtaken),
        by=at.visitor.who.email,
        confirms=confirms,
        error=error,
        stale=told_stale(at.seen, found, at.program, f) if stale else "",
        refusal=refusal,
    )
    return await at.show("rules_publish.html", shown, status=status)


def _before(at: Opened, when: datetime) -> list[dict[str, object]]:
    """Give the rules that would be in force then without this one."""
    begun = [one for one in at.seen.versions if one.in_force_from is None or one.in_force_from <= when]
    newest = max(begun, key=lambda one: one.version, default=current(at.seen))
    return newest.rules


ROUTES = [ask, publish]
