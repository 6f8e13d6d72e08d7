"""When jobs run: every so often, at a local hour whatever the clocks do, and later and later after failures."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyalty.jobs.facts import Every, Nightly
from loyalty.jobs.rules import back_off, first_run, next_run

PARIS = ZoneInfo("Europe/Paris")


def nights(when: Nightly, start: str, zone: str, runs: int = 4) -> list[str]:
    """Tell the local times of the next runs, each from the one before."""
    now, found = datetime.fromisoformat(start), []
    for _ in range(runs):
        now = next_run(when, now, ZoneInfo(zone))
        assert now.tzinfo is UTC
        found.append(f"{now.astimezone(ZoneInfo(zone)):%d %H:%M %z}")
    return found


@pytest.mark.parametrize(
    ("hour", "minute", "start", "zone", "found"),
    [
        # The clocks of Paris skip from 02:00 to 03:00 on 29 March 2026 …
        (3, 0, "2026-03-27T12:00:00Z", "Europe/Paris", ["28 03:00 +0100", "29 03:00 +0200", "30 03:00 +0200"]),
        (2, 30, "2026-03-27T12:00:00Z", "Europe/Paris", ["28 02:30 +0100", "29 03:30 +0200", "30 02:30 +0200"]),
        # … and come to 02:30 twice on 25 October.
        (2, 30, "2026-10-23T12:00:00Z", "Europe/Paris", ["24 02:30 +0200", "25 02:30 +0200", "26 02:30 +0100"]),
        (3, 0, "2026-10-23T12:00:00Z", "Europe/Paris", ["24 03:00 +0200", "25 03:00 +0100", "26 03:00 +0100"]),
        # Midnight itself is skipped in Santiago on 6 September.
        (0, 0, "2026-09-04T12:00:00Z", "America/Santiago", ["05 00:00 -0400", "06 01:00 -0300", "07 00:00 -0300"]),
        (23, 59, "2026-03-01T00:00:00Z", "Pacific/Kiritimati", ["01 23:59 +1400", "02 23:59 +1400", "03 23:59 +1400"]),
    ],
)
def test_a_nightly_job_runs_once_a_local_day(hour: int, minute: int, start: str, zone: str, found: list[str]) -> None:
    assert nights(Nightly(hour, minute), start, zone, len(found)) == found


def test_the_moment_itself_is_over() -> None:
    at = datetime(2026, 6, 1, 1, tzinfo=UTC)
    assert next_run(Nightly(3), at, PARIS) == at + timedelta(days=1)
    assert next_run(Nightly(3), at - timedelta(microseconds=1), PARIS) == at


def test_the_second_time_of_a_night_hour_is_not_another_night() -> None:
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)  # 02:45, the first time
    assert next_run(Nightly(2, 30), between, PARIS) == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_a_new_job_runs_at_once_or_in_its_first_night() -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert first_run(Every(60), now, PARIS) == now
    assert next_run(Every(60), now, PARIS) == now + timedelta(minutes=1)
    assert first_run(Nightly(3), now, PARIS) == now + timedelta(hours=1)


def test_failures_wait_longer_and_longer_and_not_all_alike() -> None:
    longest = [back_off(attempt, 0).total_seconds() for attempt in range(1, 12)]
    assert longest == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]
    assert back_off(1, 0.5) == timedelta(seconds=3.75)
    assert back_off(10_000, 0.999) > timedelta(seconds=450)
