"""The mail server that an operator names, and one conversation with it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.typing import Default
from msgspec import Struct

_PORTS = {"smtp": 25, "smtps": 465}
_TIMEOUT_SECONDS = 20


class MailServer(Struct, frozen=True):
    """Where mails go. `start_tls` None: encrypted if the server can."""

    host: str
    port: int
    username: str | None
    password: str | None
    use_tls: bool
    start_tls: bool | None


def mail_server(url: str) -> MailServer:
    """Read `smtp://user:password@host:587` or `smtps://…`; `ValueError` says what is wrong with it.

    A password is only sent encrypted, unless `?starttls=no` says that the way to the server is safe.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        msg = "SMTP_URL is the mail server's address, as smtp://user:password@mail.example.org:587 or smtps://…"
        raise ValueError(msg)
    plain = parse_qs(parts.query).get("starttls") == ["no"]
    encrypted = parts.scheme == "smtps"
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=encrypted,
        start_tls=False if encrypted or plain else (True if parts.username else None),
    )


class Conversation(SMTP):
    """Hands mails over. While it is noted that one went (`noting`), the next is announced, but not handed over yet."""

    noting: asyncio.Future[None] | None = None

    async def data(
        self,
        message: str | bytes,
        /,
        *,
        timeout: float | Literal[Default.token] | None = Default.token,  # noqa: ASYNC109 - the library's own
    ) -> SMTPResponse:
        """Hand a mail over, when the one before is noted: who is killed has sent at most one that is not."""
        await self.noted()
        return await super().data(message, timeout=timeout)

    async def noted(self) -> None:
        """Wait until it is noted that the last mail went."""
        noting, self.noting = self.noting, None
        if noting is not None:
            await noting


@asynccontextmanager
async def conversation(server: MailServer) -> AsyncIterator[Conversation]:
    """Talk to a mail server: several mails may go over one connection."""
    client = Conversation(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        use_tls=server.use_tls,
        start_tls=server.start_tls,
        timeout=_TIMEOUT_SECONDS,
    )
    async with client:
        try:
            yield client
        finally:
            await client.noted()
