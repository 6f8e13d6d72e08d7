"""The mail that asks, and the one that reminds: eleven links that only mark a score, and one in plain text."""

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from loyalty.database import Tx
from loyalty.format import Format
from loyalty.i18n import choose_language, mark
from loyalty.mail.actions import send_all
from loyalty.mail.facts import Letter
from loyalty.web.customer_pages import environment
from surveys.invitations import tokens
from surveys.invitations.sending import Asking, Post
from surveys.invitations.tokens import Token
from surveys.plans.classes import HIGHEST
from surveys.plans.content import Content
from surveys.plans.words import question

SURVEY = "survey"
TEMPLATES = Path(__file__).parent / "templates"
# More than half of the letter, which is kept, packed and encoded for each customer.
_INDENTED = re.compile(r"\n\s+")
# Stands for each one's secret, in an alphabet of which nothing is escaped; no words hold it by chance.
_NOBODYS = Token(sha256(b"nobody's link").hexdigest(), "")
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
        return await send_all(tx, askings[0].program.program_id, survey_letters(askings, public_url))

    return put


def survey_letters(askings: Sequence[Asking], public_url: str) -> list[Letter]:
    """Write many letters. Those that differ in the link alone are written once: writing is half of a batch's time."""
    written: dict[tuple[object, ...], Letter] = {}
    letters = []
    for one in askings:
        email, of = one.person.email, one.invitation
        if email is None:  # pragma: no cover - who has no address is skipped
            raise AssertionError
        until = one.ends_at.astimezone(one.program.zone).date()
        alike = (of.survey_id, of.edition, one.person.language, of.member, one.reminder, until)
        if alike not in written:
            written[alike] = survey_letter(replace(one, token=_NOBODYS), email, public_url)
        letters.append(_with_link(written[alike], one, email))
    return letters


def _with_link(letter: Letter, asking: Asking, email: str) -> Letter:
    text, html, unsubscribe = (
        told and told.replace(_NOBODYS.secret, asking.token.secret)
        for told in (letter.text, letter.html, letter.unsubscribe)
    )
    return replace(
        letter, to=email, customer_id=asking.person.customer_id, text=text, html=html, unsubscribe=unsubscribe
    )
