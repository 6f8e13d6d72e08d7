"""Rules tried in the panel over HTTP: on a basket, and on past purchases."""

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from kpi.inputs.facts import NewPointCost
from kpi.inputs.staff import Entered, Listed
from tests.admin.asking import post, text_of
from tests.admin.fake_desk import FakeDesk
from tests.admin.fake_people import NORA
from tests.admin.fake_rules import DONE, DRAFT, RUNNING

RULES = "/admin/p/1/rules"
ONE = f"{RULES}/drafts/{DRAFT}"


def test_a_basket_is_tried_with_lines_and_a_customer(inside: TestClient[Litestar], desk: FakeDesk) -> None:
    asked = f"{RULES}/try?draft={DRAFT}&goods_minor=&placed_at=2026-11-27T17:00&customer=Nora&who={NORA}"
    said = text_of(inside.get(f"{asked}&l0-sku=red&l0-category=wine&l0-amount_minor=84"))
    assert "94 points" in said
    assert "27 Nov 2026, 17:00, under the draft “Winter”" in said
    assert "not on that day of the week" in said
    assert "Rounded once, at the end 94.50 → 94 points" in said
    [(basket, customer)] = desk.rules.tries
    assert customer == NORA
    assert (basket.goods, basket.draft_id) == ("84.00", DRAFT)
    assert basket.placed_at == datetime(2026, 11, 27, 22, tzinfo=UTC)
    assert [(line.sku, line.category, line.amount) for line in basket.lines or []] == [("red", "wine", "84.00")]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("goods_minor=", "Write an amount, or a product with its amount."),
        ("goods_minor=much", "Write an amount, as 84.00."),
        ("goods_minor=84&customer=N", "Choose who is meant."),
    ],
)
def test_a_basket_that_cannot_be_is_not_tried(
    inside: TestClient[Litestar], desk: FakeDesk, query: str, words: str
) -> None:
    answer = inside.get(f"{RULES}/try?{query}")
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert desk.rules.tries == []


def test_a_back_test_opens_on_the_last_year_and_knows_what_a_point_costs(
    inside: TestClient[Litestar], desk: FakeDesk
) -> None:
    shown = inside.get(f"{ONE}/backtest").text
    assert re.search(r'name="from_on"\s+value="2017-01-01"', shown)
    assert re.search(r'name="to_on"\s+value="2017-12-31"', shown)
    cost = NewPointCost(datetime(2017, 1, 1, tzinfo=UTC).date(), Decimal(1), Decimal("0.1"))
    desk.costs = Entered(Listed([cost], 1), *[Listed([], 0) for _ in range(3)])
    begun = post(inside, f"{ONE}/backtest", from_on="2017-01-01", to_on="2017-12-31")
    assert begun.headers["location"].startswith(f"{RULES}/backtests/")
    [asked] = desk.backtests.asked
    assert (asked.draft_id, asked.point_cost_minor, len(asked.rules)) == (DRAFT, Decimal("0.9"), 3)
    wrong = post(inside, f"{ONE}/backtest", from_on="2017-12-31", to_on="2017-01-01")
    assert wrong.status_code == 422
    assert "This is before the first day." in text_of(wrong)


@pytest.mark.parametrize("path", [f"{ONE}/backtest", f"{RULES}/backtests/{RUNNING}", f"{RULES}/backtests/{DONE}"])
def test_a_back_test_says_that_it_tries_no_actions(inside: TestClient[Litestar], path: str) -> None:
    assert "actions, joinings and birthdays are not tried" in text_of(inside.get(path))
    assert "les actions, adhésions et anniversaires ne sont pas essayés" in text_of(inside.get(f"{path}?lang=fr"))


def test_a_back_test_says_how_far_it_is_and_is_cancelled(inside: TestClient[Litestar]) -> None:
    address = f"{RULES}/backtests/{RUNNING}"
    part = inside.get(address, headers={"hx-request": "true"})
    assert part.text.strip().startswith('<div id="state" hx-get=')
    assert "650 of 1,300 decisions" in part.text
    assert post(inside, f"{address}/cancel").headers["location"] == address
    assert "The back-test was cancelled" in text_of(inside.get(address))


def test_a_back_test_says_what_the_draft_costs_and_whom(inside: TestClient[Litestar]) -> None:
    shown = inside.get(f"{RULES}/backtests/{DONE}")
    said = text_of(shown)
    assert "Points +570 +4.3% · 13,140 → 13,710" in said
    assert "Cost +$5.70" in said
    assert "Gain 61 50.8% of the customers Lose 20" in said
    assert "Gold 200 4,000 5,200 +1,200" in said
    assert f'href="/admin/p/1/members/{NORA}"' in shown.text
    rows = list(csv.reader(io.StringIO(inside.get(f"{RULES}/backtests/{DONE}/months.csv").text.removeprefix("\ufeff"))))
    assert rows[1] == ["2025-01", "91", "930", "895", "-35"]
    assert len(rows) == 13
