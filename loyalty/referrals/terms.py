"""What a programme promises who brings a friend, and the friend: published as versions, the newest in force. Pure."""

import re
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from loyalty.errors import Invalid

MOST_POINTS = 10**9
Points = Annotated[int, Meta(ge=0, le=MOST_POINTS)]
Minor = Annotated[int, Meta(ge=0, le=10**15)]
Days = Annotated[int, Meta(ge=0, le=365)]
# Braces would be a place for the code, which is added as a query.
_ADDRESS = re.compile(r"https?://[^\s/?#{}]+[^\s{}]*")
Cap = Annotated[int, Meta(ge=1, le=1_000_000)]


class Terms(Struct, frozen=True, forbid_unknown_fields=True):
    """A programme's referral terms. Off until somebody publishes them.

    A side gets points, or the reward of that id: the points it costs, which buy it when the return window is over.
    `return_days`: so many local days after the purchase's own the points stay pending. `review_from`: the n-th friend
    from one address or means of payment, and all after, wait for staff. `code_days` None: codes do not end.
    """

    on: bool = False
    referrer_points: Points = 0
    friend_points: Points = 0
    minimum_minor: Minor = 0
    return_days: Days = 14
    per_month: Cap | None = None
    ever: Cap | None = None
    code_days: Annotated[int, Meta(ge=1, le=3_650)] | None = None
    review_from: Annotated[int, Meta(ge=2, le=100)] = 2
    link: str | None = None
    referrer_reward: UUID | None = None
    friend_reward: UUID | None = None

    @property
    def rewards(self) -> dict[str, UUID]:
        """Name the reward of each side that gets one."""
        told = {"friend": self.friend_reward, "referrer": self.referrer_reward}
        return {side: reward_id for side, reward_id in told.items() if reward_id is not None}

    @property
    def points(self) -> dict[str, int]:
        """Give the points of each side."""
        return {"friend": self.friend_points, "referrer": self.referrer_points}


class StoredTerms(Struct, frozen=True):
    """A published version; 0: nobody ever published any."""

    version: int
    terms: Terms


NEVER_PUBLISHED = StoredTerms(0, Terms())


def checked(terms: Terms) -> Terms:
    """Refuse terms that promise nobody anything, or a link that leads nowhere."""
    if terms.on and not any(terms.points.values()) and not terms.rewards:
        msg = "Terms that are on give points or a reward to the referrer, or the friend, or both."
        raise Invalid(msg, pointer="/referrer_points")
    for side in terms.rewards:
        if terms.points[side]:
            msg = f"The {side} gets points or a reward, not both: leave one of them out."
            raise Invalid(msg, pointer=f"/{side}_reward")
    if terms.link is not None and not _ADDRESS.fullmatch(terms.link):
        msg = "link is the storefront's address, as https://shop.example/welcome; the code is added to it as ?ref=CODE."
        raise Invalid(msg, pointer="/link")
    if terms.per_month is not None and terms.ever is not None and terms.per_month > terms.ever:
        msg = "per_month cannot be more than ever."
        raise Invalid(msg, pointer="/per_month")
    return terms
