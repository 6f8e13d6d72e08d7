"""The page of the service's health: what is well is quiet, and what needs somebody says what to do."""

import pytest
from litestar import Litestar
from litestar.testing import TestClient

import loyalty.background
from admin.format import Format
from admin.health.listing import job_name
from admin.health.seen import HealthSeen
from tests.admin.asking import text_of
from tests.admin.fake_desk import FakeDesk, FakeSignedIn
from tests.admin.fake_health import all_well, nothing_well

HEALTH = "/admin/p/1/health"


def test_what_is_well_is_said_quietly(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.healthy = all_well()
    shown = inside.get(HEALTH)
    said = text_of(shown)
    assert "Everything runs." in said
    assert "Worker There" in said
    assert "Events that wait 2 the oldest for 3 seconds" in said
    assert "Key figures Up to date" in said
    assert "Hands events over: kpi outbox.kpi Running" in said
    assert "Deletes sessions and links that have ended auth.clean_up Not yet Never" in said
    # What has succeeded since is no news.
    assert "TimeoutError" not in said


def test_what_is_not_well_says_what_to_do(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.healthy = nothing_well()
    shown = inside.get(HEALTH)
    said = text_of(shown)
    assert "5 things need somebody." in said
    assert "Worker Away for 3 hours" in said
    assert "Start it: loyalty worker" in said
    assert "Events that wait 1,200 the oldest for 3 hours" in said
    assert "Key figures 3 days behind for 50 minutes" in said
    # The one that fails stands first, with what it said; and that runs nothing.
    assert said.index("Failed 7 times") < said.index("Recounts key figures another way")
    assert "<b>550" not in shown.text
    assert "550 no such mailbox" in said
    assert "5 choses demandent qu’on s’en occupe." in text_of(inside.get(f"{HEALTH}?lang=fr"))


def test_a_service_without_a_worker_says_how_to_start_one(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    desk.healthy = HealthSeen([], [], 0, None)
    said = text_of(inside.get(HEALTH))
    assert "Worker Never seen" in said
    assert "No job was ever planned" in said


@pytest.mark.parametrize(("role", "status"), [("analyst", 200), ("support", 403)])
def test_support_does_not_see_it(inside: TestClient[Litestar], desk: FakeDesk, role: str, status: int) -> None:
    desk.sessions = {"a-secret": FakeSignedIn(role=role)}
    assert inside.get(HEALTH).status_code == status


def test_every_job_says_what_it_does_in_words() -> None:
    f = Format("fr", "EUR")
    assert {job.name for job in loyalty.background.JOBS if job_name(job.name, f) == job.name} == set()
