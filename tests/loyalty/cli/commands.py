"""What tests of the commands have in common: what is imported, and asking the API with a key."""

from collections.abc import Callable

import httpx
from click.testing import Result
from litestar import Litestar

PURCHASES = "order_id,customer_id,placed_at,goods\n1,a,2026-01-02T10:00:00Z,12.50\n"
PERIOD = ["--start", "2026-01-01", "--end", "2026-02-01"]

Run = Callable[..., Result]


async def asked(app: Litestar, key: str, path: str) -> httpx.Response:
    """Ask the API with a key."""
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://loyalty.test", headers=headers) as client:
        return await client.get(path)
