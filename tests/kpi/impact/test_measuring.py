"""What a holdout measured, over HTTP: nothing before its day, the arms as they were drawn on it; the plan before it."""

from typing import Any

import asyncpg
import httpx
import numpy as np
import pytest

from kpi.impact.actions import start
from kpi.impact.horizon import outlook
from kpi.impact.keeping import measure_due
from kpi.impact.planning import pasts_of
from kpi.impact.shop import NEVER, Shop
from kpi.impact.tasks import work_off
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.holdouts.tasks import draw_lots
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.programs.facts import ProgramFacts


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


async def measure(owner: asyncpg.Connection, database: Database, program: ProgramFacts, offset: str) -> None:
    """Let time pass, and the jobs of holdouts run."""
    await owner.execute("UPDATE program SET mode = 'test', clock_offset = $1::text::interval", offset)
    desk = Desk(database, program.program_id, new_id(), 1, utc_now())
    await draw_lots(desk)
    await measure_due(desk)


async def test_it_is_read_once_on_its_day_by_the_arms_that_were_drawn(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    for number in range(12):
        await bought(api, f"c{number}", "2026-01-15T10:00:00Z", f"{10 + number}")
    begun = await api.post(
        "/v1/holdouts", json={"holdout_share": "0.5", "weeks": 4}, headers={"Idempotency-Key": "begin"}
    )
    holdout_id = begun.json()["holdout_id"]
    assert (await measured(api, holdout_id))["offered"] == 0
    await measure(owner, database, program, "30 seconds")
    running = await measured(api, holdout_id)
    assert (running["state"], running["outcomes"], running["offered"] + running["held_out"]) == ("running", {}, 12)

    # As if it had run in February; whom the lot would have drawn is settled, so that the figures are.
    await owner.execute("UPDATE holdout SET started_at = '2026-02-01T00:00:00Z', ends_at = '2026-03-01T00:00:00Z'")
    await owner.execute("UPDATE customer SET recorded_at = '2026-01-15T10:00:00Z'")
    await owner.execute(
        "UPDATE holdout_arm SET arm = CASE WHEN n.external_id = ANY('{c0,c1,c2,c3}') THEN 'offered' ELSE 'held_out' END"
        " FROM customer_alias n WHERE n.customer_id = holdout_arm.customer_id"
    )
    for number, goods in ((0, "30"), (1, "10"), (4, "20"), (5, "6")):
        await bought(api, f"c{number}", "2026-02-10T10:00:00Z", goods)
    await bought(api, "c4", "2026-03-01T00:00:00Z", "1000")
    # Its day has come, and the job has not: nothing is read by whoever looks.
    assert (await measured(api, holdout_id))["state"] == "running"
    # What came in the last ten seconds is not known yet.
    await measure(owner, database, program, "2 minutes")
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
    # What is told later of these days changes nothing of what was read.
    await bought(api, "c5", "2026-02-11T10:00:00Z", "5000")
    await measure(owner, database, program, "1 day")
    assert await measured(api, holdout_id) == told


async def test_the_lot_is_watched_while_it_runs(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    for number in range(40):
        await bought(api, f"c{number}", "2026-01-15T10:00:00Z", "5")
    member = {"customer_id": "m", "joined_at": "2026-01-01T00:00:00Z"}
    assert (await api.post("/v1/members", json=member, headers={"Idempotency-Key": "m"})).is_success
    begun = await api.post(
        "/v1/holdouts", json={"holdout_share": "0.5", "weeks": 4}, headers={"Idempotency-Key": "begin"}
    )
    holdout_id = begun.json()["holdout_id"]
    await measure(owner, database, program, "30 seconds")
    fine = await measured(api, holdout_id)

    async def merge(gone: str, kept: str) -> None:
        answer = await api.post(
            f"/v1/customers/{gone}/merge", json={"into": kept}, headers={"Idempotency-Key": f"{gone}-{kept}"}
        )
        assert answer.is_success, answer.text

    arms = await owner.fetch(
        "SELECT external_id, arm FROM holdout_arm a JOIN customer_alias USING (program_id, customer_id)"
    )
    offered, held_out = ([row[0] for row in arms if row[1] == arm] for arm in ("offered", "held_out"))
    assert (fine["state"], fine["offered"], fine["held_out"]) == ("running", len(offered), len(held_out))
    # One goes on as a member of before it began, and is in no arm any more; the others turn out to be one person.
    await merge(held_out[0], "m")
    for gone in held_out[2:]:
        await merge(gone, held_out[1])
    await measure(owner, database, program, "12 hours")
    assert await measured(api, holdout_id) == fine
    await measure(owner, database, program, "2 days")
    broken = await measured(api, holdout_id)
    assert (broken["state"], broken["offered"], broken["held_out"]) == ("alarm", len(offered), 1)
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
    known = np.unique(who[(who >= 100) & (day < days - 28)])
    spent = np.array([net[(who == one) & (day >= days - 28)].sum() for one in known])
    assert (pasts[0].mean, pasts[0].deviation) == pytest.approx((spent.mean(), spent.std(ddof=1)))
    # The longer, the surer; customers who differ for good are foretold better, the longer one looks.
    told = outlook(pasts, 1000, 0.4)
    plain = [one.plain or 0.0 for one in told.findable]
    assert plain == sorted(plain, reverse=True)
    assert (pasts[3].rho or 0) > (pasts[0].rho or 0)
    assert told.weeks == next(
        past.weeks for past, one in zip(pasts, told.findable, strict=True) if (one.best or 9) <= 0.4
    )


def test_the_plan_takes_everybody_whom_the_draw_would_take() -> None:
    # Four weeks from day 100 on: 0 and 1 bought before; 2 bought first within them; 3 joined within them, 4 before,
    # 5 had left by then, 6 left within them. Three more were known and never bought, and one came later.
    customer, day = np.array([0, 1, 3, 4, 5, 6, 0, 1, 2, 3]), np.array([60, 60, 60, 60, 60, 60, 110, 120, 120, 125])
    joined = np.array([NEVER, NEVER, NEVER, 105, 50, 40, 40])
    left = np.array([NEVER, NEVER, NEVER, NEVER, NEVER, 90, 110])
    net, keys = np.array([9, 9, 9, 9, 9, 9, 10, 20, 40, 80]), np.arange(7, dtype=np.uint64)
    shop = Shop(customer, day, net, joined, keys, 128, left, np.array([70, 80, 99, 100]))
    [past, *_] = pasts_of(shop)
    # 0, 1, 3 and 5, and the three: 3 joined by what nobody could know then.
    assert (past.weeks, past.customers) == (4, 7)
    assert past.mean == pytest.approx((10 + 20 + 80) / 7)


async def test_a_plan_comes_with_the_estimate(
    api: httpx.AsyncClient, owner: asyncpg.Connection, database: Database, program: ProgramFacts
) -> None:
    asked = {"holdout_share": "0.5", "hoped_for": "0.05"}
    told = (await api.get("/v1/holdouts:plan", params=asked)).json()
    assert (told["customers"], told["weeks"], told["lengths"], told["until"]) == (0, None, [], None)
    for wrong in ({"hoped_for": "much"}, {"holdout_share": "1"}, {"holdout_share": "0.00001"}):
        answer = await api.get("/v1/holdouts:plan", params=asked | wrong)
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    for number in range(6):
        await bought(api, f"c{number}", "2026-01-15T10:00:00Z", f"{5 + number}")
        await bought(api, f"c{number}", "2026-03-01T10:00:00Z", f"{5 + number}")
    await owner.execute("UPDATE purchase SET recorded_at = recorded_at - interval '1 minute'")
    async with database.writer() as connection, connection.transaction():
        await start(connection, program.program_id, "user:somebody")
    await work_off(Desk(database, program.program_id, new_id(), 1, utc_now()))
    told = (await api.get("/v1/holdouts:plan", params=asked)).json()
    assert (told["customers"], told["until"], [one["weeks"] for one in told["lengths"]]) == (6, "2026-03-02", [4])
