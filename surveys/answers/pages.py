"""The addresses of a survey: score, comment, thanks, and no more surveys. Reading never writes: scanners open links.

Each answer is a form of its own that leads on by a redirect, so that going back or loading again sends nothing twice.
"""

from collections.abc import Awaitable, Callable

import structlog
from litestar import Response, Router, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap

from loyalty.account_page.forms import NotOurForm, checked_form
from loyalty.database import Database, Tx, write
from loyalty.errors import NotFound
from loyalty.web.customer_pages import AnyRequest, redirect
from loyalty.web.page_failures import page_failures
from surveys.answers import actions
from surveys.answers.actions import LONGEST_COMMENT, AnswerLocked, Link, LinkEnded, NotScored, open_link
from surveys.answers.showing import asked, format_of, show, show_nobody
from surveys.plans import words
from surveys.plans.classes import HIGHEST, class_of

log = structlog.get_logger("loyalty.surveys")
_SCORES = {str(score): score for score in range(HIGHEST + 1)}


@get("/s/{token:str}")
async def ask(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Ask for the score, with that of the address marked; who has answered sees the answer, or changes it."""
    link = await _opened(state, token)
    answer, told = link.opened.answer, _SCORES.get(request.query_params.get("score", ""))
    if answer is not None and not (link.editable and (told is not None or "change" in request.query_params)):
        return _thanks(request, link, token)
    chosen = told if told is not None else (answer.score if answer else None)
    return _ask(request, link, token, chosen)


@post("/s/{token:str}")
async def score(request: AnyRequest, token: FromPath[str], state: State) -> Response[str] | Response[None]:
    """Keep the score."""
    form = await checked_form(request, token)
    value, link = _SCORES.get(form.get("score", "")), await _opened(state, token)
    if value is None:
        return _ask(request, link, token, None, wrong=True)
    language = format_of(request, link).language
    try:
        await _commit(state.database, lambda tx: actions.score(tx, token, value, language))
    except AnswerLocked:
        return _thanks(request, link, token, late=True)
    return redirect(f"/s/{token}/comment{asked(request)}")


@get("/s/{token:str}/comment")
async def ask_why(request: AnyRequest, token: FromPath[str], state: State) -> Response[str] | Response[None]:
    """Ask what follows the score, by its class."""
    link = await _opened(state, token)
    if link.opened.answer is None:
        return redirect(f"/s/{token}{asked(request)}")
    if not link.editable:
        return _thanks(request, link, token)
    return _ask_why(request, link, token)


@post("/s/{token:str}/comment")
async def comment(request: AnyRequest, token: FromPath[str], state: State) -> Response[str] | Response[None]:
    """Keep the comment, and whether it may be published."""
    form = await checked_form(request, token)
    link, text = await _opened(state, token), form.get("comment", "").replace("\r\n", "\n")
    if len(text) > LONGEST_COMMENT:
        return _ask_why(request, link, token, too_long=text)
    publish = "publish" in form
    try:
        await _commit(state.database, lambda tx: actions.comment(tx, token, text, publish=publish))
    except AnswerLocked:
        return _thanks(request, link, token, late=True)
    except NotScored:
        return redirect(f"/s/{token}{asked(request)}")
    return redirect(f"/s/{token}/thanks{asked(request)}")


@get("/s/{token:str}/thanks")
async def thanks(request: AnyRequest, token: FromPath[str], state: State) -> Response[str] | Response[None]:
    """Show what was kept."""
    link = await _opened(state, token)
    if link.opened.answer is None:
        return redirect(f"/s/{token}{asked(request)}")
    return _thanks(request, link, token)


@get("/s/{token:str}/unsubscribe")
async def ask_to_unsubscribe(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Ask whether nothing more is to be asked; a mail program's scanner opens this, too."""
    link = await _opened(state, token, also_ended=True)
    return show("unsubscribe.html", request, link, token, {"done": link.opened.unsubscribed})


@post("/s/{token:str}/unsubscribe", status_code=200)
async def unsubscribe(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Ask nothing more. By the form, or by one POST of a mail program (RFC 8058): no redirect, no other secret."""
    await _commit(state.database, lambda tx: actions.unsubscribe(tx, token))
    link = await _opened(state, token, also_ended=True)
    return show("unsubscribe.html", request, link, token, {"done": True})


@get(["/s", "/s/{token:str}/{rest:path}"], sync_to_thread=False)
def nowhere(request: AnyRequest) -> Response[str]:
    """Say that there is no such page."""
    return show_nobody(request, "dead", 404)


def _ask(request: AnyRequest, link: Link, token: str, chosen: int | None, *, wrong: bool = False) -> Response[str]:
    f = format_of(request, link)
    asking = words.question(link.opened.content, link.program.name, f)
    points = None if link.opened.answer else link.opened.promised_points
    values = {"question": asking, "chosen": chosen, "wrong": wrong, "points": points and f.number(points)}
    return show("score.html", request, link, token, values, 422 if wrong else 200)


def _ask_why(request: AnyRequest, link: Link, token: str, *, too_long: str = "") -> Response[str]:
    answer = link.opened.answer
    if answer is None:
        msg = "A comment goes with a score."
        raise NotFound(msg)
    values = {
        "question": words.following(link.opened.content, class_of(answer.score), format_of(request, link)),
        "answer": answer,
        "words": too_long or answer.comment or "",
        "most": LONGEST_COMMENT,
        "too_long": bool(too_long),
    }
    return show("comment.html", request, link, token, values, 422 if too_long else 200)


def _thanks(request: AnyRequest, link: Link, token: str, *, late: bool = False) -> Response[str]:
    said = words.thanks(link.opened.content, format_of(request, link))
    values = {"answer": link.opened.answer, "thanks": said, "late": late}
    return show("thanks.html", request, link, token, values, 409 if late else 200)


async def _opened(state: State, token: str, *, also_ended: bool = False) -> Link:
    async with state.database.reader() as connection:
        return await open_link(connection, token, also_ended=also_ended)


async def _commit(database: Database, verb: Callable[[Tx], Awaitable[object]]) -> None:
    async def alone(tx: Tx, _: object) -> list[object]:
        return [await verb(tx)]

    await write(database, alone, [None], whole=True)


def _ended(request: AnyRequest, _: LinkEnded) -> Response[str]:
    return show_nobody(request, "ended", 410)


def _not_our_form(request: AnyRequest, _: NotOurForm) -> Response[str]:
    return show_nobody(request, "form", 403)


_HANDLERS: ExceptionHandlersMap = {
    **page_failures("survey page", show_nobody),
    LinkEnded: _ended,
    NotOurForm: _not_our_form,
}

router = Router(
    path="/",
    route_handlers=[ask, score, ask_why, comment, thanks, ask_to_unsubscribe, unsubscribe, nowhere],
    exception_handlers=_HANDLERS,
    include_in_schema=False,
)
