"""Who brought whom: invitations, what became of them, and what friends bought."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from kpi.facts import NOBODY, Customers

# A friend is won who first buys so soon after signing up; 24 hours a day.
WON_WITHIN = timedelta(days=30)
# So long a friend is watched for the second purchase after the first.
AGAIN_WITHIN = timedelta(days=90)
# Refused, and brought by a friend all the same: too small a purchase, or one friend too many.
STANDING = ("below_minimum", "over_cap")


@dataclass(frozen=True, eq=False, slots=True)
class Referring:
    """What was shared and claimed in a period.

    An invitation is a share, or a claim that no share came before: each claim answers the oldest share of the referrer
    that is unanswered. `invitations` are those that are `WON_WITHIN` old, counted from the sign-up where there was one,
    `signed_up` and `won` among them; `young` are the others. `inviters` made one, of whatever age.
    `claims` of the period, and how many of them were `refused`, by reason. `brought`: first bought in the period, by a
    claim that stands; `again`: those of them who bought twice within `AGAIN_WITHIN`, of `watched` so long. `net`, in
    minor units, and `purchases`: of whoever was brought, since the claim.
    """

    inviters: Customers = NOBODY
    invitations: int = 0
    signed_up: int = 0
    won: int = 0
    young: int = 0
    claims: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    brought: Customers = NOBODY
    watched: Customers = NOBODY
    again: Customers = NOBODY
    net: int = 0
    purchases: int = 0
