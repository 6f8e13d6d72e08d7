"""Looking for people: by name, e-mail or the shop's id, a page at a time, with their points as of now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from loyalty.customers.finding import BEGINS, few
from loyalty.database import Connection, Tx
from loyalty.points.reading import open_book
from loyalty.programs.facts import ProgramFacts, Source

State = Literal["member", "left", "all"]
PAGE = 50
# So many are looked up one by one; of more, the newest are found sooner by going through all from the newest on.
_MOST = 2000

_BALANCE = ("available", "pending", "held", "debt")
_EVERYBODY = "SELECT customer_id, false AS exact FROM customer WHERE program_id = $1 AND $2 = ''"
# Those few who ever left, not everybody with a look at each; without a constant among what is distinct, the newest of
# them are taken in the index's order.
_LEFT = """
SELECT customer_id, false AS exact FROM (
  SELECT DISTINCT customer_id FROM membership
  WHERE program_id = $1 AND $2 = '' AND superseded_at IS NULL AND left_at IS NOT NULL) ever_left
"""
_FEW = "SELECT * FROM unnest($7::uuid[], $8::bool[]) AS few (customer_id, exact) WHERE $2 <> ''"
# Where many begin so, the newest are soon found among all; whom the text names exactly stands first.
_MANY = f"""
SELECT customer_id, true AS exact FROM customer_alias WHERE program_id = $1 AND external_id = $2
UNION ALL SELECT * FROM (
  SELECT c.customer_id, false FROM customer c,
    (SELECT clock_timestamp() + clock_offset AS now FROM program WHERE program_id = $1 OFFSET 0) n
  WHERE c.program_id = $1 AND c.merged_into IS NULL AND ($5::uuid IS NULL OR $4::bool OR c.customer_id < $5::uuid)
    AND ({BEGINS} OR EXISTS (SELECT FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id
      AND starts_with(lower(a.external_id), lower($2))))
    AND NOT EXISTS (SELECT FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id
      AND a.external_id = $2)
    AND ($3 = 'all' OR ($3 = 'member') = (SELECT bool_or(joined_at <= n.now AND (left_at IS NULL OR n.now < left_at))
      FROM membership m WHERE m.program_id = $1 AND m.customer_id = c.customer_id AND superseded_at IS NULL))
  ORDER BY c.customer_id DESC LIMIT $6) newest
"""  # noqa: S608 - a constant
# As above, from those few who ever left.
_MANY_LEFT = f"""
SELECT c.customer_id, bool_or(a.external_id = $2) AS exact FROM customer c
JOIN customer_alias a ON a.program_id = $1 AND a.customer_id = c.customer_id
WHERE c.program_id = $1 AND c.customer_id IN (SELECT customer_id FROM membership
    WHERE program_id = $1 AND superseded_at IS NULL AND left_at IS NOT NULL)
  AND ({BEGINS} OR starts_with(lower(a.external_id), lower($2)))
GROUP BY c.customer_id
"""  # noqa: S608 - a constant
_THESE = "SELECT customer_id, false AS exact FROM unnest($7::uuid[]) AS these (customer_id) WHERE $2 = ''"
_PAGE = """
WITH hit AS ({hits})
SELECT json_build_object('customer_id', c.customer_id, 'name', c.name, 'email', c.email, 'exact', h.exact,
  'erased', c.erased_at IS NOT NULL, 'inside', coalesce(m.inside, false), 'joined_at', m.joined_at,
  'left_at', m.left_at,
  'ids', (SELECT coalesce(json_agg(a.external_id ORDER BY a.external_id <> $2, a.namespace, a.external_id), '[]')
    FROM customer_alias a WHERE a.program_id = $1 AND a.customer_id = c.customer_id))::text
FROM hit h JOIN customer c ON c.program_id = $1 AND c.customer_id = h.customer_id
JOIN program g ON g.program_id = $1
CROSS JOIN LATERAL (
  SELECT bool_or(joined_at <= n.now AND (left_at IS NULL OR n.now < left_at)) AS inside,
    (array_agg(joined_at ORDER BY joined_at DESC))[1] AS joined_at,
    (array_agg(left_at ORDER BY joined_at DESC))[1] AS left_at
  FROM membership, (SELECT clock_timestamp() + g.clock_offset AS now) n
  WHERE program_id = $1 AND customer_id = c.customer_id AND superseded_at IS NULL) m
WHERE c.merged_into IS NULL
  AND CASE $3 WHEN 'member' THEN m.inside WHEN 'left' THEN NOT m.inside ELSE true END
  AND ($5::uuid IS NULL OR (h.exact, c.customer_id) < ($4::bool, $5::uuid))
ORDER BY h.exact DESC, c.customer_id DESC LIMIT $6
"""


class Search(msgspec.Struct, frozen=True):
    """Who is looked for. `after`: (was an exact id, customer) of the last one on the page before."""

    text: str = ""
    state: State = "member"
    after: tuple[bool, UUID] | None = None


class Found(msgspec.Struct, frozen=True):
    """Somebody on the list. `joined_at` and `left_at` are of the latest membership; None: never a member."""

    customer_id: UUID
    name: str | None
    email: str | None
    ids: list[str]
    exact: bool
    erased: bool
    inside: bool
    joined_at: datetime | None
    left_at: datetime | None
    available: int = 0
    pending: int = 0
    held: int = 0
    debt: int = 0


class People(msgspec.Struct, frozen=True):
    """One page of people; `more`: there are others after them."""

    people: list[Found]
    more: bool


_decode = msgspec.json.Decoder(Found).decode


def reading_source(program: ProgramFacts) -> Source:
    """Name the source of a look into the books: no storefront's, and nothing is written."""
    return Source(program, None, "default", "panel", "")


async def find_people(connection: Connection, program: ProgramFacts, search: Search, most: int | None = None) -> People:
    """Find a page of people, exact ids first, then the newest customers; whoever was merged is found as the other."""
    most = most or PAGE
    exact, last = search.after or (False, None)
    hits, more = _LEFT if search.state == "left" else _EVERYBODY, list[object]()
    if search.text:
        begin_so = await few(connection, program.program_id, search.text, _MOST)
        many = _MANY_LEFT if search.state == "left" else _MANY
        hits, more = (many, []) if begin_so is None else (_FEW, [list(begin_so), list(begin_so.values())])
    told = (program.program_id, search.text, search.state, exact, last, most + 1, *more)
    rows = await connection.fetch(_PAGE.format(hits=hits), *told)
    found = [_decode(row[0]) for row in rows[:most]]
    book = await open_book(Tx(connection), reading_source(program), ids=[person.customer_id for person in found])
    people = [
        msgspec.structs.replace(person, **{name: getattr(book.account(person.customer_id), name) for name in _BALANCE})
        for person in found
    ]
    return People(people, more=len(rows) > most)


async def people_named(connection: Connection, program: ProgramFacts, ids: Sequence[UUID]) -> list[Found]:
    """Find customers by their ids, in that order and without their points; who is not there any more is left out."""
    sql = _PAGE.format(hits=_THESE)
    rows = await connection.fetch(sql, program.program_id, "", "all", False, None, len(ids), ids)  # noqa: FBT003
    found = {person.customer_id: person for person in (_decode(row[0]) for row in rows)}
    return [found[customer_id] for customer_id in ids if customer_id in found]
