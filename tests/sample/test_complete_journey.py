"""The main job, end to end: the whole public sample imported through the rules, in three orders, and every figure.

Each order of the files must give the published table, through `GET /v1/kpis/{key}`, and the same points.
"""

import gzip
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from kpi.rollup.work import rebuild
from loyalty.asgi import create_app
from loyalty.auth.actions import create_key
from loyalty.database import Database, connect
from loyalty.demo import facts as demo
from loyalty.demo.actions import ensure_demo
from loyalty.imports.actions import import_file
from loyalty.imports.facts import Imported, NewImport
from loyalty.programs.queries import all_programs
from loyalty.settings import Settings
from loyalty.verify import verify
from tests.conftest import TestServers, in_database, living
from tests.kpi import complete_journey as published
from tests.liability import closes_every_month

pytestmark = pytest.mark.sample

MEMBERS, PURCHASES = demo.CHAPTERS


def shuffled(tmp_path: Path, file: Path) -> Path:
    """Write the same rows in another order, uncompressed."""
    head, *rows = gzip.decompress(file.read_bytes()).decode().splitlines(keepends=True)
    random.Random(84_51).shuffle(rows)  # noqa: S311 - a test's order, not a secret
    other = tmp_path / file.name.removesuffix(".gz")
    other.write_text(head + "".join(rows))
    return other


def every_tenth(file: Path) -> Path:
    """Write a tenth of a file's rows into another beside it."""
    head, *rows = file.read_text().splitlines(keepends=True)
    other = file.with_stem(f"{file.stem}-tenth")
    other.write_text(head + "".join(rows[::10]))
    return other


@dataclass
class Shop:
    """A database with the whole sample in it."""

    database: Database
    api: httpx.AsyncClient
    files: dict[str, Path]
    loaded: list[Imported]

    async def bring_in(self, kind: str) -> Imported:
        """Import one of the sample's files."""
        found = await ensure_demo(self.database)
        storefront = found.storefront_id if kind == "purchases" else None
        return await import_file(
            self.database, NewImport(found.program, kind, self.files[kind], storefront, found.namespace)
        )

    async def kpi(self, key: str, row: published.Row) -> dict[str, Any]:
        """Ask the API for a measure over a published period."""
        params = {"start": row.start.isoformat(), "end": row.end.isoformat()}
        answer = await self.api.get(f"/v1/kpis/{key}", params=params)
        assert answer.status_code == 200, answer.text
        segments: dict[str, Any] = answer.json()["segments"]
        return {**segments, "counts": answer.json()["counts"]}


# The first holds both others at once; the long run takes them one by one.
ORDERS = [
    "members last, shuffled",
    pytest.param("members first", marks=pytest.mark.long),
    pytest.param("members last", marks=pytest.mark.long),
    pytest.param("shuffled", marks=pytest.mark.long),
]


@pytest.fixture(params=ORDERS)
async def shop(
    request: pytest.FixtureRequest, servers: TestServers, template: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Shop]:
    """Import the whole sample in one of three orders."""
    name = f"{template}_sample_{uuid4().hex[:8]}"
    await run(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    url = in_database(servers.database_url, name)
    files = {MEMBERS.kind: MEMBERS.path, PURCHASES.kind: PURCHASES.path}
    if "shuffled" in request.param:
        files = {kind: shuffled(tmp_path, file) for kind, file in files.items()}
    order = ["purchases", "members"] if "members last" in request.param else ["members", "purchases"]
    async with connect(Settings(pool_size=4), url) as database:
        found = await ensure_demo(database)
        async with database.session() as session:
            key = await create_key(
                session, program_id=found.program.program_id, mode="live", storefront_id=found.storefront_id
            )
        app = create_app(Settings(DATABASE_URL=url, REDIS_URL=redis_url, pool_size=2))
        async with (
            living(app),
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://loyalty.test",
                headers={"Authorization": f"Bearer {key}"},
            ) as api,
        ):
            shop = Shop(database, api, files, [])
            shop.loaded = [await shop.bring_in(kind) for kind in order]
            # As the worker does soon after.
            await rebuild(database, found.program.program_id)
            yield shop
    await run(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def shares(ratio: dict[str, Any], share: published.Share | None) -> None:
    """Hold a ratio against a published share; null where none was published."""
    if share is None:
        assert (ratio["num"], ratio["den"], ratio["value"]) == (0, 0, None)
    else:
        assert (ratio["num"], ratio["den"]) == (share.num, share.den)


async def test_every_figure_of_the_published_table_comes_out_whatever_was_imported_first(shop: Shop) -> None:
    assert sorted((result.rows, result.recorded, result.errors) for result in shop.loaded) == [
        (1559, 1559, 0),
        (155_848, 155_848, 0),
    ]
    for row in published.ROWS:
        aov = await shop.kpi("aov", row)
        assert (aov["member"]["den"], aov["all"]["den"]) == (row.orders_member, row.orders_all), row.name
        assert round(aov["member"]["value"] / 100, 4) == float(row.aov_member), row.name
        assert round(aov["non_member"]["value"] / 100, 4) == float(row.aov_other), row.name
        active = await shop.kpi("orders_per_active", row)
        buyers = (active["member"]["den"], active["non_member"]["den"], active["counts"]["overlap"])
        assert buyers == (row.buyers_member, row.buyers_other, row.overlap), row.name
        retention = await shop.kpi("retention_rate", row)
        shares(retention["member"], row.retention_member)
        shares(retention["non_member"], row.retention_other)
        shares(retention["all"], row.retention_all)
        conversion = await shop.kpi("loyal_conversion", row)
        shares(conversion["member"], row.conversion_member)
        shares(conversion["non_member"], row.conversion_other)

    await points_and_proof(shop)
    if shop.files[PURCHASES.kind] == PURCHASES.path:
        await again_changes_nothing(shop, 1559, 155_848)
    else:
        shop.files = {kind: every_tenth(file) for kind, file in shop.files.items()}
        await again_changes_nothing(shop, 156, 15_585)


async def points_and_proof(shop: Shop) -> None:
    """The points of the whole year, and a ledger without a fault."""
    async with shop.database.reader() as connection:
        points = await connection.fetchval("SELECT sum(available) FROM account")
        zero = await connection.fetchval("SELECT count(*) FROM purchase WHERE goods_minor = 0")
        report = await verify(connection)
        [program] = await all_programs(connection)
    assert (points, zero) == (published.YEAR_POINTS, published.YEAR_ZERO_AMOUNT)
    for key in ("points_issued", "points_outstanding"):
        told = (await shop.api.get(f"/v1/kpis/{key}?start=2017-01-01&end=2018-01-01")).json()
        assert told["segments"]["all"]["num"] == published.YEAR_POINTS
    assert report.faults == []
    assert report.checked
    liability = await closes_every_month(shop.database, program)
    assert liability is not None
    assert len(liability.periods) == 12
    assert liability.periods[-1].roll.closing.net == published.YEAR_POINTS


async def again_changes_nothing(shop: Shop, members: int, purchases: int) -> None:
    """The same rows again: each is unchanged, and not one more stands in the ledger."""
    count = "SELECT (SELECT count(*) FROM award), (SELECT count(*) FROM entry), (SELECT sum(version) FROM account)"
    async with shop.database.reader() as connection:
        before = await connection.fetchrow(count)
    results = [await shop.bring_in(kind) for kind in ("members", "purchases")]
    async with shop.database.reader() as connection:
        after = await connection.fetchrow(count)
    told = [(result.recorded, result.unchanged, result.errors) for result in results]
    assert told == [(0, members, 0), (0, purchases, 0)]
    assert before == after
