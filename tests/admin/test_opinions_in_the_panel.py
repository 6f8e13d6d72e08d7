"""What the panel says of what customers say: nothing below 10 answers, a hint below 30, and then a number."""

import csv
import io

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from admin.format import Format
from admin.units import unit_named
from tests.admin.conftest import IMPACT
from tests.admin.fake_desk import FakeDesk
from tests.admin.fake_opinions import MONTHS, with_opinions


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk(public_url="http://testserver.local", table=with_opinions(MONTHS))


def opinion_card(html: str) -> str:
    return " ".join(html.partition('id="opinion"')[2].partition("</section>")[0].split())


def test_members_stand_beside_the_others_with_what_is_not_proven(inside: TestClient[Litestar]) -> None:
    card = opinion_card(inside.get(f"{IMPACT}?period=2017-05").text)
    for told in ("> 45 <", "> 20 <", "100 answers", "50 answers", "No proven difference", "+25", "−1 to +51"):
        assert told in card, told
    assert "60 promoters, 25 passives, 15 detractors" in card
    assert "Asked: 200, of whom 50% answered" in card
    french = opinion_card(inside.get(f"{IMPACT}?period=2017-05&lang=fr").text)
    assert "Interrogés : 200, dont 50 % ont répondu" in french
    rows = list(csv.reader(io.StringIO(inside.get(f"{IMPACT}.csv?period=2017-05&lang=en").text[1:])))[-3:]
    assert [row[:4] for row in rows] == [
        ["Net Promoter Score", "Members", "May 2017", "45.0"],
        ["Net Promoter Score", "Non-members", "May 2017", "20.0"],
        ["Net Promoter Score", "Difference", "May 2017", "25.0"],
    ]


def test_few_answers_are_no_number_and_some_are_an_indication(inside: TestClient[Litestar]) -> None:
    february = opinion_card(inside.get(f"{IMPACT}?period=2017-02").text)
    assert "9 answers" in february
    assert "Too few answers" in february
    assert ">56<" not in february.replace(" ", "")
    april = opinion_card(inside.get(f"{IMPACT}?period=2017-04").text)
    assert "Indicative" in april
    assert ">17<" in april.replace(" ", "")
    assert "9 answers of non-members; a difference is shown from 30." in april
    [row] = [
        row
        for row in csv.reader(io.StringIO(inside.get(f"{IMPACT}.csv?period=2017-04").text[1:]))
        if row[:2] == ["Net Promoter Score", "Non-members"]
    ]
    assert row[3] == ""


def test_without_answers_the_page_says_so_and_sends_no_rows(inside: TestClient[Litestar]) -> None:
    card = opinion_card(inside.get(f"{IMPACT}?period=2017-06").text)
    assert "No customer answered a survey in this period." in card
    assert "score" not in card.partition("</header>")[2]
    assert "Net Promoter Score" not in inside.get(f"{IMPACT}.csv?period=2017-06").text


def test_the_page_of_the_measure_leads_to_promoters_and_to_the_others(inside: TestClient[Litestar]) -> None:
    page = " ".join(inside.get("/admin/p/1/kpis/nps?period=2017-05").text.split())
    for told in (
        "100 × 45 ÷ 100 = 45",
        "Promoters (9 or 10)",
        "of these answered",
        "Each answer counts by the customer’s status when it was given.",
        "answers to surveys",
    ):
        assert told in page, told
    few = " ".join(inside.get("/admin/p/1/kpis/nps?period=2017-02").text.split())
    assert "Too few answers" in few
    assert "÷ 9" not in few


@pytest.mark.parametrize(("value", "written"), [(-12.5, "−13"), (12.5, "13"), (-0.4, "0"), (None, "–"), (100.0, "100")])
def test_a_score_is_a_whole_number_rounded_away_from_zero(value: float | None, written: str) -> None:
    assert unit_named("nps").value(Format("en", "EUR"), value) == written
