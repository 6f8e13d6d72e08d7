"""What became of those who were asked, over HTTP: in figures, and who they are, a page or a file at a time.

Who is behind a figure needs the scope `members:read` as well.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar import Response, Router, get
from litestar.params import QueryParameter

from loyalty.auth.scopes import needs, of_room
from loyalty.database import Connection
from loyalty.errors import Invalid
from loyalty.programs.api import Reading, Writing
from loyalty.programs.facts import Source
from loyalty.spreadsheets import CSV, csv_text
from loyalty.web.cursors import Cursor, PageSize, cursor_of, place_of
from loyalty.web.openapi import READING, problems
from surveys.results.api import End, Start, checked_days
from surveys.results.lives import Life
from surveys.results.lives_read import GROUPS, Group, afterwards, called, crowd
from surveys.results.returns_wire import (
    HEADER,
    PEOPLE_HEADER,
    FollowedList,
    FollowedOut,
    ReturnsOut,
    returns_out,
    returns_rows,
)

_PEOPLE = needs("surveys:read", "members:read")
_Group = Annotated[
    str,
    QueryParameter(
        description="Promoters who have not bought for 90 days, or detractors who have bought since.",
        schema_extra={"enum": list(GROUPS)},
    ),
]


@get("/survey-returns", operation_id="get_survey_returns", summary="Show who came back", responses=problems(*READING))
async def show_returns(source: Writing, connection: Reading, start: Start, end: End) -> ReturnsOut:
    """Show who bought again after an answer, after silence, and unasked; who went quiet, and who brought friends.

    `start` and `end` are the days of the answers. Whose 30, 60 or 90 days are not over is in neither number yet.
    """
    return await _returns(connection, source, start, end)


@get(
    "/survey-returns.csv",
    operation_id="download_survey_returns",
    summary="Download who came back",
    media_type=CSV,
    responses=problems(*READING),
)
async def download_returns(source: Writing, connection: Reading, start: Start, end: End) -> Response[bytes]:
    """Give the same figures as CSV, a row each; shares and their intervals are fractions of 1, scores are of 100."""
    told = await _returns(connection, source, start, end)
    return _file(f"survey-returns-{start}-{end}", csv_text(HEADER, returns_rows(told)))


@get(
    "/survey-returns/customers",
    operation_id="list_survey_return_customers",
    summary="List who went quiet, or buys on",
    opt=_PEOPLE,
    responses=problems(*READING),
)
async def list_people(
    source: Writing,
    connection: Reading,
    start: Start,
    end: End,
    group: _Group = GROUPS[0],
    cursor: Cursor = None,
    limit: PageSize = 200,
) -> FollowedList:
    """List promoters who have not bought for 90 days, or detractors who have bought since, in the order of their ids.

    The key needs the scopes `surveys:read` and `members:read`.
    """
    last, chosen = place_of(cursor), _group(group)
    told = await crowd(connection, source.program, *checked_days(start, end), chosen)
    left = [life for life in told.lives if last is None or life.person > last]
    page = left[:limit]
    return FollowedList(
        group=chosen,
        as_of=told.now,
        count=len(told.lives),
        data=await _followed(connection, source, page),
        next_cursor=cursor_of(page[-1].person) if len(left) > limit else None,
    )


@get(
    "/survey-returns/customers.csv",
    operation_id="download_survey_return_customers",
    summary="Download who went quiet, or buys on",
    opt=_PEOPLE,
    media_type=CSV,
    responses=problems(*READING),
)
async def download_people(
    source: Writing, connection: Reading, start: Start, end: End, group: _Group = GROUPS[0]
) -> Response[bytes]:
    """Give all of them as CSV; scopes as for the list. Several ids of a customer are parted by spaces."""
    chosen = _group(group)
    told = await crowd(connection, source.program, *checked_days(start, end), chosen)
    people = await _followed(connection, source, told.lives)
    return _file(f"{chosen.replace('_', '-')}-{start}-{end}", csv_text(PEOPLE_HEADER, map(_row, people)))


async def _returns(connection: Connection, source: Source, start: date, end: date) -> ReturnsOut:
    first, after = checked_days(start, end)
    return returns_out(start, end, await afterwards(connection, source.program, first, after))


async def _followed(connection: Connection, source: Source, lives: Sequence[Life]) -> list[FollowedOut]:
    ids = await called(connection, source.program.program_id, source.namespace, [life.person for life in lives])
    return [
        FollowedOut(life.person, ids.get(life.person, []), life.score, life.member, life.at, life.bought_at)
        for life in lives
    ]


def _row(one: FollowedOut) -> tuple[str | int, ...]:
    bought = one.bought_at.isoformat() if one.bought_at else ""
    member = "yes" if one.member else "no"
    return (str(one.id), " ".join(one.customer_ids), one.score, member, one.answered_at.isoformat(), bought)


def _file(name: str, text: str) -> Response[bytes]:
    return Response(
        text.encode(), media_type=CSV, headers={"content-disposition": f'attachment; filename="{name}.csv"'}
    )


def _group(word: str) -> Group:
    for group in GROUPS:
        if word == group:
            return group
    msg = f"group is one of {', '.join(GROUPS)}, not {word[:40]!r}."
    raise Invalid(msg, pointer="/group")


router = Router(
    path="/v1",
    tags=["surveys"],
    opt=of_room("surveys"),
    route_handlers=[show_returns, download_returns, list_people, download_people],
)
