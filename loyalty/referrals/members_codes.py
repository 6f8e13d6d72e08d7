"""Members' codes and shares: made at the first asking, given by staff, and what a storefront is told of one."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from loyalty.database import Connection, Tx
from loyalty.errors import KeyTaken, LoyaltyError, NotAMember, NotFound, Unavailable
from loyalty.ids import new_id
from loyalty.points.reading import open_book
from loyalty.programs.facts import Source
from loyalty.referrals.codes import custom, key_of, link_of, new_code
from loyalty.referrals.queries import FAMILY, owner_of, survivor_of, terms_of
from loyalty.referrals.rules import Friend, claimed

# The one that staff made last, or the one that was made up; who was merged brings theirs along.
_CODE = f"""
WITH RECURSIVE {FAMILY.format(who="$2")}
SELECT r.code, r.custom, r.ends_at FROM family f JOIN referral_code r
  ON r.program_id = $1 AND r.customer_id = f.customer_id
ORDER BY r.custom DESC, r.made_at DESC LIMIT 1
"""  # noqa: S608 - our own parts
# Two that ask at once: one makes it, the other finds it. A code that somebody has already is tried anew.
_MAKE = """
INSERT INTO referral_code (program_id, code_key, code, customer_id, custom, ends_at, actor, made_at)
VALUES ($1, $2, $3, $4, {custom}, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING 1
"""
_MAKE_UP, _GIVE = _MAKE.format(custom="false"), _MAKE.format(custom="true")
_SHARE = """
INSERT INTO referral_share (program_id, share_id, customer_id, channel, shared_at, request_id, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_NOW = "SELECT clock_timestamp() + clock_offset FROM program WHERE program_id = $1"
_ATTEMPTS = 8
_NOBODY = UUID(int=0)


class Code(Struct, frozen=True, kw_only=True):
    """A member's code, and the link that carries it into the storefront, where one was published."""

    code: str
    custom: bool
    ends_at: datetime | None
    link: str | None = None


class Shared(Struct, frozen=True):
    """A share as it was recorded."""

    share_id: UUID
    customer_id: UUID
    channel: str
    shared_at: datetime


class Validity(Struct, frozen=True, kw_only=True):
    """Whether a code could be claimed now, by somebody of whom nothing is known; if not, why."""

    valid: bool
    reason: str | None


async def code_of(tx: Tx, source: Source, external_id: str) -> Code:
    """Give a member's code; make it at the first asking."""
    program_id = source.program.program_id
    terms = (await terms_of(tx.connection, program_id)).terms
    for _ in range(_ATTEMPTS):
        customer_id, now = await _member(tx, source, external_id)
        row = await tx.connection.fetchrow(_CODE, program_id, [customer_id])
        if row is not None:
            return Code(**dict(row), link=link_of(terms.link, row["code"]))
        code = new_code()
        ends_at = now + timedelta(days=terms.code_days) if terms.code_days else None
        await tx.connection.fetchval(_MAKE_UP, program_id, key_of(code), code, customer_id, ends_at, source.actor, now)
    msg = "No code could be made. Send the same request again."
    raise Unavailable(msg)


async def give_code(tx: Tx, source: Source, external_id: str, code: str) -> Code:
    """Give a member a code that staff made up; the one before goes on working. The same again changes nothing."""
    program_id, shown = source.program.program_id, custom(code)
    customer_id, now = await _member(tx, source, external_id)
    terms = (await terms_of(tx.connection, program_id)).terms
    made = await tx.connection.fetchval(_GIVE, program_id, key_of(shown), shown, customer_id, None, source.actor, now)
    owner = None if made else await owner_of(tx.connection, program_id, key_of(shown))
    if not made and (owner is None or await survivor_of(tx.connection, program_id, owner.customer_id) != customer_id):
        msg = f"The code {shown} is somebody else's, or so like one that people would mix them up."
        raise KeyTaken(msg, pointer="/code")
    return Code(code=shown, custom=True, ends_at=None, link=link_of(terms.link, shown))


async def record_share(
    tx: Tx, source: Source, external_id: str, channel: str, shared_at: datetime | None = None
) -> Shared:
    """Record that a member shared the code."""
    customer_id, now = await _member(tx, source, external_id)
    shared = Shared(new_id(), customer_id, channel, min(shared_at or now, now))
    row = (shared.share_id, customer_id, channel, shared.shared_at, source.request_id, now)
    await tx.connection.execute(_SHARE, source.program.program_id, *row)
    return shared


async def validity_of(connection: Connection, source: Source, code: str) -> Validity:
    """Tell whether a code could be claimed now. Nothing is told of whose it is."""
    program_id = source.program.program_id
    terms = (await terms_of(connection, program_id)).terms
    owner = await owner_of(connection, program_id, key_of(code))
    now = await connection.fetchval(_NOW, program_id)
    if owner is not None:
        book = await open_book(Tx(connection), source, ids=[owner.customer_id])
        owner, now = replace(owner, member=book.is_member(owner.customer_id, book.now)), book.now
    verdict = claimed(terms, owner, Friend(_NOBODY), now)
    return Validity(valid=verdict.reason is None, reason=verdict.reason)


async def _member(tx: Tx, source: Source, external_id: str) -> tuple[UUID, datetime]:
    """Find a member of this moment: only members bring friends."""
    book = await open_book(tx, source, customers=[external_id])
    customer_id = book.present(external_id)
    if customer_id is None:
        msg = "There is no customer with this customer_id."
        raise NotFound(msg)
    survivor = book.account(customer_id).customer_id
    if not book.is_member(survivor, book.now):
        msg = "Only a member can bring friends, and this customer is none now."
        raise _about(NotAMember(msg), survivor)
    return survivor, book.now


def _about(refusal: LoyaltyError, customer_id: UUID) -> LoyaltyError:
    refusal.customer_id = customer_id
    return refusal
