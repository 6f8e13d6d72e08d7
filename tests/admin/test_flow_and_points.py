"""The flow of customers and of points on the Impact page: sums that hold, and an absence that is told."""

import re
from datetime import date

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from admin.format import Format
from admin.impact.flow import STEPS, flow_table, make_flow
from admin.impact.page import keys
from admin.impact.points import KEYS, make_points, points_table
from admin.period_names import PeriodNames
from admin.periods import Against, CalendarPeriod, Grain
from kpi.answers import Answer, Counted, Figures, Overview, Period, Series
from kpi.measure import MEASURES, NO_DIFFERENCE, Ratio, Reason, Text
from tests.admin.conftest import IMPACT
from tests.admin.fake_desk import NOW, FakeDesk

MAY = CalendarPeriod(date(2017, 5, 1), Grain.MONTH)
NAMES = PeriodNames(Format("en", "USD"), MAY)
# Complete Journey, May 2017: 692 members and 1,314 others had bought in April.
ALL = dict(zip(STEPS, (2006, 154, 1852, 46, 177, 2075), strict=True))
MEMBERS = dict(zip(STEPS, (692, 17, 675, 0, 22, 697), strict=True))
OTHERS = {step: ALL[step] - MEMBERS[step] for step in STEPS}
APART = {
    f"{side}_{step}": n for side, told in (("member", MEMBERS), ("non_member", OTHERS)) for step, n in told.items()
}


def _answer(key: str, figures: Figures, unit: str = "customers") -> Answer:
    return Answer(key, unit, NOW, as_of_lowered=False, data_as_of=NOW, figures=figures, compare=None)


def _figures(
    value: float | None, counts: dict[str, int] | None = None, *, month: int = 5, reason: Reason | None = None
) -> Figures:
    start = date(2017, month, 1)
    period = Period(start, CalendarPeriod(start, Grain.MONTH).end, "America/New_York")
    ratio = Ratio(int(value or 0), None, value, None)
    return Figures(
        period, partial=False, counts=counts or {}, segments={"all": ratio}, difference=NO_DIFFERENCE, reason=reason
    )


def _flow(counts: dict[str, int]) -> Answer:
    return _answer("base_flow", _figures(counts["end"], counts))


def test_each_step_has_its_number_and_its_sign() -> None:
    flow = make_flow(_flow({**ALL, **APART}), NAMES)
    assert flow.title == "Customers, April to May"
    assert [(row.name, row.n) for row in flow.rows] == [
        ("Bought in April", "2,006"),
        ("Did not come back", "−154"),
        ("Came back", "1,852"),
        ("New", "+46"),
        ("Reactivated", "+177"),
        ("Bought in May", "2,075"),
    ]
    assert flow.sums == "2,006 = 1,852 + 154 · 2,075 = 1,852 + 46 + 177"
    assert flow.rows[0].caption == "692 members, 1,314 others"


def test_each_bar_begins_where_the_one_above_ended() -> None:
    bars = [
        tuple(float(n) for n in re.findall(r'<rect[^>]* x="([\d.]+)%"[^>]* width="([\d.]+)%"', str(row.bar))[0])
        for row in make_flow(_flow(ALL), NAMES).rows
    ]
    (start, lost, kept, new, again, end) = bars
    assert start == pytest.approx((0, 2006 / 2075 * 100), abs=0.01)
    assert end == (0, 100)
    assert lost[0] == kept[1] == new[0] == pytest.approx(1852 / 2075 * 100, abs=0.01)
    assert new[0] + new[1] == pytest.approx(again[0], abs=0.01)
    assert again[0] + again[1] == pytest.approx(100, abs=0.01)


def test_the_flows_file_holds_members_and_others() -> None:
    header, rows = flow_table(_flow({**ALL, **APART}), NAMES)
    assert header == ["Step", "All", "Members", "Non-members"]
    assert rows[1] == ["Did not come back", 154, 17, 137]


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (None, "The flow of customers is not measured in this installation yet."),
        (_flow(dict.fromkeys(STEPS, 0)), "Nobody bought in either period."),
        (
            _answer("base_flow", _figures(None, reason=Reason("why", Text(en="Wait.", fr="Attendez.")))),
            "Wait.",
        ),
    ],
)
def test_without_a_flow_it_is_said_why(answer: Answer | None, missing: str) -> None:
    flow = make_flow(answer, NAMES)
    assert (flow.rows, flow.missing) == ([], missing)


def _points(*, opening: float | None = 190_342, closing: float = 310_595) -> Overview:
    told = {
        "points_issued": 327_127,
        "points_redeemed": 194_250,
        "points_expired": 12_624,
        "points_outstanding": closing,
    }
    april = {"points_issued": 120, "points_redeemed": 0, "points_expired": 0, "points_outstanding": opening}
    line = {key: [_figures(april[key], month=4), _figures(told[key])] for key in KEYS}
    return Overview(
        answers={key: _answer(key, _figures(told[key]), "points") for key in KEYS},
        series={key: Series(key, "points", "month", NOW, False, NOW, line[key]) for key in KEYS},  # noqa: FBT003
        chosen=1,
        counted=Counted(0, 0, 0),
    )


def test_points_lead_from_the_first_day_to_the_last() -> None:
    roll = make_points(_points(), NAMES).roll
    assert [(row.name, row.n) for row in roll] == [
        ("Outstanding on 1 May", "190,342"),
        ("Issued", "+327,127"),
        ("Redeemed", "−194,250"),
        ("Expired", "−12,624"),
        ("Outstanding at the end of May 2017", "310,595"),
    ]


def test_what_no_measure_counts_is_a_line_of_its_own() -> None:
    roll = make_points(_points(closing=310_500), NAMES).roll
    assert (roll[-2].name, roll[-2].n) == ("Taken back, adjusted and others", "−95")


def test_without_an_opening_nothing_is_led_on_from_it() -> None:
    part = make_points(_points(opening=None), NAMES)
    assert next(row.name for row in part.roll) == "Issued"
    assert [row.short for row in part.rows] == ["May"]


def test_the_points_file_holds_the_table() -> None:
    header, rows = points_table(_points(), NAMES)
    assert header == ["Period", "Issued", "Redeemed", "Expired", "Outstanding at the end"]
    assert rows[1] == ["May 2017", 327_127, 194_250, 12_624, 310_595]


def test_without_one_of_the_measures_of_points_it_is_said() -> None:
    overview = _points()
    del overview.answers["points_expired"]
    part = make_points(overview, NAMES)
    assert (part.rows, part.missing) == ([], "Points are not measured in this installation yet.")


async def test_the_page_asks_for_what_there_is_and_tells_what_there_is_not(inside: TestClient[Litestar]) -> None:
    html = inside.get(f"{IMPACT}?period=2017-05").text
    assert set(keys()) <= set(MEASURES.all())
    for key, absent in (("base_flow", "The flow of customers is not"), ("points_issued", "Points are not measured")):
        assert (absent in html) is (MEASURES.find(key) is None)
    desk = FakeDesk()
    overview = await desk.overview(desk.listed[0], keys(), MAY, Against.PREVIOUS)
    assert set(overview.answers) == set(keys())
    for name in ("flow", "points"):
        assert inside.get(f"/admin/p/1/{name}.csv?period=2017-05").status_code == 200
