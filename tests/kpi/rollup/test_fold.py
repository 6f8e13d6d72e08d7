"""Folding is a monoid: however days are grouped, the whole is the same, and it is what happened."""

from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from kpi.facts import Anonymous, Customers, Side
from kpi.parts.gaps import LASTED, GapSums
from kpi.rollup.fold import Fold, fold_of, folded, gaps_of
from kpi.rollup.sums import LineSums, PointSums

FEW = st.frozensets(st.integers(0, 6), max_size=4).map(Customers)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    buyers = draw(FEW)
    return Side(draw(st.integers(0, 9)), draw(st.integers(-5, 99)), buyers, buyers & draw(FEW), buyers & draw(FEW))


@st.composite
def gaps(draw: st.DrawFn) -> GapSums:
    lasted = draw(st.lists(st.integers(0, LASTED - 1), max_size=4))
    by_day = tuple(lasted.count(day) for day in range(LASTED)) if lasted else ()
    return GapSums(draw(st.integers(0, 99)) if lasted else 0, by_day)


@st.composite
def days(draw: st.DrawFn) -> Fold:
    joined, left = draw(FEW), draw(FEW)
    number = st.integers(0, 9)
    return Fold(
        draw(sides()),
        draw(sides()),
        Anonymous(draw(number), draw(number), draw(number)),
        draw(number),
        draw(FEW),
        joined,
        left,
        (joined | left) & draw(FEW),
        joined & draw(FEW),
        *(draw(number) for _ in range(3)),
        draw(gaps()),
        draw(gaps()),
        LineSums(*(draw(number) for _ in LineSums._fields)),
        PointSums(*(draw(number) for _ in PointSums._fields)),
        draw(FEW),
        bytes(draw(number)),
    )


@given(st.lists(days(), max_size=6), st.integers(0, 6), FEW)
def test_days_make_the_same_whole_in_any_grouping(some: list[Fold], cut: int, members: Customers) -> None:
    whole = folded(some)
    assert folded(some[:cut]).then(folded(some[cut:])) == whole
    assert reduce(lambda late, early: early.then(late), reversed(some), Fold()) == whole
    by_days = members
    for day in some:
        by_days = day.members_after(by_days)
    assert whole.members_after(members) == by_days


@given(days())
def test_what_is_stored_of_a_day_is_the_day(day: Fold) -> None:
    packed = {kind: who.serialize() for kind, who in day.sets().items()}
    told = (gaps_of(day.gaps()[0]), gaps_of(day.gaps()[1]))
    sets = {kind: Customers.deserialize(who) for kind, who in packed.items()}
    assert fold_of(day.sums(), sets, told, day.newcomers) == day


def test_who_joins_twice_was_welcome_or_not_the_first_time() -> None:
    one, two = Customers([1]), Customers([2])
    once, again = Fold(joined=one | two, welcomed=one), Fold(joined=one | two, welcomed=two)
    assert once.then(again).welcomed == one
    assert again.then(once).welcomed == two


def test_who_buys_once_on_two_days_or_once_on_each_side_bought_twice() -> None:
    one, two = Customers([1, 2]), Customers([2, 3])
    both = Fold(member=Side(2, 0, one)).then(Fold(member=Side(1, 0, two), other=Side(1, 0, Customers([3]))))
    assert both.member.twice == Customers([2])
    assert (both.member | both.other).twice == Customers([2, 3])
