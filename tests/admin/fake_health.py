"""How the service stands, made up, for the panel over a fake desk."""

from datetime import timedelta
from typing import Any

from admin.health.seen import HealthSeen
from loyalty.jobs.queries import Standing
from loyalty.outbox.queries import Behind
from tests.admin.fake_people import NOW


def a_job(name: str, **more: Any) -> Standing:  # noqa: ANN401
    """Make a job that went well a few seconds ago."""
    facts: dict[str, Any] = {
        "program_id": 1,
        "next_at": NOW + timedelta(minutes=10),
        "runs": None,
        "attempts": 0,
        "last_started_at": NOW,
        "last_succeeded_at": NOW - timedelta(seconds=5),
        "last_failed_at": None,
        "last_error": None,
        "now": NOW,
    }
    return Standing(job=name, **facts | more)


def all_well() -> HealthSeen:
    """Have everything run, and a job that failed once and has succeeded since."""
    failed_once = {"last_failed_at": NOW - timedelta(days=3), "last_error": "TimeoutError: it took too long"}
    jobs = [
        a_job("worker.alive", program_id=0),
        a_job("auth.clean_up", program_id=0, last_succeeded_at=None),
        a_job("kpi.audit", last_succeeded_at=NOW - timedelta(hours=20)),
        a_job("kpi.work_off", **failed_once),
        a_job("outbox.kpi", runs=True),
        a_job("points.seal", last_succeeded_at=NOW - timedelta(hours=21)),
    ]
    return HealthSeen(jobs, [Behind("kpi", 0, None), Behind("referrals", 2, NOW - timedelta(seconds=3))], 0, None)


def nothing_well() -> HealthSeen:
    """Have the worker away, events and days wait, a job fail, and the last checks be old."""
    long_ago = NOW - timedelta(days=4)
    jobs = [
        a_job("worker.alive", program_id=0, last_succeeded_at=NOW - timedelta(hours=3)),
        a_job("kpi.audit", last_succeeded_at=long_ago),
        a_job("mail.deliver", attempts=7, last_failed_at=NOW, last_error="<b>550 no such mailbox</b>"),
        a_job("points.seal", last_succeeded_at=long_ago),
    ]
    return HealthSeen(jobs, [Behind("kpi", 1200, NOW - timedelta(hours=3))], 3, NOW - timedelta(minutes=50))
