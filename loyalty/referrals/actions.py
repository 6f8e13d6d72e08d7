"""The verbs of referrals: publish terms, work off news about a friend, end return windows, decide as staff."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from msgspec.structs import replace

from loyalty.database import Connection, MissedGuard, Tx
from loyalty.errors import NotFound, ReferralDecided
from loyalty.points.book import Book
from loyalty.points.queries import append, appended
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.referrals import friends, gifts, queries, work
from loyalty.referrals.codes import key_of
from loyalty.referrals.decisions import (
    OpenReferral,
    Promise,
    ReferralFacts,
    Told,
    claim,
    decide_first,
    finish,
    reassess,
    refuse,
    release,
)
from loyalty.referrals.rules import FRESH, Bought, Signs
from loyalty.referrals.terms import StoredTerms, Terms, checked
from loyalty.referrals.work import Work
from loyalty.statements import Part

_ENDED = {"refused", "reversed"}


async def publish_terms(
    connection: Connection, program_id: int, terms: Terms, actor: str, check: Callable[[int], None] | None = None
) -> StoredTerms:
    """Publish the next version of a programme's terms; the same again is the version there is. Needs a transaction.

    `check` may refuse to replace the version that it is told.
    """
    terms = checked(terms)
    await gifts.priced(connection, program_id, terms)
    newest = await queries.terms_of(connection, program_id)
    if newest.version and newest.terms == terms:
        return newest
    if check is not None:
        check(newest.version)
    await queries.add_terms(connection, program_id, newest.version + 1, terms, actor)
    return StoredTerms(newest.version + 1, terms)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A friend's accounts, opened, with the referral that lives and what was told."""

    book: Book
    friend_id: UUID
    known: list[ReferralFacts]

    @property
    def live(self) -> ReferralFacts | None:
        return next((one for one in self.known if one.state != "refused"), None)


async def work_on(tx: Tx, source: Source, piece: Work) -> bool:
    """Decide what news does to the friend's referral: exactly once; tells whether it changed anything."""
    connection, program_id = tx.connection, source.program.program_id
    friend_id = await queries.survivor_of(connection, program_id, piece.customer_id)
    if friend_id is None:  # pragma: no cover - work is about customers
        raise AssertionError
    told = await _told(connection, program_id, piece, friend_id)
    opened = await _open(tx, source, friend_id, told)
    book, live = opened.book, opened.live
    referral = OpenReferral(live, live.version) if live else None
    if referral is None and told and (told.key, told.at) not in {(o.told_key, o.claimed_at) for o in opened.known}:
        referral = await _claim(tx, opened, told)
    if referral is None or not await _go_on(tx, opened, referral):
        await work.drop(connection, program_id, piece)
        return False
    await append(tx, appended(book, after=[*_written(book, referral), work.done(piece)]))
    return True


async def _open(tx: Tx, source: Source, friend_id: UUID, told: Told | None) -> _Opened:
    """Open the accounts of both sides, and read what is known after them, so that nothing of it can be missed."""
    connection, program_id = tx.connection, source.program.program_id
    ids = {friend_id}
    for one in await queries.referrals_of(connection, program_id, friend_id):
        if one.state != "refused" and one.referrer_id:
            # As who they were then: an account that was merged leads to the one it was merged into.
            ids |= {one.friend_id, one.referrer_id}
    if told and (owner := await queries.owner_of(connection, program_id, told.key)):
        ids.add(owner.customer_id)
    book = await open_book(tx, source, ids=sorted(ids))
    known = await queries.referrals_of(connection, program_id, friend_id)
    opened = _Opened(book, friend_id, known)
    if opened.live and opened.live.referrer_id not in book.accounts:
        raise MissedGuard
    return opened


def _touch(book: Book, *customer_ids: UUID | None) -> None:
    """Count an item about each account, so that nobody decides beside us on what we read of them."""
    accounts = {book.account(key).customer_id for key in customer_ids if key is not None}
    for key in sorted(accounts):
        book.touch(book.accounts[key])


async def _told(connection: Connection, program_id: int, piece: Work, friend_id: UUID) -> Told | None:
    """Find the code that news brings; None: it brings none, or is no news any more."""
    if piece.type == "member.joined":
        joined = await friends.joining(connection, program_id, piece.about)
        if joined is None or joined.code is None or piece.recorded_at - joined.joined_at > FRESH:
            return None
        return Told(key_of(joined.code), joined.joined_at) if piece.origin == "live" else None
    bought = await friends.bought(connection, program_id, friend_id, piece.about)
    if bought is None or bought.referral_code is None or not bought.fresh:
        return None
    return Told(key_of(bought.referral_code), bought.placed_at, bought.purchase_id)


