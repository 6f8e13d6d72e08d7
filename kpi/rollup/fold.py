"""What is kept of a stretch of days, and how two that follow each other become one. Pure.

Folding is a monoid, so months are folded once and any range is head days, whole months and tail days, in any grouping.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from kpi.facts import NOBODY, Anonymous, Customers, Side
from kpi.parts.gaps import GapSums
from kpi.rollup.sums import LineSums, PointSums

# The sets of a stretch, by the lasting names under which they are stored.
BOUGHT = tuple(f"{side}.{what}" for side in ("member", "other") for what in ("buyers", "twice", "again"))
STATUS = ("first", "joined", "left", "staying")
KINDS = (*BOUGHT, *STATUS, "welcomed", "redeemers")
# Not a set: how many gaps lasted how long, for members and for the others, packed.
GAPS = "gaps"
# Nor this: when each newcomer joined, left and first redeemed, packed.
NEWCOMERS = "newcomers"


_EIGHT_BYTES = ">i8"


@dataclass(frozen=True, slots=True)
class Fold:
    """One stretch of days. `first`: made the first purchase of their lives; `joined`, `left`: did so.

    `staying`: of those who joined or left, who is a member when the stretch is over. `welcomed`: of those who joined,
    who bought within 30 days of the first time they did so in the stretch. `lined`: purchases that tell their lines;
    `member_rewards`: what members paid with rewards; `first_net`: what first purchases came to. Money in minor units.
    `redeemers`: whose points were captured; `newcomers`: those who joined for the first time, packed, one after the
    other.
    """

    member: Side = field(default_factory=Side)
    other: Side = field(default_factory=Side)
    anonymous: Anonymous = field(default_factory=Anonymous)
    left_out: int = 0
    first: Customers = NOBODY
    joined: Customers = NOBODY
    left: Customers = NOBODY
    staying: Customers = NOBODY
    welcomed: Customers = NOBODY
    lined: int = 0
    member_rewards: int = 0
    first_net: int = 0
    member_gaps: GapSums = field(default_factory=GapSums)
    other_gaps: GapSums = field(default_factory=GapSums)
    lines: LineSums = field(default_factory=LineSums)
    points: PointSums = field(default_factory=PointSums)
    redeemers: Customers = NOBODY
    newcomers: bytes = b""

    def then(self, later: "Fold") -> "Fold":
        """Lay the stretch that follows behind this one."""
        one, two = self.anonymous, later.anonymous
        return Fold(
            member=self.member | later.member,
            other=self.other | later.other,
            anonymous=Anonymous(one.purchases + two.purchases, one.net + two.net, one.net_squared + two.net_squared),
            left_out=self.left_out + later.left_out,
            first=self.first | later.first,
            joined=self.joined | later.joined,
            left=self.left | later.left,
            staying=later.members_after(self.staying),
            # Who joined before was asked then.
            welcomed=self.welcomed | (later.welcomed - self.joined),
            lined=self.lined + later.lined,
            member_rewards=self.member_rewards + later.member_rewards,
            first_net=self.first_net + later.first_net,
            member_gaps=self.member_gaps | later.member_gaps,
            other_gaps=self.other_gaps | later.other_gaps,
            lines=self.lines | later.lines,
            points=self.points | later.points,
            redeemers=self.redeemers | later.redeemers,
            newcomers=self.newcomers + later.newcomers,
        )

    def members_after(self, members: Customers) -> Customers:
        """Tell who is a member when the stretch is over, of those who were when it began."""
        return (members - (self.joined | self.left)) | self.staying

    def sets(self) -> dict[str, Customers]:
        """Give the sets by kind, without the empty ones."""
        found = {kind: _PICK[kind](self) for kind in KINDS}
        return {kind: customers for kind, customers in found.items() if customers}

    def sums(self) -> tuple[int, ...]:
        """Give the sums, in the order in which `fold_of` takes them."""
        nobody = self.anonymous
        return (
            self.member.orders,
            self.member.net,
            self.other.orders,
            self.other.net,
            nobody.purchases,
            nobody.net,
            nobody.net_squared,
            self.left_out,
            self.lined,
            self.member_rewards,
            self.first_net,
            self.member_gaps.seconds,
            self.other_gaps.seconds,
            *self.lines,
            *self.points,
        )

    def gaps(self) -> tuple[bytes, bytes]:
        """Give how many gaps lasted how long, packed, for members and for the others."""
        return _packed(self.member_gaps), _packed(self.other_gaps)


def fold_of(
    sums: Iterable[int],
    sets: Mapping[str, Customers],
    gaps: tuple[Iterable[int], Iterable[int]] = ((), ()),
    newcomers: bytes = b"",
) -> Fold:
    """Put a stretch together from what was stored; a kind that is not there is nobody.

    `gaps`: how many lasted how long, for members and for the others; where nobody asked for them, none;
    nor `newcomers`.
    """
    member_orders, member_net, other_orders, other_net, orders, net, squared, *more = map(int, sums)
    left_out, lined, member_rewards, first_net, member_seconds, other_seconds, *summed = more
    who = {kind: sets.get(kind, NOBODY) for kind in KINDS}
    return Fold(
        member=Side(member_orders, member_net, *(who[kind] for kind in BOUGHT[:3])),
        other=Side(other_orders, other_net, *(who[kind] for kind in BOUGHT[3:])),
        anonymous=Anonymous(orders, net, squared),
        left_out=left_out,
        first=who["first"],
        joined=who["joined"],
        left=who["left"],
        staying=who["staying"],
        welcomed=who["welcomed"],
        lined=lined,
        member_rewards=member_rewards,
        first_net=first_net,
        member_gaps=GapSums(member_seconds, tuple(gaps[0])),
        other_gaps=GapSums(other_seconds, tuple(gaps[1])),
        lines=LineSums(*summed[: len(LineSums())]),
        points=PointSums(*summed[len(LineSums()) :]),
        redeemers=who["redeemers"],
        newcomers=newcomers,
    )


def gaps_of(packed: bytes) -> tuple[int, ...]:
    """Unpack how many gaps lasted how long."""
    return tuple(np.frombuffer(packed, dtype=_EIGHT_BYTES).tolist())


def _packed(gaps: GapSums) -> bytes:
    return np.array(gaps.by_day, dtype=_EIGHT_BYTES).tobytes()


def folded(stretches: Iterable[Fold]) -> Fold:
    """Lay stretches behind each other, in their order."""
    following = iter(stretches)
    return reduce(Fold.then, following, next(following, Fold()))


_PICK: dict[str, Callable[[Fold], Customers]] = {
    "member.buyers": lambda fold: fold.member.buyers,
    "member.twice": lambda fold: fold.member.twice,
    "member.again": lambda fold: fold.member.again,
    "other.buyers": lambda fold: fold.other.buyers,
    "other.twice": lambda fold: fold.other.twice,
    "other.again": lambda fold: fold.other.again,
    "first": lambda fold: fold.first,
    "joined": lambda fold: fold.joined,
    "left": lambda fold: fold.left,
    "staying": lambda fold: fold.staying,
    "welcomed": lambda fold: fold.welcomed,
    "redeemers": lambda fold: fold.redeemers,
}
