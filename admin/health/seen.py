"""What the page of the service's health is made of, as the door reads it."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from loyalty.jobs.queries import Standing
from loyalty.outbox.queries import Behind


class HealthSeen(Struct, frozen=True):
    """How a programme stands. `jobs` are its own and the installation's.

    `dirty_days` of the key figures are to be counted anew, the oldest of them known `dirty_since`.
    """

    jobs: Sequence[Standing]
    consumers: Sequence[Behind]
    dirty_days: int
    dirty_since: datetime | None
