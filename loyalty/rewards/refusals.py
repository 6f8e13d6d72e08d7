"""Why a reward cannot be had, or not be changed so: each with its lasting code."""

from loyalty.errors import Conflict, RewardUnavailable


class RewardRetired(RewardUnavailable):
    """It is not offered any more."""

    code = "retired"


class RewardNotStarted(RewardUnavailable):
    """Its first day has not come."""

    code = "not_started"


class RewardEnded(RewardUnavailable):
    """Its last day is over."""

    code = "ended"


class TierTooLow(RewardUnavailable):
    """It is for members of a higher tier."""

    code = "tier_too_low"


class NotInSegment(RewardUnavailable):
    """It is for customers of other segments."""

    code = "not_in_segment"


class OutOfStock(RewardUnavailable):
    """There is nothing left of it, or of its codes."""

    code = "out_of_stock"


class LimitReached(RewardUnavailable):
    """The member has had as many as one may have in this period."""

    code = "limit_reached"


class BelowWhatIsOut(Conflict):
    """A stock lower than what was given out already."""

    code = "stock_below_taken"
