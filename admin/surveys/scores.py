"""A score in words: the number with its interval, what was too little to show, and two of them compared."""

from dataclasses import dataclass
from math import copysign, floor

from markupsafe import Markup

from admin.figures import Dot
from admin.format import MISSING, Format
from admin.surveys.pictures import score_axis
from loyalty.intervals import Answers, NpsDifference
from surveys.results.queries import Group
from surveys.results.scores import ENOUGH, FEWEST, Rate, shown


@dataclass(frozen=True)
class ScoreSaid:
    """A score. `state`: none, few, indicative, enough; `note` says what that means."""

    state: str
    value: str
    interval: str
    answers: str
    classes: str
    response: str
    response_of: str
    note: str


@dataclass(frozen=True)
class Compared:
    """Two scores compared: `proven` where the interval leaves 0 out. `few` is said instead where one has too few."""

    value: str
    interval: str
    proven: bool
    few: str
    test: str = ""


def whole(value: float) -> int:
    """Round half away from zero."""
    return int(copysign(floor(abs(value) + 0.5), value))


def score_of(group: Group, f: Format) -> ScoreSaid:
    """Put the score of some into words."""
    words, answers = f.words, group.answers
    seen = shown(answers)
    state = "none" if not answers.n else "few" if seen.score is None else "indicative" if seen.indicative else "enough"
    note = {
        "none": words.gettext("No answers in these days."),
        "few": words.gettext("Too few answers for a score: it is shown from %(n)s.", n=f.number(FEWEST)),
        "indicative": words.gettext("An indication only: fewer than %(n)s answers.", n=f.number(ENOUGH)),
        "enough": "",
    }[state]
    return ScoreSaid(
        state=state,
        value=MISSING if seen.score is None else f.number(seen.score),
        interval=spread(seen.interval, f),
        answers=f.number(answers.n),
        classes=classes_counted(answers, f),
        response=f.percent(group.response.value),
        response_of=rate_counts(group.response, f),
        note=note,
    )


def classes_counted(answers: Answers, f: Format) -> str:
    """Say what a score was counted from."""
    return f.words.gettext(
        "%(promoters)s promoters, %(passives)s passives, %(detractors)s detractors",
        promoters=f.number(answers.promoters),
        passives=f.number(answers.passives),
        detractors=f.number(answers.detractors),
    )


def rate_counts(rate: Rate, f: Format) -> str:
    """Say from how many a share was counted."""
    return f.words.gettext("%(num)s of %(den)s", num=f.number(rate.num), den=f.number(rate.den))


def spread(interval: tuple[float, float] | None, f: Format, *, signed: bool = False) -> str:
    """Write the interval of a score, or of a difference (`signed`)."""
    if interval is None:
        return ""
    low, high = (whole(limit) for limit in interval)
    if signed:
        return f.between(_signed(low, f), _signed(high, f))
    return f.between(f.number(low), f.number(high))


def compared_of(told: NpsDifference | None, group: Answers, other: Answers, f: Format) -> Compared:
    """Put a comparison into words."""
    if told is None:
        fewest = min(group.n, other.n)
        few = f.words.ngettext(
            "Too few data: %(n)s answer on one side; they are compared from %(enough)s.",
            "Too few data: %(n)s answers on one side; they are compared from %(enough)s.",
            fewest,
            n=f.number(fewest),
            enough=f.number(ENOUGH),
        )
        return Compared("", "", proven=False, few=few)
    proven = not told.ci95[0] <= 0 <= told.ci95[1]
    test = f.words.gettext("z %(z)s, p %(p)s", z=f.number(told.z, 2), p=f.number(told.p, 3))
    return Compared(_signed(whole(told.value), f), spread(told.ci95, f, signed=True), proven, "", test)


def draw_score(said: ScoreSaid, group: Group, f: Format) -> Markup | None:
    """Draw the score of all with its interval; nothing where there are too few."""
    dot = dot_of(group)
    if dot is None:
        return None
    name = f.words.gettext(
        "Score %(score)s on a line from −100 to 100, 95%% interval %(interval)s",
        score=said.value,
        interval=said.interval,
    )
    return score_axis([("a", dot)], name, f)


def draw_both(members: Group, others: Group, f: Format) -> Markup | None:
    """Draw members above non-members on one axis."""
    dots = dot_of(members), dot_of(others)
    if dots == (None, None):
        return None
    names = []
    for title, group in ((f.words.gettext("Members"), members), (f.words.gettext("Non-members"), others)):
        said = score_of(group, f)
        names.append(f"{title}: {said.value}{f' ({said.interval})' if said.interval else ''}")
    return score_axis([("m", dots[0]), ("n", dots[1])], ", ".join(names), f)


def dot_of(group: Group) -> Dot | None:
    """Place a score on its axis; None where none is shown."""
    seen = shown(group.answers)
    if seen.score is None or seen.interval is None or group.answers.score is None:
        return None
    return Dot(group.answers.score, *seen.interval)


def _signed(value: int, f: Format) -> str:
    return f.signed(f.number(value), value)
