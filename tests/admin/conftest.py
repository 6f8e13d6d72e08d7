"""The panel over a fake desk, and a browser's stand-in for it."""

from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from admin.app import panel
from tests.admin.fake_desk import FakeDesk

IMPACT = "/admin/p/1/impact"
SITE = "http://testserver.local"


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(public_url=SITE)


@pytest.fixture(scope="session")
def made() -> tuple[list[FakeDesk], Litestar]:
    """Make the panel once, over whichever desk is put there: that takes longer than most tests do."""
    there: list[FakeDesk] = []
    return there, Litestar([panel(lambda: there[-1])], openapi_config=None)


@pytest.fixture
def outside(made: tuple[list[FakeDesk], Litestar], desk: FakeDesk) -> Iterator[TestClient[Litestar]]:
    """Give a browser that has not signed in."""
    there, app = made
    there[:] = [desk]
    with TestClient(app, base_url=SITE) as client:
        client.follow_redirects = False
        yield client


@pytest.fixture
def inside(outside: TestClient[Litestar]) -> TestClient[Litestar]:
    """Give one that has."""
    outside.post("/admin/sign-in/a-link", headers={"origin": SITE})
    return outside
