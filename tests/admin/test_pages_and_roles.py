"""Every address of the panel, for everybody: nobody outside, no role beyond what it may, no programme not there.

The addresses are the application's own, so a new page is in here before anybody thinks of it.
"""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from tests.admin.conftest import SITE
from tests.admin.fake_desk import FakeDesk, FakeSignedIn

ROLES = ("owner", "manager", "analyst", "support")
# Who reads what stands below a programme's address, by the first part; whatever is not named is for all but support.
READS = {
    "members": ROLES,
    "members.csv": ROLES,
    "account": ROLES,
    "search": ROLES,
    "team": ("owner", "manager"),
    "team.csv": ("owner", "manager"),
    "audit": ("owner", "manager"),
    "audit.csv": ("owner", "manager"),
}
# Forms are read by whoever may send them.
FORMS = {
    "new-key": ("owner",),
    "new-reward": ("owner", "manager"),
    "new-segment": ("owner", "manager"),
}
_FILLED = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000001"}


def addresses(client: TestClient[Litestar], method: str) -> Iterator[str]:
    """List the addresses below a programme, with something in every place."""
    for route in client.app.routes:
        if not isinstance(route, HTTPRoute) or not route.path.startswith("/admin/p/"):
            continue
        for handler in route.route_handlers:
            if isinstance(handler, HTTPRouteHandler) and method in handler.http_methods and "rest" not in route.path:
                path = "".join(
                    f"/{part if isinstance(part, str) else _in_place_of(part.name, part.type.__name__)}"
                    for part in route.path_components
                )
                # Of a measure that there is not, nobody is told more than that.
                yield path.replace(f"/kpis/{_FILLED['uuid']}", "/kpis/retention_rate")


def _in_place_of(name: str, kind: str) -> str:
    return "{program}" if name == "program_id" else _FILLED.get(kind, _FILLED["uuid"])


def page_of(address: str) -> str:
    """Name the page that an address is about."""
    return address.removeprefix("/admin/p/{program}/").partition("/")[0]


def test_outside_every_address_leads_to_the_door(outside: TestClient[Litestar]) -> None:
    asked = {method: list(addresses(outside, method)) for method in ("GET", "POST")}
    assert len(asked["GET"]) > 40
    assert len(asked["POST"]) > 30
    for method, paths in asked.items():
        for path in paths:
            answer = outside.request(method, path.format(program=1), headers={"origin": SITE})
            door = answer.headers.get("location", "").partition("?")[0]
            assert (answer.status_code, door) == (303, "/admin/sign-in"), (method, path)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_what_it_may_of_programmes_that_there_are(
    inside: TestClient[Litestar], desk: FakeDesk, role: str
) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    for path in addresses(inside, "GET"):
        page = page_of(path)
        there, elsewhere = (inside.get(path.format(program=number)).status_code for number in (1, 9))
        if role in READS.get(page, ROLES[:3]):
            assert there != 403 or _is_form(path, role), path
            assert elsewhere == (404 if there != 403 else 403), path
        else:
            assert (there, elsewhere) == (403, 403), path


def _is_form(path: str, role: str) -> bool:
    """Tell whether it is a form that this role may not send."""
    page = page_of(path)
    changes = FORMS.get(page, ("owner", "manager"))
    return role not in changes and any(
        word in path for word in ("new-", "/edit", "/publish", "/try", "/drafts", "/objectives", "/erase")
    )


@pytest.mark.parametrize("role", ROLES)
def test_no_form_is_believed_without_its_token(inside: TestClient[Litestar], desk: FakeDesk, role: str) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    for path in addresses(inside, "POST"):
        for told, origin in (({"csrf": "wrong"}, SITE), ({"csrf": "a-token"}, "https://evil.example")):
            answer = inside.post(path.format(program=1), data=told, headers={"origin": origin})
            assert answer.status_code == 403, (path, origin)
    assert [one.name for one in desk.journal.written] == ["sign_in.use_link"]
    assert (desk.team.done, desk.own.done, desk.settings.asked) == ([], [], [])
