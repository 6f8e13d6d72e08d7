"""A programme of a million members to look at in the panel: names and addresses, points, purchases, key figures."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from urllib.parse import urlsplit

import asyncpg

import migrations
from benchmarks.__main__ import at
from benchmarks.kpi.generated import MEMBERS_OF_A_HUNDRED, generate
from benchmarks.serving import served
from kpi.rollup.work import CONSUMER, rebuild
from loyalty.auth.actions import sign_in, sign_in_link
from loyalty.background import register_consumers
from loyalty.database import connect
from loyalty.earning.actions import publish
from loyalty.embedded import Servers
from loyalty.outbox.queries import built
from loyalty.settings import Settings

# A purchase in a few months: most of a million members buy seldom.
_PURCHASES_A_MEMBER = 2
_RULE = {"kind": "points_per_amount", "points_per_step": 1, "step_minor": 100, "whole_steps": True}
_FIRST = "Ann Ben Cleo Dora Eve Fay Gus Hal Ida Jon Kim Léa Max Nora Otto Pia Quentin Rosa Sam Tom Uma Vera Will Zoé"
_LAST = "Verger Martin Weber Whitfield Brown Durand Moreau Lefèvre Garcia Roux Fournier Girard Bonnet Dupont Lambert"
_NAMES = """
UPDATE customer c SET name = f.first[1 + n % 24] || ' ' || f.last[1 + n % 15] || ' ' || n,
  email = lower(f.first[1 + n % 24]) || n || '@example.com'
FROM customer_alias a, (SELECT string_to_array($2, ' ') AS first, string_to_array($3, ' ') AS last) f,
  LATERAL substr(a.external_id, 2) t (told),
  LATERAL (SELECT t.told::int AS n) k
WHERE c.program_id = $1 AND a.program_id = $1 AND a.customer_id = c.customer_id
"""
_ACCOUNTS = """
INSERT INTO account (program_id, customer_id, version, seq, settled_at, head_hash)
SELECT $1, m.customer_id, 1, coalesce(max(e.seq), 0), now(), '' FROM
  (SELECT DISTINCT customer_id FROM membership WHERE program_id = $1) m
  LEFT JOIN entry e ON e.program_id = $1 AND e.customer_id = m.customer_id GROUP BY m.customer_id
"""
_SOMEBODY = """
SELECT customer_id::text FROM purchase WHERE program_id = $1 AND member
GROUP BY customer_id ORDER BY count(*) DESC LIMIT 1
"""


@contextmanager
def crowded(servers: Servers, members: int) -> Iterator[tuple[int, str, str]]:
    """Serve a programme of so many members; tells the port, a session's cookie, and whose page is the longest."""
    began = perf_counter()
    url = at(servers.database_url, "crowded")
    secret, somebody = asyncio.run(_made(servers.database_url, url, members))
    print(f"Made {members:,} members up in {perf_counter() - began:.0f} s.", flush=True)  # noqa: T201 - a command line
    with served(url, servers.redis_url, "none") as service:
        yield service.port, f"loyalty={secret}", somebody


async def _made(server: str, url: str, members: int) -> tuple[str, str]:
    register_consumers()
    owner = await asyncpg.connect(server)
    await owner.execute("CREATE DATABASE crowded")
    await owner.close()
    await migrations.upgrade(url)
    owner = await asyncpg.connect(url)
    customers = members * 100 // MEMBERS_OF_A_HUNDRED
    program = await generate(owner, members * _PURCHASES_A_MEMBER, customers=customers)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(_NAMES, program.program_id, _FIRST, _LAST)
    await owner.execute(_ACCOUNTS, program.program_id)
    await owner.execute("SET session_replication_role = origin")
    for table in ("customer", "account"):
        await owner.execute(f"VACUUM ANALYZE {table}")
    somebody = await owner.fetchval(_SOMEBODY, program.program_id)
    await owner.close()
    async with connect(Settings(pool_size=2), url) as database:
        await rebuild(database, program.program_id)
        async with database.writer() as connection:
            await built(connection, program.program_id, CONSUMER)
        async with database.session() as session:
            await publish(session, program.program_id, [_RULE])
            token = urlsplit(await sign_in_link(session, "http://127.0.0.1", "maya@example.com")).path.rpartition("/")[
                2
            ]
        async with database.writer() as connection:
            opened = await sign_in(connection, token)
    if opened is None:
        msg = "the link was good a moment ago"
        raise AssertionError(msg)
    return opened.secret, str(somebody)
