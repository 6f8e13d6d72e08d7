"""What a holdout measured, over HTTP: nothing before its day, the arms as they were drawn on it; the plan before it."""

from typing import Any

import asyncpg
import httpx
import numpy as np
import pytest

from kpi.impact.horizon import outlook
from kpi.impact.planning import pasts_of
from kpi.impact.shop import NEVER, Shop


async def bought(api: httpx.AsyncClient, customer: str, at: str, goods: str) -> None:
    order = {
        "order_id": f"{customer}/{at}",
        "customer_id": customer,
        "placed_at": at,
        "currency": "EUR",
        "goods": goods,
    }
    answer = await api.post("/v1/purchases", json=order)
    assert answer.is_success, answer.text


async def measured(api: httpx.AsyncClient, holdout_id: str) -> dict[str, Any]:
    answer = await api.get(f"/v1/holdouts/{holdout_id}/measurement")
    assert answer.is_success, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_it_is_read_on_its_day_by_the_arms_that_were_drawn(
    api: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    for number in range(12):
        await bought(api, f"c{number}", "2026-01-15T10:00:00Z", f"{10 + number}")
    begun = await api.post(
        "/v1/holdouts", json={"holdout_share": "0.5", "weeks": 4}, headers={"Idempotency-Key": "begin"}
    )
    holdout_id = begun.json()["holdout_id"]
    running = await measured(api, holdout_id)
    assert (running["state"], running["outcomes"]) == ("running", {})

    # As if it had run in February; whom the lot would have drawn is settled, so that the figures are.
    await owner.execute(
        "UPDATE holdout SET started_at = '2026-02-01T00:00:00Z', ends_at = '2026-03-01T00:00:00Z', offered = 6"
    )
    await owner.execute(
        "UPDATE holdout_arm SET arm = CASE WHEN n.external_id = ANY('{c0,c1,c2,c3}') THEN 'offered' ELSE 'held_out' END"
        " FROM customer_alias n WHERE n.customer_id = holdout_arm.customer_id"
    )
    for number, goods in ((0, "30"), (1, "10"), (4, "20"), (5, "6")):
        await bought(api, f"c{number}", "2026-02-10T10:00:00Z", goods)
    await bought(api, "c4", "2026-03-01T00:00:00Z", "1000")
    # What came in the last ten seconds is not known yet.
    await owner.execute("UPDATE purchase SET recorded_at = recorded_at - interval '1 minute'")
    told = await measured(api, holdout_id)
    assert (told["state"], told["offered"], told["held_out"]) == ("over", 4, 8)
    active, spend = told["outcomes"]["active"]["plain"], told["outcomes"]["spend"]["plain"]
    assert active["value"] == pytest.approx(2 / 4 - 2 / 8)
    assert active["held_out"] == pytest.approx(2 / 8)
    assert spend["value"] == pytest.approx(4000 / 4 - 2600 / 8)
    low, high = spend["ci95"]
    assert low < spend["value"] < high
    # 10 to 21 euros in January: nearly nothing of February is foretold by it.
    assert told["outcomes"]["spend"]["cuped"]["left"] > 0.5

    # Somebody took most of an arm out: whoever did, it was not the lot.
    for number in range(40):
        await bought(api, f"d{number}", "2026-01-15T10:00:00Z", "5")
    await owner.execute(
        "INSERT INTO holdout_arm SELECT c.program_id, $1, c.customer_id, 'offered' FROM customer c"
        " WHERE NOT EXISTS (SELECT FROM holdout_arm a WHERE a.customer_id = c.customer_id)",
        holdout_id,
    )
    broken = await measured(api, holdout_id)
    assert (broken["state"], broken["outcomes"]) == ("alarm", {})
    assert broken["p"] < 0.001


def test_the_plan_goes_by_the_past_of_those_who_could_be_drawn() -> None:
    rng = np.random.default_rng(3)
    people, days = 600, 420
    rate = rng.gamma(2, 0.02, people)
    bought_on = rng.poisson(rate[:, None], (people, days))
    day, who = np.nonzero(bought_on.T)
    joined = np.where(np.arange(people) < 100, 50, NEVER)
    net = np.full(len(day), 2000)
    shop = Shop(who, day, net, joined, np.arange(people, dtype=np.uint64), days)
    pasts = pasts_of(shop)
    # 420 days hold 52 weeks, but not 52 more before them.
    assert [past.weeks for past in pasts] == [4, 8, 13, 26, 52]
    assert [past.rho is None for past in pasts] == [False, False, False, False, True]
    assert all(past.customers <= 500 for past in pasts)
    spent = np.array([net[(who == one) & (day >= days - 28)].sum() for one in np.unique(who[who >= 100])])
    assert (pasts[0].mean, pasts[0].deviation) == pytest.approx((spent.mean(), spent.std(ddof=1)))
    # The longer, the surer; customers who differ for good are foretold better, the longer one looks.
    told = outlook(pasts, 1000, 0.4)
    plain = [one.plain or 0.0 for one in told.findable]
    assert plain == sorted(plain, reverse=True)
    assert (pasts[3].rho or 0) > (pasts[0].rho or 0)
    assert told.weeks == next(
        past.weeks for past, one in zip(pasts, told.findable, strict=True) if (one.best or 9) <= 0.4
    )


async def test_a_plan_of_nobody_finds_nothing(api: httpx.AsyncClient) -> None:
    answer = await api.get("/v1/holdouts:plan", params={"holdout_bp": 1000, "hoped_for": "0.05"})
    told = answer.json()
    assert (told["customers"], told["weeks"], told["lengths"]) == (0, None, [])
    bad = await api.get("/v1/holdouts:plan", params={"holdout_bp": 1000, "hoped_for": "much"})
    assert bad.status_code == httpx.codes.UNPROCESSABLE_ENTITY
