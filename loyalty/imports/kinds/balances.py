"""Opening balances: the points that members bring along from another programme."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from msgspec import Struct

from loyalty.database import Tx
from loyalty.earning.queries import RulesCache
from loyalty.errors import LoyaltyError
from loyalty.imports.columns import BadValue, Column, day, instant, shop_id, shown, word
from loyalty.imports.kind import KINDS
from loyalty.members.balances import open_balances
from loyalty.members.openings import NewOpening, Opened
from loyalty.points.dates import midnight_after
from loyalty.programs.facts import ProgramFacts, Source

_DAY = len("2026-03-31")
_MOST = 10**12
_NEVER = "never"


def _points(text: str, _program: ProgramFacts) -> int:
    """Read a whole number of points above zero."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and 0 < int(text) <= _MOST:
        return int(text)
    raise BadValue("bad_points", f"{shown(text)} is no whole number of points above zero")


def _from(text: str, program: ProgramFacts) -> datetime:
    """Read an instant, or a day: that begins at its local midnight."""
    if len(text.strip()) != _DAY:
        return instant(text, program)
    return midnight_after(day(text, program).date() - timedelta(days=1), program.zone)


def _until(text: str, program: ProgramFacts) -> datetime | None:
    """Read an instant, a day (the points are good for all of it), or the word never."""
    if text.strip() == _NEVER:
        return None
    return (
        instant(text, program) if len(text.strip()) != _DAY else midnight_after(day(text, program).date(), program.zone)
    )


@KINDS.register("balances")
class Balances:
    """One row a lot of points that still is good; several rows of one customer are several lots."""

    summary: ClassVar[str] = "Opening balances: customer_id, points, earned_at[, expires_at, balance_id, note]."
    columns: ClassVar[tuple[Column, ...]] = (
        Column("customer_id", "external_id", shop_id, required=True, empty=False),
        Column("points", "points", _points, required=True, empty=False),
        Column("earned_at", "earned_at", _from, required=True, empty=False),
        Column("expires_at", "expires_at", _until),
        Column("balance_id", "balance_id", shop_id),
        Column("note", "note", word),
    )
    ids: ClassVar[tuple[str, ...]] = ("customer_id",)
    happened: ClassVar[str] = "earned_at"
    of_storefront: ClassVar[bool] = False
    scope: ClassVar[str] = "points:adjust"
    keeps_unknown: ClassVar[bool] = False
    batch_size: ClassVar[int] = 500
    shape: ClassVar[type[Struct]] = NewOpening

    @staticmethod
    def told(values: dict[str, Any], _program: ProgramFacts) -> dict[str, Any]:
        """Tell an end that is never from one that is not told."""
        return values | {"never": True} if "expires_at" in values and values["expires_at"] is None else values

    @staticmethod
    async def record(
        tx: Tx, source: Source, _rules: RulesCache, items: Sequence[NewOpening]
    ) -> Sequence[Opened | LoyaltyError]:
        """Bring the points along."""
        return await open_balances(tx, source, items)
