"""Codes that rewards hand out: which one a redemption gets, and the pools that are uploaded. All the SQL of codes.

A code is somebody's from the hold on, and is shown with the capture. A hold that is let go before that gives it back:
at the moment it is next wanted, so that no sweep is needed. One that was shown is never given again, reversed or not.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.database import Connection, MissedGuard
from loyalty.errors import Invalid, NotFound
from loyalty.points.book import Book
from loyalty.rewards import tables
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.queries import LET_GO, find_offered, now_of
from loyalty.statements import Part, insert, update

MOST_AT_ONCE = 10_000
_LONGEST = 128
Code = Annotated[str, Meta(min_length=1, max_length=_LONGEST, pattern=r"^[\x21-\x7e]+(?!\n)$")]

_NEXT = f"""
(SELECT code, redemption_id FROM voucher_code
  WHERE program_id = $1 AND reward_id = $2 AND redemption_id IS NULL ORDER BY code LIMIT 1)
UNION ALL
(SELECT v.code, v.redemption_id FROM voucher_code v, LATERAL (
    SELECT * FROM hold WHERE program_id = $1 AND hold_id = v.redemption_id OFFSET 0) h
  WHERE v.program_id = $1 AND v.reward_id = $2 AND {LET_GO} ORDER BY v.code LIMIT 1)
LIMIT 1
"""  # noqa: S608 - our own parts
_TAKE = """
UPDATE voucher_code v SET redemption_id = n.redemption_id, taken_at = {3}
FROM unnest({0}::text[], {1}::uuid[], {2}::uuid[]) AS n(code, redemption_id, former)
WHERE v.program_id = $1 AND v.code = n.code AND v.redemption_id IS NOT DISTINCT FROM n.former RETURNING 1
"""
_ADD = """
INSERT INTO voucher_code (program_id, reward_id, code) SELECT $1, $2, unnest($3::text[])
ON CONFLICT (program_id, code) DO NOTHING RETURNING code
"""


class Uploaded(Struct, frozen=True):
    """How many codes came into a pool, those that were known already or came twice, and how many are left in it."""

    added: int
    duplicates: list[str]
    left: int


class CodeFound(Struct, frozen=True):
    """The code that a redemption gets. `former`: the redemption that let it go; `fresh`: made up just now."""

    code: str
    former: UUID | None = None
    fresh: bool = False


async def find_code(connection: Connection, program_id: int, reward: RewardFacts, now: datetime) -> CodeFound | None:
    """Find the code that the next redemption of a reward gets; None where it hands out none."""
    kind = reward.loaded
    if (made := kind.new_code()) is not None:
        return CodeFound(made, fresh=True)
    if kind.codes is None:
        return None
    row = await connection.fetchrow(_NEXT, program_id, reward.reward_id, now)
    if row is None:
        raise MissedGuard  # There was one left a moment ago.
    return CodeFound(row["code"], row["redemption_id"])


def taking(book: Book, reward: RewardFacts, found: CodeFound, redemption_id: UUID) -> Part:
    """Make a code somebody's, if nobody was faster."""
    if found.fresh:
        row = (found.code, reward.reward_id, redemption_id, book.now)
        return insert(tables.VoucherCode, ["code", "reward_id", "redemption_id", "taken_at"], [row])
    return update("taken_code", _TAKE, [(found.code, redemption_id, found.former)], book.now)


async def add_codes(connection: Connection, program_id: int, reward_id: UUID, codes: Sequence[str]) -> Uploaded:
    """Put codes into the pool of a reward; those that the programme knows already are told, and stay as they are."""
    now = await now_of(connection, program_id)
    offered = await find_offered(connection, program_id, reward_id, now)
    if offered is None:
        msg = f"There is no reward {reward_id}."
        raise NotFound(msg)
    if offered.reward.loaded.codes != "uploaded":
        msg = f"{offered.reward.name!r} hands out no codes of a pool."
        raise Invalid(msg, pointer="/codes")
    if not 0 < len(codes) <= MOST_AT_ONCE:
        msg = f"Send 1 to {MOST_AT_ONCE} codes at a time."
        raise Invalid(msg, pointer="/codes")
    told = Counter(codes)
    added = {row["code"] for row in await connection.fetch(_ADD, program_id, reward_id, sorted(told))}
    again = [code for code, times in told.items() if times > 1 or code not in added]
    left = await find_offered(connection, program_id, reward_id, now)
    return Uploaded(len(added), again, (left and left.counted.codes_left) or 0)


def codes_of(text: str) -> list[str]:
    """Read codes out of a text or CSV file: the first column of each line; a header named `code` is left out."""
    lines = [line.split(",")[0].split(";")[0].strip().strip('"') for line in text.lstrip("\ufeff").splitlines()]
    found = [line for line in lines if line]
    if found and found[0].casefold() in {"code", "codes"}:
        found = found[1:]
    for number, code in enumerate(found, 1):
        if len(code) > _LONGEST or not code.isascii() or not code.isprintable() or " " in code:
            msg = f"Code {number} is none: 1 to {_LONGEST} visible ASCII characters, without spaces."
            raise Invalid(msg, pointer="/codes")
    return found
