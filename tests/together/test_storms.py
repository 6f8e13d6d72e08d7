"""Storms over HTTP: everything many times, in any order, over connections that are reset. Each thing happens once."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from random import Random

import asyncpg
import pytest

from tests.stories import day, joining
from tests.together.crowd import Crowd
from tests.together.services import Service, free_port
from tests.together.till import CUTS, Heard, Lost, Till, Wanted, ready
from tests.together.verbs import adjust

pytestmark = pytest.mark.xdist_group("processes")
TILLS = 24
CUSTOMERS = 7
DEAR, PRICE = 10**6, 10
sizes = pytest.mark.parametrize(("things", "times"), [(40, 8), pytest.param(500, 20, marks=pytest.mark.long)])


@pytest.fixture
async def port(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[int]:
    """Serve the API from a process of its own; gives its port."""
    found = free_port()
    command = ("serve", "--port", str(found), "--no-worker")
    service = Service(tmp_path / "serve.log", command, {"DATABASE_URL": database_url, "REDIS_URL": redis_url})
    service.start()
    await ready(found, patience=60)
    yield found
    service.end()
    assert '"level": "error"' not in service.said.read_text()


async def storm(port: int, key: str, wanted: Sequence[Wanted], times: int) -> list[Heard]:
    """Send everything so often, shuffled, a fifth of it in vain; gives the answer to each, of which there is one."""
    random = Random(7)  # noqa: S311 - to be repeated, not to be secret
    # The repeats of a thing come close to each other, so that many meet; its neighbours come in any order.
    sends = sorted((n for n in range(len(wanted)) for _ in range(times)), key=lambda n: n + random.random() * 6)
    answers: dict[int, set[tuple[int, bytes]]] = defaultdict(set)
    fresh: dict[int, int] = defaultdict(int)
    waiting, tills = iter(sends), [Till(port, key) for _ in range(TILLS)]

    async def work(till: Till) -> None:
        for n in waiting:
            if random.random() < 0.2:
                with pytest.raises(Lost):
                    await till.send(wanted[n], cut=random.choice(CUTS))
                continue
            heard = await till.insist(wanted[n])
            answers[n].add(heard[:2])
            fresh[n] += not heard.replayed

    await asyncio.gather(*(work(till) for till in tills))
    for n, one in enumerate(wanted):
        heard = await tills[0].insist(one)
        assert heard.replayed
        answers[n].add(heard[:2])
    for till in tills:
        till.close()
    assert sum(till.lost for till in tills) >= len(sends) // 8
    assert all(len(heard) == 1 for heard in answers.values()), [heard for heard in answers.values() if len(heard) > 1]
    # The first may have been cut off; nobody else is the first.
    assert all(first <= 1 for first in fresh.values())
    return [Heard(*next(iter(answers[n]))) for n in range(len(wanted))]


async def count(owner: asyncpg.Connection, what: str) -> int:
    return int(await owner.fetchval(f"SELECT count(*) FROM {what}"))


@sizes
async def test_a_storm_of_keys_does_each_thing_once_and_answers_it_alike(
    crowd: Crowd, port: int, key: str, things: int, times: int
) -> None:
    customers = [f"customer {n}" for n in range(CUSTOMERS)]
    await crowd.shop.join(*(joining(customer) for customer in customers))
    for customer in customers:
        await crowd.do(adjust(crowd.shop, customer, PRICE * things))
    rewards = [str(await crowd.reward(points)) for points in (PRICE, DEAR)]

    def thing(n: int) -> Wanted:
        customer = customers[n % CUSTOMERS]
        if n % 5 == 1:
            return Wanted(
                f"/v1/members/{customer.replace(' ', '%20')}/adjustments", {"points": n + 1, "reason": "?"}, f"k{n}"
            )
        # Every fifth asks for more than anybody has: its refusal is repeated like a success.
        body = {"customer_id": customer, "reward_id": rewards[n % 5 == 0], "capture": n % 2 == 0}
        return Wanted("/v1/redemptions", body, f"k{n}")

    before = await count(crowd.owner, "award")
    heard = await storm(port, key, [thing(n) for n in range(things)], times)
    assert [one.status for one in heard] == [409 if n % 5 == 0 else 201 for n in range(things)]
    effects = sum(1 for n in range(things) if n % 5)
    assert await count(crowd.owner, "award") == before + effects
    assert await count(crowd.owner, "redemption") == sum(1 for n in range(things) if n % 5 > 1)
    assert await count(crowd.owner, "adjustment") == CUSTOMERS + sum(1 for n in range(things) if n % 5 == 1)
    assert await count(crowd.owner, "idempotency") == things


@sizes
async def test_a_storm_of_orders_and_refunds_in_any_order_ends_the_same(
    crowd: Crowd, port: int, key: str, things: int, times: int
) -> None:
    await crowd.shop.join(*(joining(f"customer {n}") for n in range(CUSTOMERS)))
    wanted, earned, when = [], 0, day(1).isoformat()
    for n in range(things):
        order = {"order_id": f"o{n}", "placed_at": when, "currency": "EUR", "goods": f"{10 + n}.00"}
        # The refund may come before its purchase, and some of either are of nobody.
        wanted.append(Wanted("/v1/purchases", order | ({"customer_id": f"customer {n % CUSTOMERS}"} if n % 4 else {})))
        wanted.append(Wanted(f"/v1/purchases/o{n}/refunds", {"refund_id": "r", "refunded_at": when, "goods": "3.00"}))
        earned += 7 + n if n % 4 else 0
    heard = await storm(port, key, wanted, times)
    assert {one.status for one in heard} == {201}
    assert await count(crowd.owner, "purchase WHERE state = 'recorded'") == things
    assert await count(crowd.owner, "refund") == things
    assert await count(crowd.owner, "award WHERE purchase_id IS NOT NULL") == 2 * things
    assert await crowd.owner.fetchval("SELECT sum(available)::int FROM account") == earned
