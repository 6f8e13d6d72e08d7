"""Who is asked, reminded, or skipped and why. Pure; docs/surveys.md in code."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from surveys.plans.policy import StoredPolicy
from surveys.plans.times import FRESH, ends_at, remind_at

Channel = Literal["mail", "link"]
CHANNELS = ("mail", "link")
Outcome = Literal["send", "skip", "wait"]
# As the table has them; `decide` says which counts first.
REASONS = (
    "switched_off", "closed", "too_late", "erased", "held_out", "sampled_out", "suppressed", "no_consent", "no_address",
    "refunded", "throttled",
)  # fmt: skip


class Standing(Struct, frozen=True):
    """What is known of a customer, and of the occasion, at the moment at which an invitation is due.

    `suppressed`: unsubscribed, or mail to the present address came back. `consent`: to the purpose in the policy, or
    none is needed. `kept`: something is left of the purchase, or there is none. `sent_at`: last, by any survey.
    `held_out_at`: when, instead of being asked, this one was last held out.
    """

    due_at: datetime
    closed: bool = False
    erased: bool = False
    held_out: bool = False
    sampled_out: bool = False
    suppressed: bool = False
    consent: bool = True
    address: bool = True
    kept: bool = True
    sent_at: datetime | None = None
    held_out_at: datetime | None = None
    room: bool = True


class Verdict(Struct, frozen=True):
    """What becomes of an invitation, and if it is skipped why."""

    outcome: Outcome
    reason: str | None = None


def decide(stored: StoredPolicy, channel: Channel, standing: Standing, now: datetime) -> Verdict:
    """Decide on an invitation that is due.

    The hold-out comes last: held out is who would have been asked, as often and under the same conditions as those who
    are. So a quarantine runs for them, too, from when they would have been. Only the cap, which is no matter of who
    somebody is, and what becomes of a letter are not played through.
    """
    by_mail = channel == "mail"
    quarantine = stored.policy.quarantine
    reason = _first_that_stands(
        switched_off=not stored.version,
        closed=standing.closed,
        too_late=now - standing.due_at > FRESH,
        erased=standing.erased,
        sampled_out=standing.sampled_out,
        suppressed=standing.suppressed,
        no_consent=by_mail and not standing.consent,
        no_address=by_mail and not standing.address,
        refunded=not standing.kept,
        throttled=throttled(standing.sent_at, quarantine, now)
        or (standing.held_out and throttled(standing.held_out_at, quarantine, now)),
        held_out=standing.held_out,
    )
    if reason:
        return Verdict("skip", reason)
    return Verdict("wait") if by_mail and not standing.room else Verdict("send")


def throttled(sent_at: datetime | None, quarantine: timedelta, now: datetime) -> bool:
    """Tell whether a customer was asked too lately, to the second."""
    return sent_at is not None and now - sent_at < quarantine


def remind(standing: Standing, sent_at: datetime, now: datetime, *, answered: bool) -> Verdict | None:
    """Decide on a reminder: None is "not yet", a skip is "never". The quarantine and the cap are the invitation's."""
    due = remind_at(sent_at)
    if answered:
        return Verdict("skip", "answered")
    reason = _first_that_stands(
        closed=standing.closed,
        too_late=now - due > FRESH or now >= ends_at(sent_at),
        erased=standing.erased,
        suppressed=standing.suppressed,
        no_consent=not standing.consent,
        no_address=not standing.address,
        refunded=not standing.kept,
    )
    if reason:
        return Verdict("skip", reason)
    return Verdict("send") if now >= due else None


def _first_that_stands(**reasons: bool) -> str | None:
    return next((reason for reason, stands in reasons.items() if stands), None)
