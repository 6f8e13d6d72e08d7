"""The letter that asks whether somebody really wants to be erased."""

from datetime import datetime
from pathlib import Path

from loyalty.account_page.actions import Followed
from loyalty.account_page.rules import ERASURE_LIVES, erasure_address
from loyalty.format import Format
from loyalty.mail.facts import Letter
from loyalty.web.customer_pages import environment

ERASURE = "erasure"
_TEMPLATES = Path(__file__).parent / "templates"


def erasure_letter(followed: Followed, email: str, token: str, public_url: str, f: Format, now: datetime) -> Letter:
    """Write the letter around the link with a token."""
    shop, address = followed.program.name, erasure_address(public_url, token)
    until = f.instant(now + ERASURE_LIVES, followed.program.timezone)
    values = {"shop": shop, "address": address, "until": until}
    made = environment(_TEMPLATES, f.language)
    return Letter(
        kind=ERASURE,
        to=email,
        sender=shop,
        subject=f.words.gettext("Delete your data at %(shop)s?", shop=shop),
        text=made.get_template("erasure.txt").render(values),
        html=made.get_template("erasure_letter.html").render(values),
        customer_id=followed.customer_id,
    )
