"""Deciding a batch: each invitation as if those before it had been sent already. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from surveys.invitations.draws import held_out
from surveys.invitations.people import PersonKnown
from surveys.invitations.queries import Invitation
from surveys.invitations.rules import Standing, Verdict, decide
from surveys.plans.policy import StoredPolicy

# An invitation, and its customer as known now.
Asked = tuple[Invitation, PersonKnown]


class Day(Struct, frozen=True):
    """What is left of a local day's cap: `sent` went by mail; `waiting` were put off, each due then, in that order."""

    cap: int | None = None
    sent: int = 0
    waiting: Sequence[datetime] = ()

    def room(self, more: int, due_at: datetime) -> bool:
        """Tell whether one may go after `more` of this batch, and after those who have waited longer."""
        return self.cap is None or self.sent + more + bisect_left(self.waiting, due_at) < self.cap


def decide_each(stored: StoredPolicy, batch: Sequence[Asked], day: Day, now: datetime) -> list[Verdict]:
    """Decide on invitations in the order in which they were due; a customer has one clock for all of them."""
    verdicts: list[Verdict] = []
    wound: set[UUID] = set()
    mailed = 0
    for found, person in batch:
        last = now if person.customer_id in wound else person.sent_at
        verdict = decide(
            stored, found.channel, standing(stored, found, person, last, day.room(mailed, found.due_at)), now
        )
        if verdict.outcome == "send" or verdict.reason == "held_out":
            wound.add(person.customer_id)
        if verdict.outcome == "send":
            mailed += found.channel == "mail"
        verdicts.append(verdict)
    return verdicts


def standing(
    stored: StoredPolicy,
    found: Invitation,
    person: PersonKnown,
    last: datetime | None = None,
    room: bool = True,  # noqa: FBT001, FBT002
) -> Standing:
    """Tell how a customer stands. `last`: when a survey was sent to that one, or would have been in this batch."""
    return Standing(
        due_at=found.due_at,
        closed=found.survey_state != "open",
        erased=person.erased,
        held_out=held_out(stored.salt, person.customer_id, stored.policy.holdout_bp),
        suppressed=person.suppressed,
        consent=person.consents(stored.policy.consent),
        address=person.email is not None,
        kept=found.kept,
        sent_at=last,
        held_out_at=person.held_out_at,
        room=room,
    )
