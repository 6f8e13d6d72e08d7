"""How much a key may ask for in a minute. Counted in Valkey, so for all processes together; without it, not at all."""

from dataclasses import dataclass
from math import ceil
from time import monotonic
from time import time as now
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from loyalty.errors import TooManyRequests

_MINUTE_SECONDS = 60
# A server that does not answer costs one request so much, and for so many seconds no other.
_PATIENCE_SECONDS = 0.1
LEAVE_ALONE_SECONDS = 5.0
# A process draws a 600th of the limit at a time: asking Valkey costs almost what recording a purchase does.
_DRAWS = 600
log = structlog.get_logger("loyalty.web")


class Taken(NamedTuple):
    """One request, counted. `reset_seconds`: until the key may send `most` again."""

    most: int
    used: int
    reset_seconds: int

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer tells about it."""
        told = {"limit": self.most, "remaining": max(0, self.most - self.used), "reset": self.reset_seconds}
        return [(f"ratelimit-{name}".encode(), str(value).encode()) for name, value in told.items()]

    def refuse_excess(self) -> None:
        """Refuse what is over the limit."""
        if self.used > self.most:
            msg = f"This key may send {self.most} requests a minute. Send this one again in {self.reset_seconds} s."
            raise TooManyRequests(msg, retry_after_seconds=self.reset_seconds)


@dataclass(slots=True)
class _Drawn:
    """What a process has drawn of a key's minute: counted up to there, and so many of these not asked for yet."""

    up_to: int = 0
    left: int = 0


class RateLimits:
    """The counters of all keys. `uncounted`: how many requests went by while Valkey was away."""

    def __init__(self, redis_url: str, per_minute: int) -> None:
        """Count in the Redis at an address; with 0 `per_minute` no key has a limit."""
        self.uncounted = 0
        self._limit = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._connections = ConnectionPool.from_url(
            redis_url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
        )
        # Its type says that options are plain values; its documentation, that this one is a pool.
        pool: Any = self._connections
        self._storage = RedisStorage(
            "async+redis://", implementation="redispy", key_prefix="loyalty:limits", connection_pool=pool
        )
        self._away_until: float | None = None
        self._at_once = max(1, per_minute // _DRAWS)
        self._minute = 0
        self._drawn: dict[UUID, _Drawn] = {}

    async def take(self, key_id: UUID) -> Taken | None:
        """Count a request of a key; None where nothing is limited.

        The minutes are those of the clock, so that one round trip does. Who asks for everything at the end of one may
        ask for as much again in the next.
        """
        if self._limit is None:
            return None
        at = now()
        minute = int(at // _MINUTE_SECONDS)
        if minute != self._minute:
            self._minute, self._drawn = minute, {}
        drawn = self._drawn.setdefault(key_id, _Drawn())
        if not drawn.left and not await self._draw(drawn, self._limit.key_for(str(key_id), minute)):
            return None
        drawn.left -= 1
        used = drawn.up_to - drawn.left
        return Taken(self._limit.amount, used, ceil(_MINUTE_SECONDS - at % _MINUTE_SECONDS))

    async def _draw(self, drawn: _Drawn, key: str) -> bool:
        """Count some requests at once: those that come are then counted from memory. Tells whether Valkey answered."""
        up_to = await self._count(key)
        if up_to is None:
            return False
        drawn.up_to, drawn.left = max(drawn.up_to, up_to), drawn.left + self._at_once
        return True

    async def _count(self, key: str) -> int | None:
        """Count under a key; None while Valkey is away, which is said once, and looked at again after a while."""
        if self._away_until is not None and monotonic() < self._away_until:
            self.uncounted += 1
            return None
        try:
            used = await self._storage.incr(key, _MINUTE_SECONDS + 1, amount=self._at_once)
        except (RedisError, OSError, TimeoutError) as error:
            if self._away_until is None:
                log.warning("rate limits are off: redis is away", error=repr(error))
            self._away_until = monotonic() + LEAVE_ALONE_SECONDS
            self.uncounted += 1
            return None
        if self._away_until is not None:
            log.warning("rate limits are on again", uncounted=self.uncounted)
            self._away_until = None
        return used

    async def close(self) -> None:
        """Let go of the connections."""
        await self._connections.aclose()
