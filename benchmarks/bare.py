"""The framework with nothing in it: reads the same requests, answers the same JSON from memory. A peer in benchmarks.

`BENCH_ANSWERS` names a file with what the service once answered.
"""

import multiprocessing
import os
import sys
from pathlib import Path

import msgspec
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from litestar import Litestar, get, post
from litestar.params import FromPath, JSONBody

from loyalty.cli.children import load
from loyalty.members.wire import MemberBalance
from loyalty.purchases.told import PurchaseIn
from loyalty.purchases.wire import PurchaseRecorded


class Answers(msgspec.Struct):
    """What is answered, whoever asks."""

    balance: MemberBalance
    purchase: PurchaseRecorded


def create_app() -> Litestar:
    """Make the application; `benchmarks.serving` serves it as it serves the service."""
    answers = msgspec.json.decode(Path(os.environ["BENCH_ANSWERS"]).read_bytes(), type=Answers)

    @get("/livez", sync_to_thread=False)
    def livez() -> dict[str, str]:
        return {"status": "ok"}

    @get("/v1/members/{customer_id:str}/balance")
    async def balance(customer_id: FromPath[str]) -> MemberBalance:
        del customer_id
        return answers.balance

    @post("/v1/purchases")
    async def record(data: JSONBody[PurchaseIn]) -> PurchaseRecorded:
        del data
        return answers.purchase

    return Litestar([livez, balance, record], openapi_config=None, logging_config=None)


def main() -> None:
    """Serve it at a port as `loyalty serve` serves the service."""
    multiprocessing.set_start_method("spawn", force=True)
    Server(
        target="benchmarks.bare:create_app",
        port=int(sys.argv[1]),
        interface=Interfaces.ASGI,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve(target_loader=load)


if __name__ == "__main__":
    main()
