"""What the worker does about answers under a key."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from loyalty.database import Database
from loyalty.idempotency.tasks import forget_bodies
from loyalty.jobs.job import INSTALLATION, Desk
from loyalty.programs.facts import ProgramFacts

ANSWERS = """
INSERT INTO idempotency (program_id, scope, key, fingerprint, status, request_id, body, recorded_at)
SELECT $1, 'staff', v.key, '\\x00', 200, 'req_test', '{}', now() - v.age::interval
FROM (VALUES ('old', '31 days'), ('young', '29 days')) AS v (key, age)
"""


async def test_the_worker_lets_old_bodies_go(
    database: Database, program: ProgramFacts, owner: asyncpg.Connection
) -> None:
    await owner.execute(ANSWERS, program.program_id)
    for _ in range(2):
        await forget_bodies(Desk(database, INSTALLATION, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC)))
        kept = await owner.fetch("SELECT key FROM idempotency WHERE body IS NOT NULL")
        assert [row["key"] for row in kept] == ["young"]
