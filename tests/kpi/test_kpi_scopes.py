"""A key reads figures only with the scope for it."""

import asyncpg
import httpx
import pytest

MARCH = "start=2026-03-01&end=2026-04-01"


@pytest.mark.parametrize(("scopes", "status"), [(["kpis:read"], 200), (["*"], 200), (["members:read"], 403), ([], 403)])
async def test_figures_need_their_scope(
    api: httpx.AsyncClient, owner: asyncpg.Connection, scopes: list[str], status: int
) -> None:
    await owner.execute("UPDATE api_key SET scopes = $1", scopes)
    for address in (
        "/v1/kpis",
        f"/v1/kpis/orders?{MARCH}",
        f"/v1/kpis/orders/series?{MARCH}&grain=month",
        f"/v1/kpis/orders/series.csv?{MARCH}&grain=month",
        f"/v1/kpis/orders/series.xlsx?{MARCH}&grain=month",
    ):
        assert (await api.get(address)).status_code == status, address
