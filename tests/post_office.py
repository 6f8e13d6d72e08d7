"""A real mail server of a test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.browser.serving import free_port


@dataclass
class PostOffice:
    """A mail server: `mails` are those that it took over; `says` is what it answers to the next ones instead."""

    address: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    says: str = ""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        if self.says:
            return self.says
        content = envelope.content
        assert isinstance(content, bytes)
        mail = BytesParser(policy=default).parsebytes(content)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """Run a mail server."""
    port = free_port()
    office = PostOffice(f"smtp://127.0.0.1:{port}")
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
