"""Saved views, as they are stored: one's own, or everybody's."""

from uuid import uuid4

import asyncpg
import pytest

from loyalty.auth.views import NewView, StaffViews
from loyalty.errors import Invalid, NotFound
from tests.stories import Shop


async def test_views_are_ones_own_unless_they_are_shared(
    shop: Shop, owner: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, noah = uuid4(), uuid4()
    for who, email in ((maya, "maya@example.com"), (noah, "noah@example.com")):
        await owner.execute('INSERT INTO "user" (user_id, email, role) VALUES ($1, $2, $3)', who, email, "owner")
    views, program = StaffViews(lambda: shop.database), shop.source.program.program_id
    monkeypatch.setattr("loyalty.auth.views.MOST", 2)
    await views.save(program, maya, NewView("members", "b", "q=b", shared=False))
    await views.save(program, maya, NewView("members", "A", "q=a", shared=True))
    with pytest.raises(Invalid):
        await views.save(program, maya, NewView("members", "c", "q=c", shared=True))
    await views.save(program, maya, NewView("purchases", "c", "q=c", shared=True))
    mine, theirs = await views.listed(program, "members", maya), await views.listed(program, "members", noah)
    assert ([one.name for one in mine], [one.name for one in theirs]) == (["A", "b"], ["A"])
    shared, own = mine
    for view, leads in ((own, True), (shared, False)):
        with pytest.raises(NotFound):
            await views.delete(program, noah, view.view_id, leads=leads)
    with pytest.raises(NotFound):
        await views.rename(program + 1, maya, own.view_id, "x", leads=True)
    assert await views.rename(program, noah, shared.view_id, "Z", leads=True) == ("members", "q=a")
    assert await views.delete(program, maya, own.view_id, leads=False) == ("members", "q=b")
    assert [one.name for one in await views.listed(program, "members", maya)] == ["Z"]
