"""Looking for people: by name, e-mail or the shop's id, a page at a time, with their points as of now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from loyalty.database import Connection, Tx
from loyalty.points.reading import open_book
from loyalty.programs.facts import ProgramFacts, Source

State = Literal["member", "left", "all"]
PAGE = 50

_BALANCE = ("available", "pending", "held", "debt")
_EVERYBODY = "SELECT customer_id, false AS exact FROM customer WHERE program_id = $1 AND $2 = ''"
# Those few who ever left, not everybody with a look at each.
_LEFT = """
SELECT DISTINCT customer_id, false AS exact FROM membership
WHERE program_id = $1 AND $2 = '' AND superseded_at IS NULL AND left_at IS NOT NULL
"""
# Of a name every word may begin so: people are looked for by their last names too.
_LIKE = """
SELECT customer_id, bool_or(exact) AS exact FROM (
  SELECT customer_id, external_id = $2 AS exact FROM customer_alias
  WHERE program_id = $1 AND starts_with(lower(external_id), lower($2))
  UNION ALL
  SELECT customer_id, false FROM customer WHERE program_id = $1 AND (starts_with(lower(name), lower($2))
    OR position(' ' || lower($2) IN lower(name)) > 0 OR starts_with(lower(email), lower($2)))) n
GROUP BY customer_id
"""
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


async def find_people(connection: Connection, program: ProgramFacts, search: Search) -> People:
    """Find a page of people, exact ids first, then the newest customers; whoever was merged is found as the other."""
    exact, last = search.after or (False, None)
    hits = _LIKE if search.text else _LEFT if search.state == "left" else _EVERYBODY
    sql = _PAGE.format(hits=hits)
    rows = await connection.fetch(sql, program.program_id, search.text, search.state, exact, last, PAGE + 1)
    found = [_decode(row[0]) for row in rows[:PAGE]]
    book = await open_book(Tx(connection), reading_source(program), ids=[person.customer_id for person in found])
    people = [
        msgspec.structs.replace(person, **{name: getattr(book.account(person.customer_id), name) for name in _BALANCE})
        for person in found
    ]
    return People(people, more=len(rows) > PAGE)


async def people_named(connection: Connection, program: ProgramFacts, ids: Sequence[UUID]) -> list[Found]:
    """Find customers by their ids, in that order and without their points; who is not there any more is left out."""
    sql = _PAGE.format(hits=_THESE)
    rows = await connection.fetch(sql, program.program_id, "", "all", False, None, len(ids), ids)  # noqa: FBT003
    found = {person.customer_id: person for person in (_decode(row[0]) for row in rows)}
    return [found[customer_id] for customer_id in ids if customer_id in found]
