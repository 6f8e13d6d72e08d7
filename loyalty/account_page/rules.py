"""How links look, how long they live, and how much of an address is shown. Pure."""

import re
from datetime import timedelta
from urllib.parse import quote

LINK_LIVES = timedelta(days=30)
ERASURE_LIVES = timedelta(hours=24)
# Somebody who asks again sooner gets no second letter.
ERASURE_AGAIN_AFTER = timedelta(minutes=5)
# So long after its end a link is told to have expired, and not to be unknown.
KEPT_AFTER_THE_END = timedelta(days=365)

CHANNELS = ("whatsapp", "email", "sms")

_TOKEN = re.compile(r"([1-9]\d{0,8})\.([A-Za-z0-9_-]{43})")


def link_token(program_id: int, secret: str) -> str:
    """Write what stands in a link: the programme's number in clear, and 256 random bits."""
    return f"{program_id}.{secret}"


def read_token(token: str) -> tuple[int, str] | None:
    """Read (programme, secret) from a link; None when it is none."""
    found = _TOKEN.fullmatch(token)
    return (int(found[1]), found[2]) if found else None


def page_address(public_url: str, token: str) -> str:
    """Write the address of a member's own page."""
    return f"{public_url.rstrip('/')}/me/{token}"


def erasure_address(public_url: str, token: str) -> str:
    """Write the address that confirms an erasure."""
    return f"{public_url.rstrip('/')}/erase/{token}"


def masked(email: str) -> str:
    """Show enough of an address for its owner to know it: `n•••@example.org`."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}•••@{host}"


def share_address(channel: str, subject: str, text: str) -> str:
    """Write the address that opens a mail, a short message or WhatsApp with a text in it."""
    body = quote(text, safe="")
    return {
        "email": f"mailto:?subject={quote(subject, safe='')}&body={body}",
        "sms": f"sms:?&body={body}",
        "whatsapp": f"https://wa.me/?text={body}",
    }[channel]
