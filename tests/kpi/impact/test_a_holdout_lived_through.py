"""A holdout lived through over HTTP, on the clock of test mode: four weeks, from the plan to what was measured."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import numpy as np
import pytest
from litestar import Litestar

from kpi.impact.keeping import measure_due
from loyalty.auth.actions import create_key
from loyalty.clock import utc_now
from loyalty.database import Database
from loyalty.earning.twins import ensure_twin
from loyalty.holdouts.tasks import draw_lots
from loyalty.ids import new_id
from loyalty.jobs.job import Desk
from loyalty.programs.actions import ensure_storefront
from loyalty.programs.facts import ProgramFacts

CUSTOMERS = 40
WEEK = timedelta(weeks=1)


@pytest.fixture
async def testing(app: Litestar, database: Database, program: ProgramFacts) -> AsyncIterator[httpx.AsyncClient]:
    async with database.session() as session:
        twin, _ = await ensure_twin(session, program)
        storefront, _ = await ensure_storefront(session, twin.program_id, "web shop")
        key = await create_key(
            session, program_id=twin.program_id, mode=twin.mode, storefront_id=storefront.storefront_id or 0
        )
    headers, transport = {"Authorization": f"Bearer {key}"}, httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        yield client


async def sent(api: httpx.AsyncClient, path: str, **body: object) -> httpx.Response:
    return await api.post(f"/v1/{path}", json=body, headers={"Idempotency-Key": str(uuid4())})


async def buys(api: httpx.AsyncClient, customer: str, at: datetime, cents: int) -> None:
    order = {"order_id": str(uuid4()), "customer_id": customer, "placed_at": at.isoformat(), "currency": "EUR"}
    assert (await sent(api, "purchases", **order, goods=f"{cents / 100:.2f}")).is_success


async def test_four_weeks_on_what_was_measured_is_what_the_arms_did(
    testing: httpx.AsyncClient, database: Database, owner: asyncpg.Connection
) -> None:
    async def worker() -> None:
        twin = await owner.fetchval("SELECT program_id FROM program WHERE mode = 'test'")
        for job in (draw_lots, measure_due):
            await job(Desk(database, twin, new_id(), 1, utc_now()))

    rng, now = np.random.default_rng(5), datetime.now(UTC)  # noqa: TID251 - the clock of the world, which test mode goes by
    before = {f"c{number}": int(rng.integers(2000, 9000)) for number in range(CUSTOMERS)}
    for customer, cents in before.items():
        await buys(testing, customer, now - WEEK, cents)
    begun = (await sent(testing, "holdouts", holdout_share="0.5", weeks=4)).json()
    # It begins in a moment. Everybody tries to join; whom the lot held out cannot, unless somebody says why.
    now += timedelta(minutes=1)
    assert (await sent(testing, "test-clock", now=now.isoformat())).is_success
    joining = {who: await sent(testing, "members", customer_id=who, joined_at=now.isoformat()) for who in before}
    held_out = [who for who, answer in joining.items() if answer.status_code == httpx.codes.CONFLICT]
    await worker()
    assert len(held_out) == (await testing.get(f"/v1/holdouts/{begun['holdout_id']}")).json()["held_out"]
    assert {joining[who].json()["code"] for who in held_out} == {"not_offered"}
    insisting = {"customer_id": held_out[0], "joined_at": now.isoformat(), "override_reason": "insisted at the till"}
    assert (await sent(testing, "members", **insisting)).is_success

    assert (await sent(testing, "test-clock", now=(now + WEEK).isoformat())).is_success
    during = {}
    for customer, cents in before.items():
        # The programme makes everybody who joined spend a third more; so the one who insisted does, too.
        joined = customer not in held_out or customer == held_out[0]
        during[customer] = round(cents * rng.uniform(0.8, 1.2) * (4 / 3 if joined else 1))
        await buys(testing, customer, now + WEEK - timedelta(hours=1), during[customer])
    path = f"/v1/holdouts/{begun['holdout_id']}/measurement"
    assert (await testing.get(path)).json()["outcomes"] == {}
    assert (await sent(testing, "test-clock", now=(now + 5 * WEEK).isoformat())).is_success
    await worker()
    told = (await testing.get(path)).json()
    assert (told["state"], told["held_out"], told["offered"]) == ("over", len(held_out), CUSTOMERS - len(held_out))

    # By arms, the one who insisted among those who were held out.
    y, x = (np.array(list(spent.values()), dtype=float) for spent in (during, before))
    out = np.array([who in held_out for who in before])
    spend = told["outcomes"]["spend"]
    assert spend["plain"]["value"] == pytest.approx(y[~out].mean() - y[out].mean())
    own = [(values - np.where(out, values[out].mean(), values[~out].mean())) for values in (x, y)]
    theta = (own[0] * own[1]).sum() / (own[0] ** 2).sum()
    z = y - theta * (x - x.mean())
    assert spend["cuped"]["value"] == pytest.approx(z[~out].mean() - z[out].mean())
    widths = [spend[name]["ci95"][1] - spend[name]["ci95"][0] for name in ("plain", "cuped")]
    assert widths[1] < widths[0] / 2
    assert told["outcomes"]["active"]["plain"]["value"] == 0
    assert (await sent(testing, "members", customer_id=held_out[1], joined_at=now.isoformat())).is_success
