"""What customers will see of a survey that nobody was asked yet: its pages and its mail, by their own templates."""

from datetime import date, timedelta

from loyalty.account_page.showing import NAMES, Shop
from loyalty.format import Format
from loyalty.i18n import LANGUAGES
from loyalty.programs.facts import ProgramFacts
from loyalty.web.customer_pages import environment, initials
from surveys.answers import showing
from surveys.answers.actions import LONGEST_COMMENT
from surveys.answers.queries import Given
from surveys.invitations import letters
from surveys.plans.classes import HIGHEST, NpsClass
from surveys.plans.content import Content
from surveys.plans.times import LINK_LIVES
from surveys.plans.words import following, question, thanks

VIEWS = ("score", "promoter", "passive", "detractor", "thanks", "mail", "text")
_SCORES: dict[str, int] = {"promoter": 10, "passive": 8, "detractor": 3}


def texts_of(program: ProgramFacts, content: Content, language: str) -> dict[str, str]:
    """Say what stands in the mail's subject, the question, what follows and the thanks: its own words or ours."""
    f = Format(language, program.currency)
    classes: tuple[NpsClass, ...] = ("promoter", "passive", "detractor")
    return {
        "subject": letters.subject(content, program.name, f),
        "question": question(content, program.name, f),
        **{name: following(content, name, f) for name in classes},
        "thanks": thanks(content, f),
    }


def preview(program: ProgramFacts, content: Content, view: str, language: str, today: date) -> str:
    """Render a page, or a part of the mail. Its links lead nowhere."""
    f, texts = Format(language, program.currency), texts_of(program, content, language)
    points = f.number(content.reward_points) if content.reward_points else None
    until = f.date(today + LINK_LIVES, "d MMMM y")
    if view in {"mail", "text"}:
        letter = {
            "shop": program.name,
            "question": texts["question"],
            "address": "#",
            "scores": [(score, "#") for score in range(HIGHEST + 1)],
            "stop": "#",
            "until": until,
            "reminder": False,
            "points": points,
        }
        made = environment(letters.TEMPLATES, language)
        return made.get_template("invitation.html" if view == "mail" else "invitation.txt").render(letter)
    name = {"score": "score.html", "thanks": "thanks.html"}.get(view, "comment.html")
    asked = texts.get(view, texts["question"])
    now = program.created_at
    values = {
        **_frame(program, f, until, today),
        "question": asked,
        "chosen": None,
        "points": points,
        "wrong": False,
        "answer": Given(_SCORES.get(view, 10), now, None),
        "words": "",
        "most": LONGEST_COMMENT,
        "too_long": False,
        "late": False,
        "thanks": texts["thanks"],
    }
    return environment(showing.TEMPLATES, language).get_template(name).render(values)


def _frame(program: ProgramFacts, f: Format, until: str, today: date) -> dict[str, object]:
    other = LANGUAGES[(LANGUAGES.index(f.language) + 1) % len(LANGUAGES)]
    shop = Shop(
        program.name, initials(program.name), program.mode == "test", (program.data_origin or {}).get(f.language, "")
    )
    return {
        "shop": shop,
        "base": "",
        "asked": "",
        "csrf": "",
        "until": until,
        "bought": f.date(today - timedelta(days=7), "d MMMM y"),
        "other": {"code": other, "name": NAMES[other], "address": f"?in={other}"},
        "locked": "",
    }
