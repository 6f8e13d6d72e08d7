"""The addresses of saved views: saving, renaming and deleting one."""

from urllib.parse import parse_qsl
from uuid import UUID

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from admin.desk import Desk
from admin.members.addresses import id_of, with_query
from admin.members.routes import SEES as SEES_MEMBERS
from admin.pages import AnyRequest, redirect
from admin.program import find_program
from admin.purchases.addresses import SEES as SEES_PURCHASES
from admin.session import Visitor, check_form
from admin.views.part import LEADS, cleaned
from loyalty.auth.views import LONGEST_NAME, NewView
from loyalty.errors import Invalid, NotFound
from loyalty.web.forms import read_form

_PAGES = {"members": SEES_MEMBERS, "purchases": SEES_PURCHASES}
_ALL = ("owner", "manager", "analyst", "support")


@post("/p/{program_id:str}/views")
async def save(
    request: AnyRequest, program_id: FromPath[str], desk: NamedDependency[Desk], visitor: NamedDependency[Visitor]
) -> Response[None]:
    """Save the filters that are shown, under a name."""
    program, _ = await find_program(program_id, desk, visitor, _ALL)
    await check_form(request, desk, visitor)
    form = {name: str(value) for name, value in (await read_form(request)).items()}
    page, role = form.get("page", ""), visitor.who.role
    name, said = _name(form), cleaned(page, dict(parse_qsl(form.get("said", ""))))
    if role not in _PAGES.get(page, ()) or not name:
        raise _unclear()
    new = NewView(page, name, said, shared="shared" in form and role in LEADS)
    await desk.views.save(program.program_id, visitor.who.user_id, new)
    return redirect(with_query(f"/admin/p/{program_id}/{page}", dict(parse_qsl(said))))


@post("/p/{program_id:str}/views/{view:str}/rename")
async def rename(
    request: AnyRequest,
    program_id: FromPath[str],
    view: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Call a view otherwise."""
    program, _ = await find_program(program_id, desk, visitor, _ALL)
    await check_form(request, desk, visitor)
    name = _name({name: str(value) for name, value in (await read_form(request)).items()})
    if not name:
        raise _unclear()
    leads, who = visitor.who.role in LEADS, visitor.who.user_id
    try:
        page, said = await desk.views.rename(program.program_id, who, _number(view), name, leads=leads)
    except NotFound:
        raise NotFoundException from None
    return redirect(with_query(f"/admin/p/{program_id}/{page}", dict(parse_qsl(said))))


@post("/p/{program_id:str}/views/{view:str}/delete")
async def delete(
    request: AnyRequest,
    program_id: FromPath[str],
    view: FromPath[str],
    desk: NamedDependency[Desk],
    visitor: NamedDependency[Visitor],
) -> Response[None]:
    """Delete a view; what it showed stays shown, and can be saved again."""
    program, _ = await find_program(program_id, desk, visitor, _ALL)
    await check_form(request, desk, visitor)
    leads, who = visitor.who.role in LEADS, visitor.who.user_id
    try:
        page, said = await desk.views.delete(program.program_id, who, _number(view), leads=leads)
    except NotFound:
        raise NotFoundException from None
    return redirect(with_query(f"/admin/p/{program_id}/{page}", dict(parse_qsl(said))))


def _unclear() -> Invalid:
    return Invalid("A view has a name, and is one of a page that has views.")


def _name(form: dict[str, str]) -> str:
    return "".join(sign for sign in form.get("name", "") if sign.isprintable()).strip()[:LONGEST_NAME]


def _number(text: str) -> UUID:
    number = id_of(text)
    if number is None:
        raise NotFoundException
    return number


ROUTES = [save, rename, delete]
