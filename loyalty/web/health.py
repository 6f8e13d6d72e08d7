"""Is the service alive, and can it do its work?"""

from typing import Literal

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State

import migrations
from loyalty.jobs.queries import ran_lately
from loyalty.web.problems import log

Word = Literal["ok", "away", "behind"]


class Health(msgspec.Struct):
    """`degraded` still takes purchases: money needs neither Redis nor a worker."""

    status: Literal["ok", "degraded", "unavailable"]
    database: Word
    migrations: Word
    redis: Word
    worker: Word


@get("/livez", sync_to_thread=False, include_in_schema=False)
def livez() -> dict[str, str]:
    """Answer as long as the process does."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def readyz(request: Request[object, object, State]) -> Response[Health]:
    """Ask the database, the migrations, Redis, and when a job ran last."""
    database, migrated, redis, worker = "ok", "ok", "ok", "away"
    try:
        async with request.app.state.database.reader() as connection:
            found = await connection.fetchval("SELECT version_num FROM alembic_version")
            migrated = "ok" if found == migrations.head() else "behind"
            if migrated == "ok" and await ran_lately(connection):
                worker = "ok"
    except Exception as error:  # noqa: BLE001 - whatever it is, we are not ready
        log.warning("not ready", error=repr(error))
        database, migrated = "away", "away"
    try:
        await request.app.state.redis.ping()
    except Exception as error:  # noqa: BLE001 - the money path does without
        log.warning("redis is away", error=repr(error))
        redis = "away"
    if (database, migrated) != ("ok", "ok"):
        return Response(Health("unavailable", database, migrated, redis, worker), status_code=503)  # type: ignore[arg-type]
    well = redis == worker == "ok"
    return Response(Health("ok" if well else "degraded", "ok", "ok", redis, worker))  # type: ignore[arg-type]
