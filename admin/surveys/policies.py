"""The form of the policy that all surveys hold to: drawn, and read back."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from admin.format import Format
from admin.forms import KindForm, Said, draw, read
from admin.surveys.shares import in_percent, share_of
from loyalty.i18n import mark
from loyalty.programs.facts import ProgramFacts
from surveys.plans.policy import Policy, Purpose, StoredPolicy


class PolicyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """The policy as the fields of its form."""

    quarantine_days: Annotated[
        int,
        Meta(
            ge=0,
            le=3_650,
            title=mark("Quarantine in days"),
            description=mark("So long after a survey was sent to somebody nobody asks that one again."),
        ),
    ] = 90
    daily_cap: Annotated[
        Annotated[int, Meta(ge=1, le=10_000_000)] | None,
        Meta(
            title=mark("Sent by mail in a day, at most"),
            description=mark("Who is left waits for the next day. Empty: no limit."),
        ),
    ] = None
    holdout: Annotated[
        Decimal,
        Meta(
            title=mark("Never surveyed, in percent"),
            description=mark("A group drawn by lot, to compare with: do those who are asked come back more often?"),
        ),
    ] = Decimal(0)
    consent: Annotated[
        Purpose | None,
        Meta(
            title=mark("Consent that mail needs"),
            description=mark("The name under which your shop tells it, like surveys. Empty: none is needed."),
        ),
    ] = "surveys"


@dataclass(frozen=True)
class PolicyDraft:
    """The form, and the policy when nothing is wrong with it."""

    form: KindForm
    policy: Policy | None = None


def policy_draft(stored: StoredPolicy, f: Format, program: ProgramFacts) -> PolicyDraft:
    """Begin with the policy as it is."""
    told = stored.policy
    settings = {
        "quarantine_days": told.quarantine_days,
        "daily_cap": told.daily_cap,
        "holdout": in_percent(told.holdout_bp),
        "consent": told.consent,
    }
    return PolicyDraft(draw("policy", PolicyForm, settings, f, program))


def policy_from(said: Said, f: Format, program: ProgramFacts) -> PolicyDraft:
    """Read the form."""
    form, told = read("policy", PolicyForm, said, f, program)
    form, holdout_bp = share_of(form, "holdout", told, f)
    if told is None or holdout_bp is None:
        return PolicyDraft(form)
    policy = Policy(told["quarantine_days"], holdout_bp, told.get("daily_cap"), told.get("consent"))
    return PolicyDraft(form, policy)


def policy_said(stored: StoredPolicy, f: Format) -> list[str]:
    """Say what holds, in sentences."""
    words, told = f.words, stored.policy
    if not stored.version:
        return [words.gettext("No policy was published yet, so nobody is asked.")]
    said = [
        words.ngettext(
            "Nobody is asked twice within %(n)s day.",
            "Nobody is asked twice within %(n)s days.",
            told.quarantine_days,
            n=f.number(told.quarantine_days),
        )
    ]
    if told.daily_cap:
        said.append(words.gettext("At most %(n)s a day are sent by mail.", n=f.number(told.daily_cap)))
    if told.holdout_bp:
        digits = 2 if told.holdout_bp % 100 else 0
        said.append(
            words.gettext("%(share)s are never asked, by lot.", share=f.percent(told.holdout_bp / 10_000, digits))
        )
    if told.consent:
        said.append(words.gettext("Mail goes only to those who gave the consent “%(name)s”.", name=told.consent))
    else:
        said.append(words.gettext("Mail needs no consent."))
    return said
