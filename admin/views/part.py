"""The views above a list, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from admin.desk import Desk
from admin.members.addresses import search_of, search_said, with_query
from admin.purchases.addresses import filters_of
from admin.session import Visitor
from loyalty.auth.views import LONGEST_NAME
from loyalty.programs.facts import ProgramFacts

LEADS = ("owner", "manager")


@dataclass(frozen=True)
class View:
    """A view: where it leads, and whether it is what is shown. `owner` is whose, where it is somebody else's."""

    address: str
    name: str
    here: bool
    shared: bool
    owner: str
    form: str


@dataclass(frozen=True)
class ViewsPart:
    """The part. `said`: the filters that are shown now, to be saved; "" where there are none, or they are saved."""

    action: str
    page: str
    said: str
    views: Sequence[View]
    shares: bool
    longest: int = LONGEST_NAME


def cleaned(page: str, said: Mapping[str, str]) -> str:
    """Keep of an address what the page understands, without where its list begins."""
    kept = filters_of(_top(said)).said if page == "purchases" else search_said(search_of(_top(said)))
    return urlencode({name: value for name, value in kept.items() if value})


async def make_views(
    desk: Desk, visitor: Visitor, program: ProgramFacts, page: str, said: Mapping[str, str]
) -> ViewsPart:
    """Read the views of a page for a visitor."""
    base = f"/admin/p/{program.program_id}"
    here, leads, who = cleaned(page, said), visitor.who.role in LEADS, visitor.who
    views = [
        View(
            address=with_query(f"{base}/{page}", dict(parse_qsl(one.said))),
            name=one.name,
            here=one.said == here,
            shared=one.shared,
            owner=one.owner if one.user_id != who.user_id else "",
            form=f"{base}/views/{one.view_id}" if one.user_id == who.user_id or (leads and one.shared) else "",
        )
        for one in await desk.views.listed(program.program_id, page, who.user_id)
    ]
    unsaved = "" if any(view.here for view in views) else here
    return ViewsPart(f"{base}/views", page, unsaved, views, leads)


def _top(said: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in said.items() if name != "after"}
