"""`docs/moving-in.md` as it stands: its commands are run, in their order, against a service of our own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import asyncpg
import httpx

from loyalty.exports.kind import KINDS as EXPORTS
from loyalty.imports.kind import KINDS as IMPORTS
from tests.loyalty.jobs.workers import until
from tests.together.services import Service, free_port
from tests.together.till import ready

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "moving-in.md"
FILES = ROOT / "docs" / "moving-in"


def blocks() -> list[str]:
    """Give the commands of the page, block by block."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


async def test_the_page_moves_a_shop_in(
    database_url: str, redis_url: str, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    ours = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "LOYALTY_POOL_SIZE": "4"}
    port = free_port()
    tools = {"URL": f"http://127.0.0.1:{port}", "PYTHONPATH": str(ROOT)}
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_", "LOYALTY_"))
    }

    def run(commands: str, **more: str) -> str:
        script = f'set -e\nloyalty() {{ "{sys.executable}" -m loyalty.cli "$@"; }}\n{commands}'
        whole = {**env, **ours, **tools, **more}
        command = ["bash", "-c", script]
        done = subprocess.run(command, cwd=FILES, env=whole, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    create, trial, bring_in, see = blocks()
    run(create)
    key = run('loyalty keys create --program "My shop" --storefront web').strip().splitlines()[-1]
    service = Service(tmp_path / "serve.log", ("serve", "--port", str(port)), ours)
    service.start()
    try:
        await ready(port, "ok", patience=60)

        async def idle() -> bool:
            return not await owner.fetchval("SELECT count(*) FROM import WHERE finished_at IS NULL")

        run(trial, KEY=key)
        await until(idle)
        assert await owner.fetchval("SELECT count(*) FROM membership") == 0
        run(bring_in, KEY=key)
        await until(idle)
        told = run(see, KEY=key)
        async with httpx.AsyncClient(base_url=tools["URL"], headers={"Authorization": f"Bearer {key}"}) as api:
            imports = (await api.get("/v1/imports")).json()["data"]
            balance = (await api.get("/v1/members/c-1001/balance")).json()
    finally:
        service.end()
    assert [(one["kind"], one["dry_run"], one["state"], one["refused"]) for one in reversed(imports)] == [
        ("members", True, "done", 0),
        ("members", False, "done", 0),
        ("balances", False, "done", 0),
        ("purchases", False, "done", 0),
        ("refunds", False, "done", 0),
    ]
    assert '"available":300' in told.replace(" ", "")
    assert [(lot["points"], lot["expires_at"]) for lot in balance["lots"]] == [
        (240, "2099-03-02T23:00:00Z"),
        (60, "2099-08-15T22:00:00Z"),
    ]
    # History is there for the figures, and has earned nothing.
    assert await owner.fetchval("SELECT count(*) FROM purchase WHERE member") == 2
    assert await owner.fetchval("SELECT count(*) FROM entry WHERE kind = 'issue'") == 0
    assert await owner.fetchval("SELECT sum(available) FROM account") == 300 + 515


def test_the_page_names_every_column_that_a_row_needs() -> None:
    page = PAGE.read_text()
    for kind in ("members", "purchases", "refunds", "balances"):
        [line] = re.findall(rf"^\| {kind} \|.*$", page, re.MULTILINE)
        needed = {column.name for column in IMPORTS.all()[kind].columns if column.required} - {"net_cents"}
        assert needed <= set(re.findall(r"\w+", line)), kind
        header = (FILES / f"{kind}.csv").read_text().splitlines()[0].split(",")
        assert set(header) <= {column.name for column in IMPORTS.all()[kind].columns}, kind
        # What is written can be brought in.
        assert needed <= set(EXPORTS.all()[kind].columns), kind
