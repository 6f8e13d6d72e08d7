"""The nudge: whoever has made work rings, and a worker looks at once. The only file that knows arq.

arq is in maintenance mode, forgets, and waits minutes after a kill; so it carries nothing but "look now", as JSON, and
nobody relies on it. Redis may be away, or lose everything, at any moment.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

log = structlog.get_logger("loyalty.jobs")

_QUEUE = "loyalty:doorbell"
_RING = "look_now"
_TIMEOUT_SECONDS = 1.0
# How often arq asks Redis: a nudge is heard so soon.
_LISTEN_SECONDS = 0.1
_AGAIN_AFTER_SECONDS = 5.0
_FORGET_AFTER_SECONDS = 60
_AWAY = (RedisError, OSError, TimeoutError)
# It reports through us.
logging.getLogger("arq").setLevel(logging.CRITICAL)


class ArqDoorbell:
    """A bell of one Redis; opened at the first use."""

    def __init__(self, url: str) -> None:
        """Name the Redis; nothing is asked of it yet."""
        self._redis = _open(url)
        self._url = url
        self._ringing: asyncio.Task[None] | None = None

    async def ring(self) -> None:
        """Have a worker look now. Says nothing when Redis is away: the worker looks every second anyhow."""
        with suppress(*_AWAY):
            # One id: however many ring, one nudge waits. One that is lost while another is worked off costs a second.
            await self._redis.enqueue_job(_RING, _job_id=_RING, _expires=_FORGET_AFTER_SECONDS)

    def ring_soon(self) -> None:
        """Ring without waiting for it; rings that come while one is on its way are one."""
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.ensure_future(self.ring())

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` at every ring, for ever; goes on when Redis is away."""
        away = False
        while True:
            try:
                await self._listen(heard)
            except _AWAY as error:
                if not away:
                    log.warning("redis is away; the worker goes on by asking", error=type(error).__name__)
                away = True
                await asyncio.sleep(_AGAIN_AFTER_SECONDS)

    async def _listen(self, heard: Callable[[], None]) -> None:
        async def look_now(ctx: dict[Any, Any], *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - arq's own shape
            del ctx, args, kwargs
            heard()

        redis = _open(self._url)
        worker = Worker(
            [func(look_now, name=_RING, keep_result=0, timeout=_TIMEOUT_SECONDS)],
            queue_name=_QUEUE,
            redis_pool=redis,
            handle_signals=False,
            poll_delay=_LISTEN_SECONDS,
            job_serializer=msgspec.json.encode,
            job_deserializer=msgspec.json.decode,
        )
        try:
            await worker.async_run()
        finally:
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            await redis.aclose(close_connection_pool=True)

    async def close(self) -> None:
        """Leave Redis."""
        if self._ringing is not None:
            await self._ringing
        await self._redis.aclose(close_connection_pool=True)


def _open(url: str) -> ArqRedis:
    pool: ConnectionPool = ConnectionPool.from_url(
        url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )
    return ArqRedis(pool, msgspec.json.encode, msgspec.json.decode, _QUEUE)