async def _claim(tx: Tx, opened: _Opened, told: Told) -> OpenReferral:
    connection, book = tx.connection, opened.book
    program_id = book.source.program.program_id
    terms = await queries.terms_of(connection, program_id)
    owner = await queries.owner_of(connection, program_id, told.key)
    if owner is not None:
        if owner.customer_id not in book.accounts:
            raise MissedGuard
        survivor = book.account(owner.customer_id).customer_id
        owner = replace(owner, customer_id=survivor, member=book.is_member(survivor, book.now))
    friend = await friends.friend_of(connection, program_id, opened.friend_id, told.at)
    _touch(book, opened.friend_id, owner.customer_id if owner else None)
    return claim(book, terms, told, owner, friend)


async def _go_on(tx: Tx, opened: _Opened, referral: OpenReferral) -> bool:
    """Take a referral as far as it goes by now; tells whether there is anything to be written."""
    connection, book, facts = tx.connection, opened.book, referral.facts
    program_id = book.source.program.program_id
    if facts.state in _ENDED or facts.referrer_id is None:
        return referral.seen is None
    if referral.seen is not None:
        _touch(book, opened.friend_id, facts.referrer_id)
    terms = await queries.terms_of(connection, program_id, facts.terms_version)
    if facts.state == "claimed":
        first = await friends.first_bought(connection, program_id, opened.friend_id)
        if first is not None:
            promise = await _promise(connection, program_id, terms)
            decide_first(book, promise, referral, first, await _signs(tx, book, referral))
        return first is not None or referral.seen is None
    first = await _decided_on(connection, program_id, opened.friend_id, facts)
    gone = await friends.erased_of(connection, program_id, [facts.friend_id, facts.referrer_id])
    return first is not None and reassess(book, terms, referral, first, gone)


def _written(book: Book, referral: OpenReferral) -> list[Part]:
    return [queries.written(referral, book.now), *gifts.promised(referral, book.now)]


async def _promise(connection: Connection, program_id: int, terms: StoredTerms) -> Promise:
    return Promise(terms.terms, terms.terms.points | await gifts.priced(connection, program_id, terms.terms))


async def _decided_on(connection: Connection, program_id: int, friend_id: UUID, facts: ReferralFacts) -> Bought | None:
    if facts.purchase_id is None:  # pragma: no cover - what is beyond claimed has one
        raise AssertionError
    return await friends.bought(connection, program_id, friend_id, facts.purchase_id)


async def _signs(tx: Tx, book: Book, referral: OpenReferral) -> Signs:
    friend_id, referrer_id = referral.facts.friend_id, referral.facts.referrer_id
    if referrer_id is None:  # pragma: no cover - only refused ones lead nowhere
        raise AssertionError
    friend_id, referrer_id = book.account(friend_id).customer_id, book.account(referrer_id).customer_id
    return await friends.signs_of(tx.connection, book.source.program, friend_id, referrer_id, book.now)


async def end_window(tx: Tx, source: Source, referral_id: UUID) -> None:
    """Note that a return window is over, if it still stands."""
    found, book = await _opened_by_id(tx, source, referral_id)
    if found.state == "qualified" and found.matures_at is not None and found.matures_at <= book.now:
        referral = OpenReferral(found, found.version)
        _touch(book, found.friend_id, found.referrer_id)
        finish(book, referral)
        await append(tx, appended(book, after=_written(book, referral)))


async def decide_as_staff(tx: Tx, source: Source, referral_id: UUID, *, let_through: bool) -> ReferralFacts:
    """Release a suspicious referral, or refuse one that is not rewarded yet; the same again changes nothing."""
    found, book = await _opened_by_id(tx, source, referral_id)
    done = {"qualified", "rewarded"} if let_through else {"refused"}
    if found.state in done and found.decided_by is not None:
        return found
    if found.state not in ({"in_review"} if let_through else {"in_review", "claimed"}):
        msg = f"This referral is {found.state.replace('_', ' ')}; that is not for staff to decide any more."
        raise ReferralDecided(msg)
    referral = OpenReferral(found, found.version)
    _touch(book, found.friend_id, found.referrer_id)
    if let_through:
        connection, program_id = tx.connection, source.program.program_id
        friend_id = book.account(found.friend_id).customer_id
        first = await _decided_on(connection, program_id, friend_id, found)
        if first is None:  # pragma: no cover - purchases are never taken away
            raise AssertionError
        terms = await queries.terms_of(connection, program_id, found.terms_version)
        promise = await _promise(connection, program_id, terms)
        release(book, promise, referral, first, await _signs(tx, book, referral))
    else:
        refuse(book, referral)
    await append(tx, appended(book, after=_written(book, referral)))
    return referral.facts


async def _opened_by_id(tx: Tx, source: Source, referral_id: UUID) -> tuple[ReferralFacts, Book]:
    program_id = source.program.program_id
    found = await queries.find_referral(tx.connection, program_id, referral_id)
    if found is None:
        msg = f"There is no referral {referral_id}."
        raise NotFound(msg)
    ids = [found.friend_id] + ([found.referrer_id] if found.referrer_id else [])
    book = await open_book(tx, source, ids=ids)
    return await queries.find_referral(tx.connection, program_id, referral_id) or found, book
