"""Serving an application to a browser: a process of its own on a free port, ended by its handle."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parent.parent.parent
_SECONDS = 120


def free_port() -> int:
    """Find a port nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(factory: str, port: int, environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve the application that `factory` ("module:function") makes; give its address once it answers."""
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", factory, "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env={**environment}, stdout=output, stderr=output)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(process, f"{address}/admin/sign-in", log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    until = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(address, timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    message = f"The application did not start:\n{log.read_text()[-2000:]}"
    raise RuntimeError(message)
