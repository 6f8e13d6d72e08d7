"""Planning invitations from what happened: the consumer of events.

It only plans: whether somebody is asked is decided when it is due. Drawing the sample is the exception.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from loyalty.database import Tx
from loyalty.ids import new_id
from loyalty.outbox.facts import Event
from loyalty.programs.facts import ProgramFacts
from loyalty.programs.queries import program_of
from surveys.invitations import queries as invitations
from surveys.invitations.draws import sampled_out
from surveys.invitations.news import news_of
from surveys.invitations.people import PersonKnown, now_of, persons
from surveys.invitations.queries import NewInvitation
from surveys.invitations.rules import Channel
from surveys.plans import queries as plans
from surveys.plans import times
from surveys.plans.queries import Edition
from surveys.plans.trigger import News, events_looked_at, triggered

CONSUMER = "surveys"


def wants_news(kind: str, origin: str) -> bool:
    """Tell whether events may trigger a survey: live ones, of a type that any kind of trigger looks at."""
    return origin == "live" and kind in _looked_at()


@cache
def _looked_at() -> frozenset[str]:
    return events_looked_at()


async def plan_from_events(tx: Tx, program_id: int, events: Sequence[Event]) -> None:
    """Plan what news triggers, each occasion once by each survey that is open."""
    looked_at = [event for event in events if wants_news(event.type, event.origin)]
    if not looked_at:
        return
    connection = tx.connection
    editions = await plans.open_editions(connection, program_id)
    stored = await plans.policy_of(connection, program_id)
    if not editions or not stored.version:
        return
    program = await program_of(connection, program_id)
    news = await news_of(connection, program_id, looked_at)
    asked = [(edition, one) for one in news for edition in editions if triggered(edition.content.triggered_by, one)]
    if not asked:
        return
    now = await now_of(connection, program_id)
    known = await persons(connection, program_id, sorted({one.customer_id for _, one in asked}), now)
    # Who was erased since is nobody whom a row could be about.
    rows = {
        (edition.survey_id, one.occasion): _planned(program, edition, one, known[one.customer_id])
        for edition, one in asked
        if not known[one.customer_id].erased
    }
    if not rows:
        return
    await invitations.add(connection, program_id, list(rows.values()), now)


def _planned(program: ProgramFacts, edition: Edition, news: News, person: PersonKnown) -> NewInvitation:
    content = edition.content
    due_at = times.due_at(news.at, content.triggered_by.days, content.send_at, program.zone)
    # Told late, but not too late: it counts from then.
    due_at = max(due_at, news.recorded_at)
    return invitation(edition, person, news.occasion, "mail", due_at, news.purchase_id)


def invitation(
    edition: Edition,
    person: PersonKnown,
    occasion: str,
    channel: Channel,
    due_at: datetime,
    purchase_id: UUID | None = None,
) -> NewInvitation:
    """Plan one, with what is known now frozen; who does not draw the sample is skipped at once.

    The hold-out waits until it is due: held out is only who would have been asked.
    """
    reason = "sampled_out" if sampled_out(edition.survey_id, occasion, edition.content.sample_bp) else None
    return NewInvitation(
        invitation_id=new_id(),
        survey_id=edition.survey_id,
        edition=edition.edition,
        customer_id=person.customer_id,
        occasion=occasion,
        purchase_id=purchase_id,
        channel=channel,
        reason=reason,
        snapshot=person.snapshot,
        due_at=due_at,
    )
