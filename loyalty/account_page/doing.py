"""The addresses of a member's own page: what is done there, each asked for twice where it cannot be undone."""

from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from loyalty.account_page import queries
from loyalty.account_page.actions import Followed, ask_for_erasure, follow, follow_to_erasure
from loyalty.account_page.forms import checked_form
from loyalty.account_page.friends import find_friends, share_text
from loyalty.account_page.letters import erasure_letter
from loyalty.account_page.points_said import points_said
from loyalty.account_page.reading import read_person
from loyalty.account_page.rules import CHANNELS, masked, share_address
from loyalty.account_page.showing import SHARES, own_format, show, show_goodbye
from loyalty.customers.facts import Profile
from loyalty.database import Connection, Tx, one, write
from loyalty.errors import Conflict, LoyaltyError
from loyalty.format import Format
from loyalty.i18n import LANGUAGES
from loyalty.mail.facts import Letter
from loyalty.members.actions import Leaving, change_profile, erase, record_memberships
from loyalty.members.person import PersonFacts, Purse, find_purse
from loyalty.referrals.members_codes import record_share
from loyalty.web.customer_pages import AnyRequest, redirect
from loyalty.web.problems import request_id


@post("/me/{token:str}/language")
async def change_language(request: AnyRequest, token: FromPath[str], state: State) -> Response[None]:
    """Speak another language from now on, here and in letters."""
    form = await checked_form(request, token)
    followed = await _follow(state, token)
    language = form.get("language", "")
    if language in LANGUAGES:
        source = followed.source(request_id(request))
        profile = Profile(language=language)
        await one(state.database, lambda tx: change_profile(tx, source, followed.external_id, profile))
    return redirect(f"/me/{token}?done=language#language")


@post("/me/{token:str}/share")
async def share(request: AnyRequest, token: FromPath[str], state: State) -> Response[None]:
    """Record that the member shares the code, and open a mail, a short message or WhatsApp with the words in it."""
    form = await checked_form(request, token)
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
        person = await read_person(connection, followed)
    friends, channel = await find_friends(state.database, followed), form.get("channel", "")
    if friends is None or channel not in CHANNELS:
        return redirect(f"/me/{token}")
    source, f = followed.source(request_id(request)), own_format(request, followed.program, person.language)
    await one(state.database, lambda tx: record_share(tx, source, followed.external_id, channel))
    subject = f.words.gettext("An invitation to %(shop)s", shop=followed.program.name)
    return redirect(share_address(channel, subject, share_text(friends, followed.program, f)), SHARES)


@get("/me/{token:str}/leave")
async def ask_to_leave(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Say what leaving means, and ask."""
    async with state.database.reader() as connection:
        followed, person, purse = await _read(connection, token)
    f = own_format(request, followed.program, person.language)
    return show("leave.html", followed, token, f, {"meaning": _of_leaving(followed, purse, f)})


@post("/me/{token:str}/leave")
async def leave(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Leave the programme. The page is closed with that."""
    await checked_form(request, token)
    async with state.database.reader() as connection:
        followed, person, purse = await _read(connection, token)
    f, source = own_format(request, followed.program, person.language), followed.source(request_id(request))
    [left] = await write(
        state.database,
        lambda tx, some: record_memberships(tx, source, state.rules, some),
        [Leaving(followed.external_id)],
    )
    if isinstance(left, LoyaltyError) and not isinstance(left, Conflict):
        raise left
    return show_goodbye(followed, f, "left", _of_leaving(followed, purse, f))


def _of_leaving(followed: Followed, purse: Purse, f: Format) -> str:
    """Tell what becomes of the points."""
    words, all_points = f.words, purse.available + purse.pending + purse.held
    if not all_points:
        return words.gettext("You have no points that could be lost.")
    points = points_said(all_points, f)
    if followed.program.policies.on_leaving == "forfeit":
        return words.gettext("Your %(points)s are lost for good.", points=points)
    return words.gettext(
        "Your %(points)s stay yours, with their dates, but can be spent only after joining again.", points=points
    )


@get("/me/{token:str}/delete")
async def ask_to_erase(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Say what erasing means, and offer the letter that confirms it."""
    async with state.database.reader() as connection:
        followed, person, purse = await _read(connection, token)
        asked_at = await queries.asked_to_erase_at(connection, followed.program.program_id, followed.customer_id)
    f = own_format(request, followed.program, person.language)
    values = {
        "points": points_said(purse.available + purse.pending + purse.held, f),
        "email": masked(person.email) if person.email and state.mails else "",
        "sent": f.instant(asked_at, followed.program.timezone) if asked_at else "",
    }
    return show("delete.html", followed, token, f, values)


@post("/me/{token:str}/delete")
async def send_confirmation(request: AnyRequest, token: FromPath[str], state: State) -> Response[None]:
    """Mail the link that confirms an erasure. Nothing is erased yet."""
    await checked_form(request, token)
    async with state.database.reader() as connection:
        followed = await follow(connection, token)
        person = await read_person(connection, followed)
        now = await queries.now_of(connection, followed.program.program_id)
    f, email = own_format(request, followed.program, person.language), person.email
    if email and state.mails:

        async def verb(tx: Tx, _: object) -> list[bool]:
            def letter(secret: str) -> Letter:
                return erasure_letter(followed, email, secret, state.public_url, f, now)

            return [await ask_for_erasure(tx, followed, letter)]

        await write(state.database, verb, [None], whole=True)
    return redirect(f"/me/{token}/delete")


@get("/erase/{token:str}")
async def confirm_erasure(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Ask once more. Programs that look at letters open every link, so opening it does nothing."""
    async with state.database.reader() as connection:
        followed = await follow_to_erasure(connection, token)
        person = await read_person(connection, followed)
        purse = await find_purse(connection, followed.program, followed.customer_id)
    f = own_format(request, followed.program, person.language)
    points = points_said(purse.available + purse.pending + purse.held, f)
    return show("erase.html", followed, token, f, {"points": points})


@post("/erase/{token:str}")
async def erase_now(request: AnyRequest, token: FromPath[str], state: State) -> Response[str]:
    """Forget the person for ever."""
    await checked_form(request, token)
    async with state.database.reader() as connection:
        followed = await follow_to_erasure(connection, token)
        person = await read_person(connection, followed)
    f, source = own_format(request, followed.program, person.language), followed.source(request_id(request))
    await one(state.database, lambda tx: erase(tx, source, state.rules, followed.external_id))
    return show_goodbye(followed, f, "erased", "")


async def _follow(state: State, token: str) -> Followed:
    async with state.database.reader() as connection:
        return await follow(connection, token)


async def _read(connection: Connection, token: str) -> tuple[Followed, PersonFacts, Purse]:
    followed = await follow(connection, token)
    person = await read_person(connection, followed)
    return followed, person, await find_purse(connection, followed.program, followed.customer_id)


ROUTES: list[ControllerRouterHandler] = [
    change_language,
    share,
    ask_to_leave,
    leave,
    ask_to_erase,
    send_confirmation,
    confirm_erasure,
    erase_now,
]
