"""Segments as the other rooms see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class SegmentFacts(Struct, frozen=True):
    """A segment as read. `customers` counts those in it as of `refreshed_at`; null: it was never counted yet.

    `kept_by` names the room that keeps it; then it has no `conditions`.
    """

    key: str
    name: str
    conditions: list[dict[str, Any]] | None
    kept_by: str | None
    version: int
    customers: int
    refreshed_at: datetime | None
    asked_at: datetime | None
    created_at: datetime
    changed_at: datetime


class SegmentName(Struct, frozen=True):
    """A segment by its key, and what people call it."""

    key: str
    name: str


class Changed(Struct, frozen=True):
    """What a refresh came to."""

    customers: int
    entered: int
    left: int


class InSegment(Struct, frozen=True):
    """Somebody in a segment. `ids`: those of the storefront that asks, or of all for the panel."""

    customer_id: UUID
    ids: list[str]
    name: str | None
    email: str | None
    since: datetime | None
