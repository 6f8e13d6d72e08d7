"""What Hypothesis may draw."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.model.periods import TICK

DAY = timedelta(days=1)
CUSTOMERS = ["ann", "bob", "cid"]
PRICES = [1, 5, 10, 20, 50, 100, 200, 400, 1000]
days = st.integers(1, 40)
policies = st.fixed_dictionaries(
    {
        "maturity": st.one_of(
            st.just({"kind": "immediately"}),
            st.builds(lambda n: {"kind": "days", "days": n}, days),
            st.builds(lambda n: {"kind": "on_delivery", "days": n}, st.integers(0, 14)),
        ),
        "expiry": st.one_of(
            st.just({"kind": "never"}),
            st.builds(lambda n: {"kind": "days", "days": n}, days),
            st.builds(lambda n: {"kind": "months", "months": n}, st.integers(1, 14)),
            st.builds(lambda n: {"kind": "end_of_month", "months": n}, st.integers(0, 3)),
            st.builds(lambda n: {"kind": "end_of_year", "years": n}, st.integers(0, 1)),
            st.builds(lambda n: {"kind": "inactivity", "days": n}, days),
        ),
        "debt": st.sampled_from(["allow", "allow", "clamp"]),
        "spent_points": st.sampled_from(["prorated", "prorated", "full", "none"]),
        "restore_grace_days": st.sampled_from([0, 1, 20]),
        "on_leaving": st.sampled_from(["keep", "keep", "forfeit"]),
        "guest_window": st.sampled_from(["none", "none", "month", "three_months", "all"]),
        "hold_minutes": st.sampled_from([1, 30, 60, 1440, 43200]),
    },
)
# The last day of a month, of a year, of February; and the two nights on which Paris changes its clocks.
starts = st.sampled_from(
    [
        datetime(2025, 1, 31, 12, tzinfo=UTC),
        datetime(2025, 12, 31, 22, 59, 59, 999999, tzinfo=UTC),
        datetime(2024, 2, 28, 23, tzinfo=UTC),
        datetime(2025, 3, 29, 22, 30, tzinfo=UTC),
        datetime(2025, 10, 25, 21, 59, 59, tzinfo=UTC),
    ]
)
# How long ago ann, bob and cid became members; None: they did not.
since = st.tuples(*[st.sampled_from([*[50 * DAY, 500 * DAY] * 2, 5 * DAY, None])] * 3)
customers = st.sampled_from(CUSTOMERS)
goods = st.sampled_from([0, 1, 99, 100, 299, 300, *[1999, 4000, 5000, 33333] * 2])
nth = st.integers(0, 20)
ticks = st.sampled_from([-TICK, timedelta(), TICK])
# An instant: so long ago, or one at which something begins or ends, or the midnight before it; with a tick about it.
ago = [timedelta()] * 4 + [timedelta(hours=1), DAY, 3 * DAY, 3 * DAY, 10 * DAY, 26 * DAY, 40 * DAY, 400 * DAY]
moments = st.one_of(st.sampled_from(ago), st.tuples(nth, st.booleans(), ticks))
leaps = st.sampled_from([*[timedelta(hours=1), DAY, 5 * DAY] * 3, 20 * DAY, 31 * DAY, 370 * DAY])
Moment = timedelta | tuple[int, bool, timedelta]
# What each of them is given to begin with.
gifts = st.tuples(*[st.sampled_from([0, 30, 500, 500])] * 3)
