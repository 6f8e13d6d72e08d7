"""Objectives: how far they have come, by the table of docs/impact.md, and over HTTP."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import httpx
import pytest

from kpi.measure import MEASURES
from kpi.objectives.rules import ObjectiveFacts, judged_on, progress_of

DUE, SET = date(2026, 6, 1), date(2026, 1, 10)


@pytest.mark.parametrize(
    ("began", "now", "target", "done", "state"),
    [
        (0.94, 0.96, "0.98", 0.5, "on_the_way"),
        (0.94, 0.99, "0.98", 1.25, "reached"),
        (0.30, 0.33, "0.20", -0.3, "on_the_way"),
        (0.30, 0.19, "0.20", 1.1, "reached"),
        (None, 0.96, "0.98", None, "on_the_way"),
        (None, 0.99, "0.98", None, "reached"),
        (0.94, None, "0.98", None, "no_figure"),
        (0.98, 0.97, "0.98", None, "on_the_way"),
    ],
)
def test_the_progress_of_the_page(
    began: float | None, now: float | None, target: str, done: float | None, state: str
) -> None:
    facts = ObjectiveFacts(UUID(int=1), "retention_rate", "all", Decimal(target), DUE, SET)
    told = progress_of(facts, began, now, date(2026, 5, 31))
    assert (told.state, told.done) == (state, done if done is None else pytest.approx(done))
    if state == "on_the_way":
        assert progress_of(facts, began, now, DUE).state == "on_the_way"
        assert progress_of(facts, began, now, DUE + timedelta(days=1)).state == "missed"


def test_where_less_is_better_staying_where_it_is_asks_for_no_more() -> None:
    facts = ObjectiveFacts(UUID(int=1), "churn_rate", "all", Decimal("0.2"), DUE, SET)
    for began in (None, 0.2):
        states = [progress_of(facts, began, now, SET, less=True).state for now in (0.1, 0.2, 0.3)]
        assert states == ["reached", "reached", "on_the_way"]
    assert {key for key, kind in MEASURES.all().items() if kind.less_is_better} >= {"churn_rate", "lapse_rate", "cac"}


def test_what_was_missed_on_its_day_stays_missed() -> None:
    facts = ObjectiveFacts(UUID(int=1), "orders", "all", Decimal(9), date(2026, 6, 30), SET)
    # June counts once it is over, and no month after it ever does.
    assert judged_on(facts, date(2026, 6, 30)) == date(2026, 6, 30)
    assert {judged_on(facts, date(2026, 7, 1)), judged_on(facts, date(2027, 1, 1))} == {date(2026, 7, 1)}
    last = ObjectiveFacts(UUID(int=1), "orders", "all", Decimal(9), date.max, SET)
    assert judged_on(last, DUE) == DUE


async def test_an_objective_is_set_seen_and_withdrawn(api: httpx.AsyncClient) -> None:
    async def put_up(**body: object) -> httpx.Response:
        return await api.post(
            "/v1/objectives", json=body, headers={"Idempotency-Key": "/".join(map(str, body.values()))}
        )

    told = (await put_up(kpi="aov", target="31.50", due_on="2099-12-31", side="member")).json()
    assert (told["target"], told["unit"], told["state"], told["now"]) == ("31.50", "money", "no_figure", None)
    assert (await api.get("/v1/objectives")).json()["data"] == [told]
    for wrong in (
        {"kpi": "no_such", "target": "1", "due_on": "2099-12-31"},
        {"kpi": "aov", "target": "1", "due_on": "2001-01-01"},
        {"kpi": "aov", "target": "much", "due_on": "2099-12-31"},
        {"kpi": "points_liability", "target": "1", "due_on": "2099-12-31", "side": "member"},
    ):
        assert 400 <= (await put_up(**wrong)).status_code < 500
    gone = f"/v1/objectives/{told['objective_id']}"
    assert (await api.delete(gone)).status_code == httpx.codes.NO_CONTENT
    assert (await api.delete(gone)).status_code == httpx.codes.NOT_FOUND
    assert (await api.get("/v1/objectives")).json()["data"] == []
