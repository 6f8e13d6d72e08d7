"""Tries at a secret: counted before they are compared, so that guesses sent at once cannot slip by together."""

from math import ceil

from loyalty.database import Connection

FREE_TRIES = 5
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 900

# Of tries sent at once one may begin before another that is counted first, and yet need not wait for it.
_TRY = f"""
INSERT INTO sign_in_try AS t (sha256, tries, last_at, next_at) VALUES ($1, 1, now(), now())
ON CONFLICT (sha256) DO UPDATE SET last_at = now(),
  tries = CASE WHEN t.last_at < now() - interval '1 day' THEN 1 ELSE t.tries + 1 END,
  next_at = CASE WHEN t.last_at < now() - interval '1 day' OR t.tries + 1 < {FREE_TRIES} THEN now()
    ELSE now() + interval '1 second' * least(
      {LONGEST_WAIT_SECONDS}, {FIRST_WAIT_SECONDS} * 2 ^ least(t.tries + 1 - {FREE_TRIES}, 10)) END
WHERE t.next_at <= now() OR t.tries < {FREE_TRIES} RETURNING tries
"""  # noqa: S608 - numbers of ours
_WAIT = "SELECT extract(epoch FROM next_at - now())::float FROM sign_in_try WHERE sha256 = $1"
_FORGET = "DELETE FROM sign_in_try WHERE sha256 = $1"


async def count_try(connection: Connection, counted: bytes) -> int:
    """Count a try; gives for how many seconds to wait instead, 0 where it may be made."""
    if await connection.fetchval(_TRY, counted) is not None:
        return 0
    wait: float | None = await connection.fetchval(_WAIT, counted)
    return max(1, ceil(wait or 0))


async def forget_tries(connection: Connection, counted: bytes) -> None:
    """Forget the tries of whoever got it right."""
    await connection.execute(_FORGET, counted)
