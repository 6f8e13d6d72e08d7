"""How a letter becomes a mail, and when a letter is given up. Pure."""

from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from uuid import UUID

from loyalty.mail.facts import Letter

# After that nobody waits for it any more, and a link in it may be over.
GIVE_UP_AFTER = timedelta(days=1)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=2)
_DOUBLINGS = 10
# The numbers by which a mail server says that it will never take a mail.
FOR_GOOD = range(500, 600)


def compose(letter: Letter, sender: str, mail_id: UUID, at: datetime) -> EmailMessage:
    """Write a letter as a mail from the address `sender`; `ValueError` when an address in it cannot be one.

    The same letter always has the same Message-ID: a mail that is sent twice is shown once by most readers.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(letter.sender, addr_spec=parseaddr(sender)[1])
    mail["To"] = Address(addr_spec=letter.to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{mail_id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    if letter.reply_to:
        mail["Reply-To"] = Address(addr_spec=letter.reply_to)
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    return mail


def wait_after(attempt: int, age: timedelta, *, refused: bool) -> timedelta | None:
    """Tell how long to wait after the n-th failure; None: give up, as it was `refused` for good or is too old."""
    if refused or age >= GIVE_UP_AFTER:
        return None
    doublings = min(attempt - 1, _DOUBLINGS)
    return min(_LONGEST_WAIT, _FIRST_WAIT * (1 << doublings))
