"""A till that talks HTTP over sockets of its own, and resets connections in the middle of a request."""

import asyncio
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

# To be closed by a reset, not by a goodbye.
_RESET = struct.pack("ii", 1, 0)
_PATIENCE_SECONDS = 15
_AGAIN_AFTER_SECONDS = 0.02
_MOST_TRIES = 3000
CUTS = ("while it is sent", "when it is sent", "while it is answered")


class Heard(NamedTuple):
    """An answer."""

    status: int
    body: bytes
    replayed: bool = False


class Lost(Exception):
    """No answer came: whether it was done is unknown."""


@dataclass(frozen=True)
class Wanted:
    """A write, to be sent as often as it takes. `key`: an `Idempotency-Key`."""

    path: str
    body: dict[str, object]
    key: str | None = None
    method: str = "POST"


@dataclass
class Till:
    """One connection at a time; after whatever goes wrong, another."""

    port: int
    bearer: str
    sent: int = 0
    lost: int = 0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None, repr=False)

    async def insist(self, wanted: Wanted) -> Heard:
        """Send until there is an answer that will not change."""
        for _ in range(_MOST_TRIES):
            try:
                heard = await self.send(wanted)
            except Lost:
                heard = None
            if heard is not None and heard.status < 500 and b'"in_flight"' not in heard.body:
                return heard
            await asyncio.sleep(_AGAIN_AFTER_SECONDS)
        raise AssertionError(wanted)

    async def send(self, wanted: Wanted, cut: str | None = None) -> Heard:
        """Send once; `cut` tells when the connection is reset, and then `Lost` comes for sure."""
        self.sent += 1
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                with self._closing_what_fails():
                    return await self._exchange(wanted, cut)
        except (OSError, EOFError, TimeoutError) as error:
            self.lost += 1
            raise Lost from error

    @contextmanager
    def _closing_what_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    async def _exchange(self, wanted: Wanted, cut: str | None) -> Heard:
        reader, writer = self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self.port)
        request = self._written(wanted)
        if cut == CUTS[0]:
            request = request[: len(request) * 2 // 3]
        writer.write(request)
        await writer.drain()
        if cut == CUTS[1]:
            # Sometimes before anybody has read it, sometimes while it is worked on.
            await asyncio.sleep(0.002 * (self.sent % 4))
        elif cut == CUTS[2]:
            await reader.readexactly(8)
        if cut:
            raise ConnectionResetError
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = next(int(line[15:]) for line in head.splitlines() if line.startswith("content-length:"))
        body = await reader.readexactly(length)
        return Heard(int(head.split()[1]), body, "\r\nidempotency-replayed: true" in head)

    def _written(self, wanted: Wanted) -> bytes:
        body = json.dumps(wanted.body).encode() if wanted.method == "POST" else b""
        head = [
            f"{wanted.method} {wanted.path} HTTP/1.1",
            "Host: loyalty.test",
            f"Authorization: Bearer {self.bearer}",
            f"Content-Length: {len(body)}",
        ]
        head += ["Content-Type: application/json"] if body else []
        head += [f"Idempotency-Key: {wanted.key}"] if wanted.key else []
        return "\r\n".join([*head, "", ""]).encode() + body

    def close(self) -> None:
        """Reset the connection."""
        if self._streams:
            _, writer = self._streams
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            self._streams = None


async def ready(port: int, *statuses: str, patience: float = 30) -> float:
    """Wait until the service says that it is well (or else one of `statuses`); tells how long it took."""
    began = asyncio.get_running_loop().time()
    answer: object = None
    while (took := asyncio.get_running_loop().time() - began) < patience:
        till = Till(port, "nobody")
        try:
            heard = await till.send(Wanted("/readyz", {}, method="GET"))
            answer = json.loads(heard.body)
            if answer["status"] in (statuses or ("ok", "degraded")):
                return took
        except Lost as error:
            answer = error.__cause__
        finally:
            till.close()
        await asyncio.sleep(0.1)
    raise AssertionError(answer)
