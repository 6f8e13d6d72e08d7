"""What a survey asks: in its own words, or in ours where it has none. Pure."""

from loyalty.format import Format
from loyalty.i18n import mark
from surveys.plans.classes import NpsClass
from surveys.plans.content import Content

_QUESTION = mark("How likely are you to recommend %(shop)s to a friend or colleague?")
_FOLLOWING: dict[NpsClass, str] = {
    "promoter": mark("What did you like most?"),
    "passive": mark("What would have made it a 10?"),
    "detractor": mark("What went wrong?"),
}
_THANKS = mark("The team reads every answer.")


def question(content: Content, shop: str, f: Format) -> str:
    """Ask for the score."""
    return content.texts_in(f.language).question or f.words.gettext(_QUESTION, shop=shop)


def following(content: Content, nps_class: NpsClass, f: Format) -> str:
    """Ask what follows a score, by its class."""
    return content.texts_in(f.language).following(nps_class) or f.words.gettext(_FOLLOWING[nps_class])


def thanks(content: Content, f: Format) -> str:
    """Say what stands under the thanks, on the last page."""
    return content.texts_in(f.language).thanks or f.words.gettext(_THANKS)
