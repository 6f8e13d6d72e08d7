"""Valkey: how it is run, and whether it answers."""

import os
import socket
from pathlib import Path

_ASK_SECONDS = 5


def server(binary: Path, folder: Path, sockets: Path, *, fsync: bool) -> list[str]:
    """Give the command that runs it in the foreground, on a unix socket only.

    Redis carries only nudges here and may lose everything: a second's worth is more than enough.
    """
    return [
        *(str(binary), "--port", "0", "--dir", str(folder)),
        *("--unixsocket", str(sockets / "valkey.sock"), "--unixsocketperm", "700"),
        *("--appendonly", "yes", "--appendfsync", "everysec" if fsync else "no", "--save", ""),
    ]


def answers(sockets: Path) -> bool:
    """PING, and hear PONG; while it is loading its file it says otherwise."""
    return _ask(sockets, b"PING\r\n").startswith(b"+PONG")


def end_leftover(sockets: Path) -> None:
    """Ask a server which lost its owner to end; nothing happens when there is none."""
    _ask(sockets, b"SHUTDOWN NOSAVE\r\n")


def _ask(sockets: Path, question: bytes) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_ASK_SECONDS)
            connection.connect(os.fspath(sockets / "valkey.sock"))
            connection.sendall(question)
            return connection.recv(64)
    except OSError:
        return b""
