"""What the Impact page says of the sample, in both languages and in every state."""

import re
from dataclasses import astuple

import pytest

from admin.choice import Choice
from admin.data_ends import within_the_data
from admin.format import Format
from admin.impact.page import ImpactPage, keys, make_page
from admin.periods import Against, parse_period
from kpi.answers import Counted
from tests.admin.fake_desk import FakeDesk, Row, a_program, complete_journey

NBSP = "\N{NO-BREAK SPACE}"
MONTHS = ["Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]  # none came back in January
# Level 1 is observed: it may not be called what only levels 2 and 3 can be.
FORBIDDEN = re.compile(r"\b(effects?|impacts?|thanks to|because of|effets?|grâce à)\b", re.IGNORECASE)


async def _page(
    written: str, language: str = "en", desk: FakeDesk | None = None, against: Against = Against.PREVIOUS
) -> ImpactPage:
    desk = desk or FakeDesk()
    program, period = desk.listed[0], parse_period(written)
    calendar = await desk.calendar(program)
    assert period is not None
    assert calendar is not None
    overview = within_the_data(await desk.overview(program, keys(), period, against), calendar)
    choice = Choice(period, against, None)
    return make_page(program, calendar, choice, overview, Format(language, program.currency))


async def test_the_tiles_of_may_2017() -> None:
    page = await _page("2017-05")
    shown = [(tile.title, tile.member.value, tile.non_member.value, _plain(tile.difference)) for tile in page.tiles]
    assert shown == [
        ("Retention", "97.5%", "89.6%", f"+8.0{NBSP}pp"),
        ("Loyal conversion", "95.9%", "83.2%", f"+12.7{NBSP}pp"),
        ("Average loyal basket", "$30.06", "$28.18", "+$1.89"),
        ("Orders per active customer", "7.77", "3.55", "+4.23"),
    ]
    retention = page.tiles[0]
    assert (retention.counted, retention.interval) == ("Bought in April, and again in May", "+5.9 to +10.0")
    assert astuple(retention.member) == ("97.5%", "675 of 692", "April 96.5%")


async def test_the_tiles_of_may_2017_in_french() -> None:
    page = await _page("2017-05", "fr")
    retention, _, basket, _ = page.tiles
    assert (retention.title, retention.counted) == ("Rétention", "Achat en avril, puis en mai")
    assert astuple(retention.member) == (f"97,5{NBSP}%", "675 sur 692", f"Avril 96,5{NBSP}%")
    assert (basket.difference, basket.interval) == (f"+1,89{NBSP}$US", f"−0,24 à +4,01{NBSP}$US")


async def test_a_difference_whose_interval_holds_zero_is_not_proven() -> None:
    page = await _page("2017-05")
    assert [tile.unproven for tile in page.tiles] == [False, False, True, False]


async def test_the_note_adds_the_buyers_up() -> None:
    page = await _page("2017-05")
    assert "534 people joined in May." in page.notes
    assert "367 customers bought on both sides of joining: 1,178 + 1,264 − 367 = 2,075 buyers." in page.notes
    assert page.tiles[3].footnote


async def test_without_overlap_the_buyers_are_simply_added() -> None:
    page = await _page("2017-01")
    assert "132 + 1,851 = 1,983 buyers." in page.notes
    assert not page.tiles[3].footnote


async def test_anonymous_purchases_are_accounted_for() -> None:
    desk = FakeDesk(counted=Counted(purchases=1000, anonymous=40, left_out=0))
    page = await _page("2017-05", desk=desk)
    assert page.notes[-1] == (
        "40 anonymous purchases (4.0%) count among non-members in the basket, and in no other tile."
    )
    assert page.freshness.counted == "1,000 purchases counted in May"
    assert page.freshness.left_out == ""


async def test_too_few_members_show_no_difference() -> None:
    table = complete_journey()
    row = table["retention_rate"]["2017-05"]
    few = Row(everyone=(257, 324, 0.7, 0.8), member=(15, 18, 0.6, 0.94), non_member=(242, 306, 0.74, 0.83))
    changed = {**table, "retention_rate": {**table["retention_rate"], "2017-05": few}}
    page = await _page("2017-05", desk=FakeDesk(table=changed))
    assert row.difference[0] is not None
    assert (page.hero.state, page.tiles[0].difference) == ("few", "–")
    assert page.tiles[0].few == page.hero.few == "18 members; a difference is shown from 30."


async def test_a_missing_value_is_a_dash_and_not_too_few() -> None:
    page = await _page("2017-01")
    retention = page.tiles[0]
    assert (retention.member.value, retention.difference, retention.few) == ("–", "–", "")
    assert retention.dumbbell is None
    assert page.hero.state == "none"


async def test_a_period_that_is_not_over_says_so() -> None:
    desk = FakeDesk(partial="2017-12")
    page = await _page("2017-12", desk=FakeDesk(partial="2017-12", now=desk.now.replace(year=2017, month=12, day=12)))
    assert {tile.partial for tile in page.tiles} == {"Partial: 12 of 31 days"}
    assert [row.partial for row in page.retention.rows][-1]


async def test_the_chart_runs_over_the_year_and_marks_the_chosen_month() -> None:
    page = await _page("2017-05")
    assert [row.short for row in page.retention.rows] == [
        "Feb",
        "Mar",
        "Apr",
        "May",
        "Jun",
        "Jul",
        "Aug",
        "Sep",
        "Oct",
        "Nov",
        "Dec",
    ]
    assert [row.name for row in page.retention.rows if row.chosen] == ["May 2017"]
    assert page.retention.rows[3].cells["member"].counts == "675 / 692"
    assert page.retention.note == "Status at the start; the 534 people who joined in May stay non-members."


async def test_numbers_come_with_their_numerator_and_denominator() -> None:
    page = await _page("2017-05")
    basket = page.sources[2]
    assert basket.title == "Average loyal basket"
    assert basket.formula == "Net amount of the purchases ÷ number of purchases"
    assert astuple(basket.rows[0]) == ("member", "$275,291.50", "9,157", "$30.06", "$28.65 to $31.48")
    assert basket.request == "GET /v1/kpis/aov?start=2017-05-01&end=2017-06-01"


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("written", ["2017-01", "2017-05", "2017-Q1", "2017-Q3", "2017"])
async def test_observed_figures_claim_no_cause(written: str, language: str) -> None:
    page = await _page(written, language)
    for text in (page.hero, page.tiles, page.notes, page.retention, page.sources, page.freshness):
        assert not FORBIDDEN.search(str(text))


async def test_last_year_is_compared_when_asked_for() -> None:
    page = await _page("2017-05", against=Against.LAST_YEAR)
    assert page.tiles[0].member.compared == "May 2016 –"
    assert page.csv == "/admin/p/1/impact.csv?period=2017-05&against=last_year"


async def test_before_the_first_purchase_nothing_is_known() -> None:
    table = complete_journey()
    before = Row(everyone=(0, 140, 0.0, 0.03), member=(0, 140, 0.0, 0.03))  # members there were, and no purchases
    conversion = {**table["loyal_conversion"], "2016-12": before}
    page = await _page("2017-01", desk=FakeDesk(table={**table, "loyal_conversion": conversion}))
    tile = page.tiles[1]
    assert tile.member.compared == "Dec 2016 –"
    assert 'd="M1 ' in str(tile.sparkline)
    assert 'd="M0 ' not in str(tile.sparkline)


async def test_the_origin_of_the_data_is_told_in_the_readers_language() -> None:
    assert (await _page("2017-05", "fr")).origin.startswith("Échantillon public")
    desk = FakeDesk(listed=[a_program(data_origin=None)])
    assert (await _page("2017-05", desk=desk)).origin == ""


def _plain(written: str) -> str:
    return re.sub(r"<[^>]*>", "", str(written))
