"""What publishing a survey comes to: the last days once more, under the draft and by the rules that will decide."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct, convert

from loyalty.database import Connection
from loyalty.outbox.facts import Event
from loyalty.programs.facts import ProgramFacts
from surveys.invitations.draws import held_out, sampled_out
from surveys.invitations.news import news_of
from surveys.invitations.people import PersonKnown, now_of, persons
from surveys.invitations.rules import Standing, decide
from surveys.plans import times
from surveys.plans.policy import StoredPolicy
from surveys.plans.queries import SurveyFacts, policy_of
from surveys.plans.trigger import News, triggered

LOOKS_BACK = timedelta(days=7)
# Of more than that the newest are looked at: a page is waited for.
_MOST = 1000
# A delivery that is told with its purchase has no event of its own.
_TOLD_WITH = {"purchase.delivered": "purchase.recorded"}

_EVENTS = f"""
SELECT {", ".join(Event.__struct_fields__)} FROM event
WHERE program_id = $1 AND recorded_at > $2 AND recorded_at <= $3 AND type = ANY($4) AND origin = 'live'
ORDER BY recorded_at DESC, event_id DESC LIMIT $5
"""  # noqa: S608 - column names
_PLANNED = """
SELECT count(*) FROM survey_invitation WHERE program_id = $1 AND state = 'planned' AND survey_id = $2
"""


class Foreseen(Struct, frozen=True):
    """What would have come of the days since `since`: `asked` customers of so many `occasions`, and why not others.

    `first_at`: when something that happens now is asked about; None: nothing that happens triggers it. `planned`:
    who waits to be asked under the edition that is in force.
    """

    policy: StoredPolicy
    since: datetime
    occasions: int
    asked: int
    skipped: dict[str, int]
    planned: int
    first_at: datetime | None = None


async def foresee(connection: Connection, program: ProgramFacts, survey: SurveyFacts) -> Foreseen:
    """Play the last days through, writing nothing."""
    program_id, trigger = program.program_id, survey.draft.triggered_by
    now, stored = await now_of(connection, program_id), await policy_of(connection, program_id)
    planned = await connection.fetchval(_PLANNED, program_id, survey.survey_id)
    since = now - LOOKS_BACK
    if not trigger.events:
        return Foreseen(stored, since, 0, 0, {}, planned)
    types = trigger.events | {_TOLD_WITH[kind] for kind in trigger.events if kind in _TOLD_WITH}
    rows = await connection.fetch(_EVENTS, program_id, since, now, sorted(types), _MOST)
    events = [convert(dict(row), Event) for row in reversed(rows)]
    if len(events) == _MOST:
        since = events[0].recorded_at
    news = {one.occasion: one for one in await news_of(connection, program_id, events) if triggered(trigger, one)}
    ids = sorted({one.customer_id for one in news.values()})
    known = await persons(connection, program_id, ids, now) if ids else {}
    asked, skipped = _decided(survey, stored, list(news.values()), known, now)
    first_at = times.due_at(now, trigger.days, survey.draft.send_at, program.zone)
    return Foreseen(stored, since, len(news), asked, skipped, planned, first_at)


def _decided(
    survey: SurveyFacts, stored: StoredPolicy, news: Sequence[News], known: dict[UUID, PersonKnown], now: datetime
) -> tuple[int, dict[str, int]]:
    """Decide each as if it were due now, one after the other: count whom is asked, and why the others are not."""
    asked: set[UUID] = set()
    out: set[UUID] = set()
    reasons: Counter[str] = Counter()
    for one in news:
        person = known[one.customer_id]
        standing = Standing(
            due_at=now,
            erased=person.erased,
            held_out=held_out(stored.salt, person.customer_id, stored.policy.holdout_bp),
            sampled_out=sampled_out(survey.survey_id, one.occasion, survey.draft.sample_bp),
            suppressed=person.suppressed,
            consent=person.consents(stored.policy.consent),
            address=person.email is not None,
            sent_at=now if person.customer_id in asked else person.sent_at,
            held_out_at=now if person.customer_id in out else person.held_out_at,
        )
        verdict = decide(stored, "mail", standing, now)
        if verdict.reason:
            reasons[verdict.reason] += 1
            out |= {person.customer_id} if verdict.reason == "held_out" else set()
        else:
            asked.add(person.customer_id)
    return len(asked), dict(reasons.most_common())
