"""What the addresses of results say, and how it is written there: the days, whose answers, and what narrows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from msgspec import structs

from admin.members.addresses import id_of, with_query
from admin.periods import parse_period
from loyalty.programs.facts import ProgramFacts
from surveys.plans.classes import CLASSES, HIGHEST
from surveys.staff.facts import AnswersAsked, SurveysSeen

LENGTHS = (30, 90, 180, 365)
_NARROWS = ("score", "class", "who", "said", "case", "published")
_FIRST = date(1970, 1, 1)


@dataclass(frozen=True)
class View:
    """An address understood: the last day and how many it looks at, and the answers that are meant."""

    path: str
    until: date
    days: int
    asked: AnswersAsked
    said: Mapping[str, str]
    both: bool

    def address(self, path: str = "", **changes: str) -> str:
        """Write an address that differs by that; "" takes something out. Whoever changes anything begins at the top."""
        kept = {name: value for name, value in self.said.items() if name != "after"}
        return with_query(path or self.path, kept | changes)

    @property
    def narrowed(self) -> bool:
        """Whether the list of answers shows some only."""
        return any(self.said.get(name) for name in _NARROWS)

    @property
    def unnarrowed(self) -> str:
        """Write the address with all answers."""
        return self.address(**dict.fromkeys(_NARROWS, ""))


def view_of(program: ProgramFacts, said: Mapping[str, str], seen: SurveysSeen, today: date, path: str) -> View:
    """Understand an address; what it does not say, or says wrong, goes without saying.

    Without a day it ends today, or with the programme's own period; real answers are shown where there may be any.
    """
    until, days = _day(said.get("until", "")) or _opening(program, today), _length(said.get("days", ""))
    wanted = said.get("answers")
    simulated = seen.has_simulated and (wanted == "simulated" or (wanted != "real" and not seen.has_real))
    known = {one.survey.survey_id for one in seen.surveys if one.simulated == simulated}
    survey_id = id_of(said.get("survey", ""))
    score = said.get("score", "")
    asked = AnswersAsked(
        start=until - timedelta(days=days - 1),
        end=until + timedelta(days=1),
        simulated=simulated,
        survey_id=survey_id if survey_id in known else None,
        score=int(score) if score in {str(n) for n in range(HIGHEST + 1)} else None,
        nps_class=said["class"] if said.get("class") in CLASSES else None,
        member={"member": True, "non_member": False}.get(said.get("who", "")),
        commented=said.get("said") == "1",
        open_case=said.get("case") == "1",
        published=said.get("published") == "1",
        after=id_of(said.get("after", "")),
    )
    return View(path, until, days, asked, _spoken(asked, said), seen.has_real and seen.has_simulated)


def following(view: View, last: UUID) -> str:
    """Write the address of the next page of answers."""
    return view.address(after=str(last))


def without_page(asked: AnswersAsked) -> AnswersAsked:
    """Ask for the first page."""
    return structs.replace(asked, after=None)


def _spoken(asked: AnswersAsked, said: Mapping[str, str]) -> dict[str, str]:
    """Keep of an address what was understood."""
    understood = {
        "until": bool(_day(said.get("until", ""))),
        "days": said.get("days", "") == str(_length(said.get("days", ""))) != "90",
        "answers": said.get("answers") in {"real", "simulated"},
        "survey": asked.survey_id is not None,
        "score": asked.score is not None,
        "class": asked.nps_class is not None,
        "who": asked.member is not None,
        "said": asked.commented,
        "case": asked.open_case,
        "published": asked.published,
        "after": asked.after is not None,
    }
    return {name: said[name] for name, kept in understood.items() if kept}


def _opening(program: ProgramFacts, today: date) -> date:
    period = parse_period(program.default_period)
    return min(period.last_day, today) if period else today


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST + timedelta(days=800) <= day <= date(9000, 1, 1) else None


def _length(text: str) -> int:
    return int(text) if text in {str(n) for n in LENGTHS} else 90
