"""What is cleaned up behind people who came in."""

from datetime import timedelta

from loyalty.auth.actions import SESSION_IDLES
from loyalty.jobs.job import Desk

# So long somebody may still want to look when a session ended, or whether a link was used.
KEPT_AFTER_THE_END = timedelta(days=7)
_BATCH = 1000

_SESSIONS = """
DELETE FROM session WHERE sha256 IN (
  SELECT sha256 FROM session WHERE least(expires_at, seen_at + $1::interval, revoked_at) < now() - $2::interval LIMIT $3
)
"""
_LINKS = """
DELETE FROM sign_in_link WHERE sha256 IN (
  SELECT sha256 FROM sign_in_link WHERE least(expires_at, used_at) < now() - $1::interval LIMIT $2
)
"""
_TRIES = """
DELETE FROM sign_in_try WHERE sha256 IN (
  SELECT sha256 FROM sign_in_try WHERE last_at < now() - interval '1 day' LIMIT $1
)
"""


async def clean_up(desk: Desk) -> None:
    """Delete sessions and sign-in links that ended a while ago, and counts of tries that say nothing any more."""
    async with desk.database.writer() as connection:
        while await connection.execute(_SESSIONS, SESSION_IDLES, KEPT_AFTER_THE_END, _BATCH) == f"DELETE {_BATCH}":
            pass
        while await connection.execute(_LINKS, KEPT_AFTER_THE_END, _BATCH) == f"DELETE {_BATCH}":
            pass
        while await connection.execute(_TRIES, _BATCH) == f"DELETE {_BATCH}":
            pass
