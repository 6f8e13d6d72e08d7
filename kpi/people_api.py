"""The customers behind a figure over HTTP: a page at a time, or all of them as a file.

Scopes: `kpis:read` and `members:read`, because the answer is about persons; a figure alone needs only the first.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Annotated
from uuid import UUID

from litestar import get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Stream
from msgspec import Struct

from kpi import actions
from kpi.bodies import PeriodBody
from kpi.parameters import AsOf, Caller, Calling, End, Key, Lent, Start, day, instant
from kpi.people import AT_ONCE, Behind, Part, Segment, Told, chosen_part, chosen_segment, told
from loyalty.auth.scopes import needs
from loyalty.database import Connection
from loyalty.errors import Invalid
from loyalty.spreadsheets import BYTE_ORDER_MARK, CSV, csv_lines
from loyalty.web.openapi import READING, problems

SCOPES = ("kpis:read", "members:read")
HEADER = ("id", "customer_ids", "part", "segments", "joined_in_period", "erased")
_CHOOSING = (*READING, 403)

_Segment = Annotated[
    str,
    QueryParameter(description="On which side they count.", schema_extra={"enum": ["all", "member", "non_member"]}),
]
_Part = Annotated[
    str | None,
    QueryParameter(
        description="Only those in the numerator, or only those in the denominator alone; both, without it.",
        schema_extra={"enum": ["numerator", "denominator_only"]},
    ),
]
_Cursor = Annotated[str | None, QueryParameter(description="The `next_cursor` of the page before.")]
_PageSize = Annotated[int, QueryParameter(ge=1, le=AT_ONCE, description="How many at most.")]


class PersonBody(Struct, frozen=True):
    """A customer behind a figure.

    `id` is the service's own, the same in every storefront; `customer_ids` are this storefront's, none for those whom
    only others know or who were erased. `segments`: the sides on which they count, both for who joined in between.
    """

    id: UUID
    customer_ids: list[str]
    part: Part
    segments: list[Segment]
    joined_in_period: bool
    erased: bool

    @classmethod
    def of(cls, person: Told) -> "PersonBody":
        """Show somebody."""
        one = person.someone
        return cls(one.customer_id, person.external_ids, one.part, list(one.segments), one.joined, person.erased)


class PeopleBody(Struct, frozen=True):
    """A page of the customers behind a figure, in the order of `id`. `counts` are of the whole segment.

    What is recorded between two pages shows in the later one; `as_of` with every page keeps them together.
    """

    key: str
    period: PeriodBody
    segment: Segment
    part: Part | None
    as_of: datetime
    as_of_lowered: bool
    data_as_of: datetime
    counts: dict[str, int]
    data: list[PersonBody]
    next_cursor: str | None


@get(
    "/v1/kpis/{key:str}/customers",
    operation_id="list_kpi_customers",
    summary="List the customers behind a measure",
    tags=["kpis"],
    opt=needs(*SCOPES),
    responses=problems(*_CHOOSING),
)
async def list_kpi_customers(
    key: Key,
    start: Start,
    end: End,
    caller: Calling,
    connection: Lent,
    segment: _Segment = "all",
    part: _Part = None,
    as_of: AsOf = None,
    cursor: _Cursor = None,
    limit: _PageSize = 200,
) -> PeopleBody:
    """List who is in the numerator of a measure, and who only in its denominator, in the order of their ids.

    The key needs the scopes `kpis:read` and `members:read`. Measures that are no share of customers answer 404.
    """
    last = _place(cursor)
    behind = await _behind(connection, caller, key, start, end, segment, part, as_of, after=last, most=limit + 1)
    found = list(behind.listed())
    page = await told(connection, caller.program.program_id, caller.namespace, found[:limit])
    period, known = behind.period, behind.known
    return PeopleBody(
        key=key,
        period=PeriodBody(period.start, period.end, period.timezone),
        segment=behind.segment,
        part=behind.part,
        as_of=known.as_of,
        as_of_lowered=known.lowered,
        data_as_of=known.data_as_of,
        counts=behind.counts,
        data=[PersonBody.of(person) for person in page],
        next_cursor=_cursor(found[limit - 1].customer_id) if len(found) > limit else None,
    )


@get(
    "/v1/kpis/{key:str}/customers.csv",
    operation_id="download_kpi_customers",
    summary="Download the customers behind a measure",
    tags=["kpis"],
    opt=needs(*SCOPES),
    media_type=CSV,
    responses=problems(*_CHOOSING),
)
async def download_kpi_customers(
    key: Key,
    start: Start,
    end: End,
    caller: Calling,
    state: State,
    segment: _Segment = "all",
    part: _Part = None,
    as_of: AsOf = None,
) -> Stream:
    """Give all customers behind a measure as CSV, in the order of their ids; scopes as for the list.

    The lists of a cell (`customer_ids`, `segments`) are parted by spaces.
    """
    async with state.database.reader() as connection:
        behind = await _behind(connection, caller, key, start, end, segment, part, as_of)
    name = f"{key}-{start}-{end}-customers.csv"
    return Stream(
        _lines(state, caller, behind),
        media_type=CSV,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


routes = [list_kpi_customers, download_kpi_customers]


async def _behind(
    connection: Connection,
    caller: Caller,
    key: str,
    start: str,
    end: str,
    segment: str,
    part: str | None,
    as_of: str | None,
    *,
    after: UUID | None = None,
    most: int | None = None,
) -> Behind:
    return await actions.people(
        connection,
        caller.program,
        key,
        day(start, "start"),
        day(end, "end"),
        segment=chosen_segment(segment),
        part=chosen_part(part),
        as_of=instant(as_of),
        after=after,
        most=most,
    )


async def _lines(state: State, caller: Caller, behind: Behind) -> AsyncIterator[str]:
    """Write the file a thousand customers at a time; a connection is borrowed for each, not for a slow download."""
    yield BYTE_ORDER_MARK + "".join(csv_lines([HEADER]))
    someones = behind.listed()
    while piece := list(islice(someones, AT_ONCE)):
        async with state.database.reader() as connection:
            people = await told(connection, caller.program.program_id, caller.namespace, piece)
        yield "".join(csv_lines(map(_row, people)))


def _row(person: Told) -> tuple[str, ...]:
    one = person.someone
    words = "yes" if one.joined else "no", "yes" if person.erased else "no"
    return (str(one.customer_id), " ".join(person.external_ids), one.part, " ".join(one.segments), *words)


def _cursor(last: UUID) -> str:
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def _place(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    with suppress(ValueError):
        return UUID(bytes=urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    msg = "Send the next_cursor of the page before, or none for the first page."
    raise Invalid(msg, pointer="/cursor")
