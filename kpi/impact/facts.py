"""Estimates as other rooms see them: what was asked, how far it is, what it came to, and of which inputs."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kpi.impact.comparison import Comparison
from kpi.impact.halves import SelfTest
from kpi.impact.horizon import Past

State = Literal["queued", "running", "done", "failed", "cancelled"]
# Counts up when the same inputs would give another estimate.
METHOD = 2


class Inputs(Struct, frozen=True):
    """What an estimate was made of: the same `method`, `as_of` and `cuts` give the same estimate again.

    `until` is the first local day that was not used; `cuts` are where classes of spend begin, in minor units, like
    `net_minor`, the sum of the purchases.
    """

    method: int
    as_of: datetime
    timezone: str
    currency: str
    until: date
    cuts: tuple[int, ...]
    customers: int
    members: int
    purchases: int
    net_minor: int


class Result(Struct, frozen=True):
    """What an estimate came to; `seconds` is how long it took. `pasts`: what a holdout is planned by."""

    inputs: Inputs
    comparison: Comparison
    tested: SelfTest
    seconds: float
    pasts: tuple[Past, ...] = ()


class EstimateFacts(Struct, frozen=True):
    """An estimate as it stands: `done` of `total` steps. `result` when it is done, `error` when it failed."""

    estimate_id: UUID
    state: State
    done: int
    total: int | None
    result: Result | None
    error: str | None
    asked_by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
