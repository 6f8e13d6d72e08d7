"""The mail that asks, and the one that reminds: eleven links that only mark a score, and one in plain text."""

import re
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from loyalty.database import Tx
from loyalty.format import Format
from loyalty.i18n import choose_language, mark
from loyalty.mail.actions import send_all
from loyalty.mail.facts import Letter
from loyalty.web.customer_pages import environment
from surveys.invitations import tokens
from surveys.invitations.sending import Asking, Post
from surveys.plans.classes import HIGHEST
from surveys.plans.content import Content
from surveys.plans.words import question

SURVEY = "survey"
TEMPLATES = Path(__file__).parent / "templates"
# More than half of the letter, which is kept, packed and encoded for each customer.
_INDENTED = re.compile(r"\n\s+")
_SUBJECT = mark("Would you recommend %(shop)s?")
_AGAIN = mark("A reminder: would you recommend %(shop)s?")


def survey_letter(asking: Asking, email: str, public_url: str) -> Letter:
    """Write the letter in the customer's language."""
    program, content = asking.program, asking.invitation.content
    f = Format(choose_language(kept=asking.person.language), program.currency)
    shop = program.name
    address = tokens.address(public_url, program.program_id, asking.token.secret)
    values = {
        "shop": shop,
        "question": question(content, shop, f),
        "address": address,
        "scores": [(score, f"{address}?score={score}") for score in range(HIGHEST + 1)],
        "stop": f"{address}/unsubscribe",
        "until": f.date(asking.ends_at.astimezone(program.zone).date(), "d MMMM y"),
        "reminder": asking.reminder,
        "points": f.number(content.reward_points) if content.reward_points and asking.invitation.member else None,
    }
    made = environment(TEMPLATES, f.language)
    return Letter(
        kind=SURVEY,
        to=email,
        sender=shop,
        subject=subject(content, shop, f, reminder=asking.reminder),
        text=made.get_template("invitation.txt").render(values),
        html=_INDENTED.sub("\n", made.get_template("invitation.html").render(values)),
        unsubscribe=f"{address}/unsubscribe",
        customer_id=asking.person.customer_id,
    )


def subject(content: Content, shop: str, f: Format, *, reminder: bool = False) -> str:
    """Give the subject, in the survey's own words where it has any."""
    own = content.texts_in(f.language).subject
    return own or f.words.gettext(_AGAIN if reminder else _SUBJECT, shop=shop)


def by_mail(public_url: str) -> Post:
    """Give the post: letters in the commit of the sending."""

    async def put(tx: Tx, askings: Sequence[Asking]) -> list[UUID]:
        letters = [survey_letter(one, _address(one), public_url) for one in askings]
        return await send_all(tx, askings[0].program.program_id, letters)

    return put


def _address(asking: Asking) -> str:
    email = asking.person.email
    if email is None:  # pragma: no cover - who has no address is skipped
        raise AssertionError
    return email
