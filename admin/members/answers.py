"""Answers to surveys as rows of the timeline: they moved no points, and tell more than many that did."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.members.telling import Teller
from loyalty.members.timeline import Timeline
from surveys.plans.classes import class_of
from surveys.staff.facts import AnswerSeen


@dataclass(frozen=True)
class Besides:
    """A row that no award tells. `link` leads to the case, for those who may see it."""

    key: str
    at: datetime
    title: str
    detail: str
    chips: Sequence[str]
    link: str


def besides(
    answers: Sequence[AnswerSeen], timeline: Timeline, after: datetime | None, folder: str, teller: Teller
) -> list[Besides]:
    """Give those answers that belong on a page of the timeline; `folder` is where cases are, "" for who sees none."""
    oldest = timeline.rows[-1].at if timeline.more else None
    here = [
        one
        for one in answers
        if (after is None or one.first_scored_at < after) and (oldest is None or one.first_scored_at >= oldest)
    ]
    return [_row(one, folder, teller) for one in here]


def _row(one: AnswerSeen, folder: str, teller: Teller) -> Besides:
    words, f = teller.f.words, teller.f
    name = {
        "promoter": words.gettext("Promoter"),
        "passive": words.gettext("Passive"),
        "detractor": words.gettext("Detractor"),
    }[class_of(one.score)]
    chips = [name]
    if one.simulated:
        chips.insert(0, words.gettext("Simulated"))
    if one.case_id is not None:
        chips.append(words.gettext("Open case") if one.case_open else words.gettext("Closed case"))
    return Besides(
        key=str(one.invitation_id),
        at=one.first_scored_at,
        title=words.gettext("Survey answered: %(score)s out of 10", score=f.number(one.score)),
        detail=one.comment or one.survey,
        chips=chips,
        link=f"{folder}/{one.case_id}" if folder and one.case_id is not None else "",
    )
