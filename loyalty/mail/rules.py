"""How a letter becomes a mail, and when a letter is given up. Pure."""

import re
from binascii import b2a_qp
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache
from uuid import UUID

from msgspec import Struct

from loyalty.mail.facts import Letter

# After that nobody waits for it any more, and a link in it may be over.
GIVE_UP_AFTER = timedelta(days=1)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=2)
_DOUBLINGS = 10
# The numbers by which a mail server says that it will never take a mail.
FOR_GOOD = range(500, 600)
_ONE_CLICK = "List-Unsubscribe=One-Click"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LINE_ENDS = re.compile(r"\r\n|\r|\n")


class Mail(Struct, frozen=True):
    """A mail as a mail server gets it: addresses and content are ASCII, which every server takes."""

    sender: str
    to: str
    content: bytes


def compose(letter: Letter, sender: str, mail_id: UUID, at: datetime) -> Mail:
    """Write a letter as a mail from the address `sender`; `ValueError` when an address in it cannot be one.

    The same letter always has the same Message-ID: a mail that is sent twice is shown once by most readers. Written
    here, because the library's way takes longer than sending it does, and puts long addresses of pages (RFC 8058) into
    encoded words, in which mail programs do not find them.
    """
    own, to = _own_address(sender), _address(letter.to)
    headers = [
        ("From", _named(letter.sender, own)),
        ("To", to),
        ("Subject", _words("Subject", letter.subject)),
        ("Date", format_datetime(at)),
        ("Message-ID", f"<{mail_id}@{own.rpartition('@')[2]}>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    if letter.reply_to:
        headers.append(("Reply-To", _address(letter.reply_to)))
    if letter.unsubscribe:
        headers += [("List-Unsubscribe", f"<{_clean(letter.unsubscribe)}>"), ("List-Unsubscribe-Post", _ONE_CLICK)]
    text = _part("plain", letter.text)
    if letter.html is None:
        return Mail(own, to, _lines(headers) + text)
    # No line of what is encoded can begin so.
    boundary = f"=_{mail_id.hex}"
    headers.append(("Content-Type", f'multipart/alternative;\r\n boundary="{boundary}"'))
    between = f"--{boundary}\r\n".encode()
    end = f"--{boundary}--\r\n".encode()
    return Mail(own, to, b"".join((_lines(headers), b"\r\n", between, text, between, _part("html", letter.html), end)))


def _address(told: str) -> str:
    address = Address(addr_spec=told)
    return (
        f"{address.username}@{address.domain if address.domain.isascii() else address.domain.encode('idna').decode()}"
    )


@lru_cache(maxsize=8)
def _own_address(sender: str) -> str:
    return _address(parseaddr(sender)[1])


def _named(name: str, address: str) -> str:
    return formataddr((name, address)) if _clean(name).isascii() else f"{_words('From', name)}\r\n <{address}>"


def _words(header: str, told: str) -> str:
    """Write a header's words, in lines of its own where they are long or no ASCII."""
    charset = "us-ascii" if _clean(told).isascii() else "utf-8"
    return Header(told, charset, header_name=header).encode(linesep="\r\n")


def _clean(told: str) -> str:
    if _CONTROL.search(told):
        msg = "A header of a mail holds no control characters."
        raise ValueError(msg)
    return told


def _lines(headers: Sequence[tuple[str, str]]) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("ascii")


def _part(kind: str, text: str) -> bytes:
    headers = [
        ("Content-Type", f'text/{kind}; charset="utf-8"'),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    told = _LINE_ENDS.sub("\r\n", f"{text}\n" if not text.endswith("\n") else text)
    return _lines(headers) + b"\r\n" + b2a_qp(told.encode())


def wait_after(attempt: int, age: timedelta, *, refused: bool) -> timedelta | None:
    """Tell how long to wait after the n-th failure; None: give up, as it was `refused` for good or is too old."""
    if refused or age >= GIVE_UP_AFTER:
        return None
    doublings = min(attempt - 1, _DOUBLINGS)
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << doublings))
