"""What is made up: who is asked about which purchase, who answers, and what. Pure, and the same on every run.

Lots are drawn by what the sample calls its orders and customers, for ids differ from run to run. Whether somebody is a
member is no part of any lot: made-up answers must not praise the programme.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from surveys.invitations.draws import draw
from surveys.plans.classes import NpsClass, class_of
from surveys.plans.times import REMIND_AFTER, due_at

DAYS_AFTER, SEND_AT, CASE_DAYS = 3, 10, 3
_QUARANTINE = timedelta(days=90)
_HELD_OUT, _NO_CONSENT, _BOUNCES, _ANSWERS, _COMMENTS, _PUBLISHES = 1_000, 600, 120, 2_900, 4_200, 4_500
# Of 10,000 answers, how many give at most 0, 1, … 10.
_SCORES = (180, 300, 480, 720, 1_020, 1_500, 2_150, 3_400, 5_250, 7_200, 10_000)
_SLOWEST_MINUTES = 4 * 24 * 60
_CLOSED_AFTER = timedelta(days=2)
_OUTCOMES = ("solved", "solved", "no_answer", "not_needed")
_WORDS: dict[NpsClass, tuple[str, ...]] = {
    "promoter": (
        "Always fresh, and never a queue.",
        "The staff know their products and take their time.",
        "I find everything in one place.",
        "Good prices on what we buy every week.",
        "Friendly at the till, even on Saturdays.",
        "The bakery alone is worth the trip.",
    ),
    "passive": (
        "Fine, but the fruit was better last year.",
        "More tills open in the evening, please.",
        "Good shop, the car park is too small.",
        "Some shelves were empty again.",
        "Prices have gone up a little.",
    ),
    "detractor": (
        "I waited twenty minutes at the only open till.",
        "Two of the yoghurts were past their date.",
        "The offer on the poster was not in the shop.",
        "Nobody could tell me where to find anything.",
        "I was charged twice and had to come back.",
        "The coupon did not work, once more.",
    ),
}


class Occasion(Struct, frozen=True):
    """A purchase that is asked about. `customer` and `order` are the sample's names."""

    purchase_id: str
    customer_id: str
    customer: str
    order: str
    placed_at: datetime
    member: bool


class Answered(Struct, frozen=True):
    """A score, perhaps with a comment that may be published."""

    score: int
    at: datetime
    comment: str | None = None
    publish: bool = False


class Asked(Struct, frozen=True):
    """What became of an occasion: sent at, or the reason why not; and the answer, where there is one."""

    occasion: Occasion
    due_at: datetime
    reason: str | None = None
    bounced: bool = False
    answer: Answered | None = None


class Followed(Struct, frozen=True):
    """What became of a detractor's case; open ones have no outcome."""

    due_on: str
    outcome: str | None = None
    closed_at: datetime | None = None


def simulate(occasions: Sequence[Occasion], zone: ZoneInfo) -> list[Asked]:
    """Ask about occasions in the order in which they are due, nobody twice within 90 days."""
    asked, last_sent = [], dict[str, datetime]()
    due = {one.order: due_at(one.placed_at, DAYS_AFTER, SEND_AT, zone) for one in occasions}
    for one in sorted(occasions, key=lambda one: (due[one.order], one.order)):
        at, before = due[one.order], last_sent.get(one.customer)
        if draw("consent", one.customer) < _NO_CONSENT:
            asked.append(Asked(one, at, "no_consent"))
        elif before is not None and at - before < _QUARANTINE:
            asked.append(Asked(one, at, "throttled"))
        elif draw("held out", one.customer) < _HELD_OUT:
            # As often as the asked are asked, so the two can be held beside each other.
            last_sent[one.customer] = at
            asked.append(Asked(one, at, "held_out"))
        else:
            last_sent[one.customer] = at
            bounced = draw("bounced", one.order) < _BOUNCES
            asked.append(Asked(one, at, None, bounced, None if bounced else _answer(one, at)))
    return asked


def followed(answer: Answered, order: str, zone: ZoneInfo, end: datetime) -> Followed:
    """Follow a detractor's case to the end of the sample."""
    due_on = (answer.at.astimezone(zone).date() + timedelta(days=CASE_DAYS)).isoformat()
    closed_at = answer.at + _CLOSED_AFTER + timedelta(minutes=draw("closed", order))
    if closed_at > end - timedelta(days=7):
        return Followed(due_on)
    return Followed(due_on, _OUTCOMES[draw("outcome", order) % len(_OUTCOMES)], closed_at)


def _answer(one: Occasion, sent_at: datetime) -> Answered | None:
    if draw("answers", one.order) >= _ANSWERS:
        return None
    lot = draw("score", one.order)
    score = next(score for score, up_to in enumerate(_SCORES) if lot < up_to)
    # Most answer soon: the square of a lot is mostly small.
    minutes = 2 + draw("minutes", one.order) ** 2 * _SLOWEST_MINUTES // 10_000**2
    at = sent_at + min(timedelta(minutes=minutes), REMIND_AFTER)
    if draw("comments", one.order) >= _COMMENTS:
        return Answered(score, at)
    words = _WORDS[class_of(score)]
    comment = words[draw("words", one.order) % len(words)]
    publish = class_of(score) == "promoter" and draw("publishes", one.order) < _PUBLISHES
    return Answered(score, at, comment, publish)
