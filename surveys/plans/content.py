"""What a survey says, and whom it asks: its edition, which never changes once published. Pure."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from loyalty.errors import Invalid
from surveys.plans.classes import NpsClass
from surveys.plans.policy import EVERYBODY_BP, Share
from surveys.plans.trigger import Trigger, load

Tongue = Literal["en", "fr"]
TONGUES: tuple[Tongue, ...] = ("en", "fr")
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern="^[^\\x00-\\x1f\\x7f]+(?!\\n)$")]
Words = Annotated[str, Meta(min_length=1, max_length=300, pattern="^[^\\x00-\\x1f\\x7f]+(?!\\n)$")]

RewardPoints = Annotated[int, Meta(ge=1, le=1_000_000)]


class Texts(Struct, frozen=True, forbid_unknown_fields=True):
    """What a customer reads in one language. None: the service's own words, which name the shop.

    `question` asks for the score; one of the three others follows it, by class. `thanks` stands on the last page.
    `subject` is the mail's.
    """

    subject: Words | None = None
    question: Words | None = None
    promoter: Words | None = None
    passive: Words | None = None
    detractor: Words | None = None
    thanks: Words | None = None

    def following(self, nps_class: NpsClass) -> str | None:
        """Give the question that follows a score."""
        told: str | None = getattr(self, nps_class)
        return told


class Content(Struct, frozen=True, forbid_unknown_fields=True):
    """A survey's draft, or one published edition.

    `trigger`: `kind`, with that kind's own settings. `sample_bp` of 10,000 occasions are asked about. `send_at`: the
    local hour. `case_days`: within so many local days a detractor's case is due. `reward_points`: what a member gets
    for an answer, whatever it says; such answers are not in the score.
    """

    name: Name
    trigger: dict[str, Any]
    texts: dict[Tongue, Texts] = {}
    sample_bp: Share = EVERYBODY_BP
    reminder: bool = True
    send_at: Annotated[int, Meta(ge=0, le=23)] = 10
    case_days: Annotated[int, Meta(ge=0, le=90)] = 3
    reward_points: RewardPoints | None = None

    @property
    def triggered_by(self) -> Trigger:
        """Its trigger, as its kind."""
        return load(self.trigger)

    def texts_in(self, language: str) -> Texts:
        """Give the texts of a language; where it has none, the service's own words are said."""
        return next((texts for tongue, texts in self.texts.items() if tongue == language), Texts())


def checked(content: Content) -> Content:
    """Refuse a survey that could ask nobody, or whose trigger is none."""
    load(content.trigger)
    if not content.sample_bp:
        msg = "A sample of 0 asks nobody. Close the survey instead."
        raise Invalid(msg, pointer="/sample_bp")
    return content
