"""The verbs of members' own pages: make a link, follow one, and do what a member may do there."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from loyalty.account_page import queries
from loyalty.account_page.rules import ERASURE_AGAIN_AFTER, ERASURE_LIVES, LINK_LIVES, link_token, read_token
from loyalty.auth.rules import digest, new_secret
from loyalty.customers.queries import aliases_of
from loyalty.database import Connection, Tx
from loyalty.errors import Gone, NotAMember, NotFound
from loyalty.mail.actions import send
from loyalty.mail.facts import Letter
from loyalty.points.reading import open_book
from loyalty.programs.facts import ProgramFacts, Source
from loyalty.programs.queries import program_of

# Whoever follows a link acts as the member whose page it is.
ACTOR = "member"


class NoSuchLink(NotFound):
    """The link is unknown, cut off, or of a membership that is over."""

    code = "no_such_link"


class LinkExpired(Gone):
    """The link was good, and its time is over."""

    code = "link_expired"


class MadeLink(Struct, frozen=True):
    """A link just made. The token is told here, once."""

    token: str
    customer_id: UUID
    made_at: datetime
    expires_at: datetime


class Followed(Struct, frozen=True):
    """Whose page a link opens, in which programme, and by which id a shop calls them."""

    program: ProgramFacts
    customer_id: UUID
    namespace: str
    external_id: str
    made_at: datetime
    expires_at: datetime

    def source(self, request_id: str = "") -> Source:
        """Tell where a write comes from that is done on the page."""
        return Source(self.program, None, self.namespace, ACTOR, request_id)


async def make_link(tx: Tx, source: Source, external_id: str) -> MadeLink:
    """Make a link to the own page of a member of this moment. Those made before go on working."""
    book = await open_book(tx, source, customers=[external_id])
    customer_id = book.present(external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    return await _make(tx, source, book.account(customer_id).customer_id, inside=book.is_member)


async def make_link_for(tx: Tx, source: Source, customer_id: UUID) -> MadeLink:
    """Make a link by our own number of a customer, as staff do."""
    book = await open_book(tx, source, ids=[customer_id])
    return await _make(tx, source, customer_id, inside=book.is_member)


async def _make(tx: Tx, source: Source, customer_id: UUID, inside: Callable[[UUID, datetime], bool]) -> MadeLink:
    program_id = source.program.program_id
    now = await queries.now_of(tx.connection, program_id)
    if not inside(customer_id, now):
        refusal = NotAMember("Only a member has a page, and this customer is none now. `POST /v1/members` enrols one.")
        refusal.customer_id = customer_id
        raise refusal
    secret = new_secret()
    made_at, expires_at = await queries.add_link(
        tx.connection,
        program_id,
        digest(secret),
        customer_id,
        actor=source.actor,
        request_id=source.request_id,
        lives=LINK_LIVES,
    )
    return MadeLink(link_token(program_id, secret), customer_id, made_at, expires_at)


async def follow(connection: Connection, token: str) -> Followed:
    """Find whose page a link opens; `NoSuchLink`, or `LinkExpired`."""
    program_id, secret = _read(token)
    found = await queries.find_link(connection, program_id, digest(secret))
    return await _followed(connection, program_id, found)


async def follow_to_erasure(connection: Connection, token: str) -> Followed:
    """Find whom a confirming link erases; `NoSuchLink`, or `LinkExpired`."""
    program_id, secret = _read(token)
    found = await queries.find_request(connection, program_id, digest(secret))
    return await _followed(connection, program_id, found)


def _read(token: str) -> tuple[int, str]:
    found = read_token(token)
    if found is None:
        raise _no_such_link()
    return found


def _no_such_link() -> NoSuchLink:
    return NoSuchLink("This link does not work, or does not work any more.")


async def _followed(connection: Connection, program_id: int, found: queries.LinkFacts | None) -> Followed:
    aliases = await aliases_of(connection, program_id, [found.customer_id]) if found else []
    if found is None or not found.inside or not aliases:
        raise _no_such_link()
    if found.expired:
        msg = "This link has expired."
        raise LinkExpired(msg)
    namespace, external_id = aliases[0]
    program = await program_of(connection, program_id)
    return Followed(program, found.customer_id, namespace, external_id, found.made_at, found.expires_at)


async def ask_for_erasure(tx: Tx, followed: Followed, letter: Callable[[str], Letter]) -> bool:
    """Mail a link that confirms an erasure, in the `letter` around its token; once in five minutes at most.

    Needs a transaction. Tells whether a letter was sent.
    """
    program_id, customer_id = followed.program.program_id, followed.customer_id
    before = await queries.asked_to_erase_at(tx.connection, program_id, customer_id)
    now = await queries.now_of(tx.connection, program_id)
    if before is not None and now - before < ERASURE_AGAIN_AFTER:
        return False
    secret = new_secret()
    await queries.add_request(tx.connection, program_id, digest(secret), customer_id, ERASURE_LIVES)
    await send(tx, program_id, letter(link_token(program_id, secret)))
    return True
