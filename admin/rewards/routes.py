"""The addresses of rewards: the catalogue, one of them, and their files."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from admin.csv_file import csv_response
from admin.desk import Desk
from admin.pages import AnyRequest, page
from admin.program import find_program
from admin.rewards.changes import CHANGING
from admin.rewards.listing import make_row, rewards_table, takers_table
from admin.rewards.showing import CHANGES, LIST, ONE, SEES, format_of, seen_of, show, without_codes
from admin.session import Visitor


@get(LIST)
async def rewards(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[str]:
    """Show the catalogue."""
    program, programs = await find_program(program_id, desk, visitor, SEES)
    f = format_of(request, program)
    rows = [make_row(program, one, f) for one in await desk.rewards.listed(program)]
    shell = {"visitor": visitor.who, "program": program, "programs": programs}
    new = f"/admin/p/{program_id}/new-reward" if visitor.who.role in CHANGES else ""
    return page(request, "rewards.html", {**shell, "rows": rows, "new": new, "csv": f"{request.url.path}.csv"})


@get(f"{LIST}.csv")
async def rewards_csv(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """Send the catalogue."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    listed = await desk.rewards.listed(program)
    return csv_response("rewards", *rewards_table(program, listed, format_of(request, program)))


@get(ONE)
async def reward(
    request: AnyRequest,
    program_id: FromPath[str],
    reward: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[str]:
    """Show a reward, and who asked for it."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    return await show(request, desk, visitor, program, reward)


@get(f"{ONE}/redemptions.csv")
async def redemptions_csv(
    request: AnyRequest,
    program_id: FromPath[str],
    reward: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[bytes]:
    """Send everybody who asked for a reward."""
    program, _ = await find_program(program_id, desk, visitor, SEES)
    seen = without_codes(visitor, await seen_of(desk, program, reward, whole=True))
    return csv_response("redemptions", *takers_table(program, seen.takers, format_of(request, program)))


ROUTES = [rewards, rewards_csv, reward, redemptions_csv, *CHANGING]
