"""Asking once more before a survey is published: whom it would ask, when, and what cannot be taken back then."""

from collections.abc import Sequence
from dataclasses import dataclass

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.format import Format
from admin.pages import AnyRequest
from admin.program import find_program
from admin.session import Visitor
from admin.surveys.showing import CHANGES, ONE, format_of, show, survey_of
from admin.surveys.words import reason_said
from loyalty.programs.facts import ProgramFacts
from surveys.staff.facts import SurveySeen
from surveys.staff.foreseeing import Foreseen


@dataclass(frozen=True)
class PublishPage:
    """The page. `whom`, `when` and `then` in sentences; `skipped`: (why, how many) of the occasions."""

    name: str
    action: str
    back: str
    listing: str
    version: int
    whom: Sequence[str]
    skipped: Sequence[tuple[str, str]]
    when: Sequence[str]
    then: Sequence[str]


@get(f"{ONE}/publish")
async def ask_to_publish(
    request: AnyRequest,
    program_id: FromPath[str],
    survey: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Say what publishing comes to, before it is done."""
    program, _ = await find_program(program_id, desk, visitor, CHANGES)
    seen = await survey_of(desk, program, survey)
    if seen.simulated:
        raise NotFoundException
    foreseen = await desk.surveys.foreseen(program, seen)
    shown = make_publish(program, seen, foreseen, format_of(request, program))
    return await show(request, desk, visitor, program, "survey_publish.html", {"page": shown, "tab": "list"})


def make_publish(program: ProgramFacts, seen: SurveySeen, foreseen: Foreseen, f: Format) -> PublishPage:
    """Put it into words."""
    listing = f"/admin/p/{program.program_id}/survey-list"
    back = f"{listing}/{seen.survey.survey_id}"
    return PublishPage(
        name=seen.survey.draft.name,
        action=f"{back}/publish",
        back=back,
        listing=listing,
        version=seen.survey.version,
        whom=_whom(program, foreseen, f),
        skipped=[(reason_said(reason, f), f.number(n)) for reason, n in foreseen.skipped.items()],
        when=_when(program, seen, foreseen, f),
        then=_then(seen, foreseen, f),
    )


def _whom(program: ProgramFacts, foreseen: Foreseen, f: Format) -> list[str]:
    words, n = f.words, foreseen.asked
    if not foreseen.policy.version:
        return [words.gettext("No policy was published yet, so nobody is asked.")]
    if foreseen.first_at is None:
        return []
    since = f.moment(foreseen.since, program.timezone)
    if not foreseen.occasions:
        return [words.gettext("Since %(since)s nothing happened that it asks about.", since=since)]
    happened = words.ngettext(
        "Since %(since)s there was %(n)s occasion that it asks about.",
        "Since %(since)s there were %(n)s occasions that it asks about.",
        foreseen.occasions,
        n=f.number(foreseen.occasions),
        since=since,
    )
    asked = words.ngettext(
        "By its rules and those of the policy it would have asked %(n)s customer.",
        "By its rules and those of the policy it would have asked %(n)s customers.",
        n,
        n=f.number(n),
    )
    return [happened, asked]


def _when(program: ProgramFacts, seen: SurveySeen, foreseen: Foreseen, f: Format) -> list[str]:
    words = f.words
    if foreseen.first_at is None:
        kind = seen.survey.draft.trigger["kind"]
        if kind == "by_file":
            return [words.gettext("Nobody is asked until a file names whom, and when.")]
        return [words.gettext("It sends no mail: the storefront asks for each link, and shows it itself.")]
    now = words.gettext(
        "What happens now is asked about on %(at)s, if it does not fall away until then.",
        at=f.moment(foreseen.first_at, program.timezone),
    )
    # Who is planned by an edition before is asked about just that.
    said = [now] if foreseen.planned else [words.gettext("Nobody is asked about what happened before."), now]
    cap = foreseen.policy.policy.daily_cap
    if cap:
        said.append(
            words.gettext("At most %(n)s a day are sent by mail; who is left waits for the next day.", n=f.number(cap))
        )
    return said


def _then(seen: SurveySeen, foreseen: Foreseen, f: Format) -> list[str]:
    words = f.words
    said = [
        words.gettext("What was sent cannot be called back. Closing the survey stops what was not sent yet."),
        words.gettext(
            "It becomes edition %(n)s, which never changes: whatever you edit later is published as the next one.",
            n=f.number(seen.survey.edition + 1),
        ),
    ]
    if foreseen.planned:
        said.append(
            words.ngettext(
                "%(n)s customer is planned already, and is asked as the edition before says.",
                "%(n)s customers are planned already, and are asked as the edition before says.",
                foreseen.planned,
                n=f.number(foreseen.planned),
            )
        )
    return said
