"""The client of the HTTP measurements, a process of its own: `python -m benchmarks.client` reads a job and tells times.

The job is JSON: `host`, `port`, `key`, and for each connection its requests, `[path, body]`, sent one after another.
Everything is encoded before the clock starts, and answers are only looked at for their status.
"""

import asyncio
import json
import sys
from functools import partial
from time import perf_counter


class Caller(asyncio.Protocol):
    """One connection, kept alive, one request at a time."""

    def __init__(self, requests: list[bytes]) -> None:
        """Take requests that are encoded already; the first one is only to warm up."""
        self.requests, self.sent, self.heard = requests, 0, b""
        self.statuses: dict[str, int] = {}
        self.warm: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self.transport = transport
        self.send()

    def send(self) -> None:
        """Send the next request."""
        self.sent += 1
        self.transport.write(self.requests[self.sent - 1])  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Send the next one as soon as an answer is complete."""
        self.heard += data
        head, _, body = self.heard.partition(b"\r\n\r\n")
        size = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
        if not size or len(body) < int(size):
            return
        status, self.heard = head[9:12].decode(), b""
        if self.sent == 1:
            self.warm.set_result(None)
            return
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.sent == len(self.requests):
            self.done.set_result(None)
        else:
            self.send()


def _encoded(host: str, key: str, path: str, body: object) -> bytes:
    method, content = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
    lines = (f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {key}")
    more = ("Content-Type: application/json", f"Content-Length: {len(content)}", "", "")
    return "\r\n".join((*lines, *more)).encode() + content


async def work(job: dict[str, object]) -> dict[str, object]:
    """Do the job; the clock runs while all connections work, after each has sent a first request."""
    host, port, key = str(job["host"]), int(str(job["port"])), str(job["key"])
    callers = []
    for requests in job["connections"]:  # type: ignore[attr-defined]
        sent = [_encoded(host, key, "/livez", None), *(_encoded(host, key, *request) for request in requests)]
        callers.append((await asyncio.get_running_loop().create_connection(partial(Caller, sent), host, port))[1])
    await asyncio.gather(*(caller.warm for caller in callers))
    began = perf_counter()
    for caller in callers:
        caller.send()
    await asyncio.gather(*(caller.done for caller in callers))
    seconds = perf_counter() - began
    statuses: dict[str, int] = {}
    for caller in callers:
        for status, count in caller.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    return {"seconds": seconds, "statuses": statuses}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(work(json.load(sys.stdin)))))  # noqa: T201
