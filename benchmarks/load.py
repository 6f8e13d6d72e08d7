"""A mixed load by locust, a process of its own: `python -m benchmarks.load` reads a job and tells times, as JSON.

Of 20 requests 12 record a purchase, 6 read, and 2 are a redemption: held, then captured.
"""

# locust replaces Python's sockets, and has to do it first.
from locust import FastHttpUser, constant_throughput, events, task  # isort: skip
from locust.env import Environment  # isort: skip

import json
import random
import sys
from collections import defaultdict
from datetime import timedelta
from time import perf_counter
from typing import Any, ClassVar
from uuid import uuid4

import gevent

from benchmarks.shop import MEMBERS, START

_USERS = 16


class Customer(FastHttpUser):
    """A connection of the shop, on which one request follows another."""

    key: ClassVar[str] = ""
    reward_id: ClassVar[str] = ""
    connection_timeout = network_timeout = 10

    def on_start(self) -> None:
        """Know who asks."""
        self.own = {"Authorization": f"Bearer {self.key}"}
        self.random = random.Random(uuid4().int)  # noqa: S311 - whom to ask for is no secret
        self.bought = 0

    @task(12)
    def award(self) -> None:
        """Record a purchase."""
        self.bought += 1
        told = {
            "order_id": str(uuid4()),
            "customer_id": self._somebody(),
            "placed_at": (START + timedelta(seconds=self.random.randrange(10**6))).isoformat(),
            "currency": "EUR",
            "goods": f"{self.random.randrange(20, 220)}.50",
        }
        self._ask("POST", "/v1/purchases", "POST purchases", json=told)

    @task(3)
    def balance(self) -> None:
        """Ask for points and lots."""
        self._ask("GET", f"/v1/members/{self._somebody()}/balance", "GET members/…/balance")

    @task(1)
    def member(self) -> None:
        """Ask for a member."""
        self._ask("GET", f"/v1/members/{self._somebody()}", "GET members/…")

    @task(1)
    def entries(self) -> None:
        """Ask for the movements."""
        self._ask("GET", f"/v1/members/{self._somebody()}/entries?limit=20", "GET members/…/entries")

    @task(1)
    def rewards(self) -> None:
        """Ask for what can be had."""
        self._ask("GET", f"/v1/rewards?customer_id={self._somebody()}", "GET rewards")

    @task(1)
    def redemption(self) -> None:
        """Hold the price of a reward, and capture it."""
        told = {"customer_id": self._somebody(), "reward_id": self.reward_id}
        held = self._ask("POST", "/v1/redemptions", "POST redemptions", json=told, key=str(uuid4()))
        if held.status_code == 201:  # noqa: PLR2004
            path = f"/v1/redemptions/{held.json()['redemption_id']}/capture"
            self._ask("POST", path, "POST redemptions/…/capture")

    def _somebody(self) -> str:
        return f"c{self.random.randrange(MEMBERS)}"

    def _ask(self, method: str, path: str, name: str, json: object = None, key: str = "") -> Any:  # noqa: ANN401
        more = {"Idempotency-Key": key} if key else {}
        return self.client.request(method, path, name=name, json=json, headers=self.own | more)


def run(host: str, seconds: float, rate: float | None) -> tuple[float, dict[str, list[float]], dict[str, int]]:
    """Send for a while, as fast as it goes or at a rate; tells the rate, the milliseconds by name, and the failures."""
    times: dict[str, list[float]] = defaultdict(list)
    failures: dict[str, int] = defaultdict(int)

    def heard(name: str, response_time: float, exception: Exception | None, **_: object) -> None:
        if exception is None:
            times[name].append(response_time)
        else:
            failures[f"{name}: {exception}"] += 1

    # A redemption is a task of two requests.
    Customer.wait_time = constant_throughput(rate / _USERS * 19 / 20) if rate else _at_once
    hooks: Any = events.__class__()
    hooks.request.add_listener(heard)
    environment = Environment(user_classes=[Customer], events=hooks, host=host)
    runner = environment.create_local_runner()
    runner.start(_USERS, spawn_rate=_USERS)
    gevent.sleep(1 + seconds / 5)  # to warm up
    times.clear()
    began = perf_counter()
    gevent.sleep(seconds)
    took = perf_counter() - began
    told = {name: list(found) for name, found in times.items()}
    runner.quit()
    return sum(map(len, told.values())) / took, told, dict(failures)


def _at_once(_: object) -> float:
    return 0.0


def main() -> None:
    """Find the capacity, then send at half of it."""
    job = json.load(sys.stdin)
    Customer.key, Customer.reward_id = job["key"], job["reward_id"]
    capacity, busy, wrong = run(job["host"], job["seconds"], None)
    rate, times, wrong_too = run(job["host"], job["seconds"], capacity / 2)
    told = {"capacity": capacity, "rate": rate, "busy": busy, "times": times, "failures": wrong | wrong_too}
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main()
