"""Points as a part of the payment: the caller says how many, within caps; what they are worth is counted here."""

from typing import Annotated, ClassVar

from msgspec import Meta

from loyalty.errors import Invalid
from loyalty.i18n import mark
from loyalty.rewards.kind import KINDS, MOST_POINTS, Asked, Minor, Percent, RewardKind, Spent, share

_Points = Annotated[int, Meta(ge=1, le=MOST_POINTS)]


@KINDS.register("points_payment")
class PointsPayment(RewardKind, frozen=True, forbid_unknown_fields=True):
    """`points_per_step` points pay `step_minor`: 100 for 1.00. Any number of them does, rounded down to minor units.

    No fewer than `least_points`, no more than `most_points`, and no more than `most_share` percent of the basket.
    """

    title: ClassVar[str] = mark("Points as payment")

    points_per_step: Annotated[_Points, Meta(title=mark("So many points"))]
    step_minor: Annotated[Minor, Meta(title=mark("pay so much"))]
    least_points: Annotated[_Points, Meta(title=mark("At least so many points"))] = 1
    most_points: Annotated[_Points | None, Meta(title=mark("At most so many points"))] = None
    most_share: Annotated[
        Percent | None,
        Meta(title=mark("At most so much of a basket, in percent"), description=mark("Above 0 to 100, like 12.5.")),
    ] = None

    def __post_init__(self) -> None:
        """Refuse caps that leave nothing between them."""
        if self.most_share is not None:
            share(self.most_share)
        if self.most_points is not None and self.most_points < self.least_points:
            msg = "most_points is below least_points"
            raise ValueError(msg)

    def listed(self, price_points: int | None) -> int:
        """Give the fewest points that may be spent: that is what it costs at least."""
        if price_points is not None:
            msg = "Points as a payment have no price. Set least_points and most_points instead."
            raise Invalid(msg, pointer="/price_points")
        return self.least_points

    def price(self, listed: int, asked: Asked) -> int:
        """Take the points that the caller wants spent, if they are within the caps; `Invalid` tells the cap."""
        if asked.points is None:
            msg = f"Say in `points` how many are to be spent, {listed} or more."
            raise Invalid(msg, pointer="/points")
        if asked.points < listed:
            msg = f"At least {listed} points are spent at a time."
            raise Invalid(msg, pointer="/points")
        most = self._most(asked.basket_minor)
        if most is not None and asked.points > most:
            msg = f"At most {most} points can be spent on this basket."
            raise Invalid(msg, pointer="/points")
        if not self._worth(asked.points):
            msg = f"{asked.points} points are worth nothing yet. {self.points_per_step} points pay one step."
            raise Invalid(msg, pointer="/points")
        return asked.points

    def _most(self, basket_minor: int | None) -> int | None:
        caps = [] if self.most_points is None else [self.most_points]
        if basket_minor is not None:
            paid = int(basket_minor * (share(self.most_share) if self.most_share else 1))
            # The most that are worth no more than that, when rounded down.
            caps.append(((paid + 1) * self.points_per_step - 1) // self.step_minor)
        elif self.most_share is not None:
            msg = f"Say in `basket` what the basket comes to: points pay at most {self.most_share} % of it."
            raise Invalid(msg, pointer="/basket")
        return min(caps, default=None)

    def _worth(self, points: int) -> int:
        return points * self.step_minor // self.points_per_step

    def value_minor(self, spent: Spent) -> int:
        """Give what the points pay, rounded down to minor units."""
        return self._worth(spent.captured)
