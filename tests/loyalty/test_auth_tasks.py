"""Cleaning up behind people who came in: what ended a while ago goes, what may still be used or asked about stays."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from loyalty.auth.tasks import clean_up
from loyalty.database import Database
from loyalty.jobs.job import INSTALLATION, Desk

SESSIONS = """
INSERT INTO session (sha256, user_id, expires_at, seen_at, revoked_at) SELECT v.name::bytea, u.user_id,
  now() + v.expires::interval, now() + v.seen::interval, now() + v.revoked::interval
FROM "user" u, (VALUES
  ('open', '1 day', '-1 hour', NULL), ('just expired', '-1 hour', '-2 hours', NULL),
  ('long expired', '-8 days', '-8 days', NULL), ('just idle', '5 days', '-8 days', NULL),
  ('long idle', '5 days', '-10 days', NULL), ('just revoked', '9 days', '-6 days', '-6 days'),
  ('long revoked', '9 days', '-1 day', '-8 days')) AS v (name, expires, seen, revoked)
"""
LINKS = """
INSERT INTO sign_in_link (sha256, user_id, expires_at, used_at) SELECT v.name::bytea, u.user_id,
  now() + v.expires::interval, now() + v.used::interval
FROM "user" u, (VALUES ('open', '1 hour', NULL), ('just expired', '-6 days', NULL), ('long expired', '-8 days', NULL),
  ('just used', '1 hour', '-1 hour'), ('long used', '-6 days', '-8 days')) AS v (name, expires, used)
"""


async def names(owner: asyncpg.Connection, table: str) -> set[str]:
    return {bytes(row["sha256"]).decode() for row in await owner.fetch(f"SELECT sha256 FROM {table}")}


async def test_what_ended_a_week_ago_is_deleted(database: Database, owner: asyncpg.Connection) -> None:
    await owner.execute("INSERT INTO \"user\" (user_id, email, role) VALUES ($1, 'ann@shop.example', 'owner')", uuid4())
    await owner.execute(SESSIONS)
    await owner.execute(LINKS)
    desk = Desk(database, INSTALLATION, uuid4(), 1, datetime(2026, 1, 1, tzinfo=UTC))
    for _ in range(2):
        await clean_up(desk)
        assert await names(owner, "session") == {"open", "just expired", "just idle", "just revoked"}
        assert await names(owner, "sign_in_link") == {"open", "just expired", "just used"}
