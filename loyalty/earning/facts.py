"""Versions and drafts of the rules as the other rooms see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct


class VersionFacts(Struct, frozen=True):
    """A published version. `state`: in_force, scheduled (not begun), retired (another has begun since), or withdrawn.

    It was withdrawn where a later one begins no later: then it never was, or will be, in force.
    """

    version: int
    name: str | None
    in_force_from: datetime | None
    published_at: datetime
    published_by: str | None
    rules: list[dict[str, Any]]
    state: str


class DraftFacts(Struct, frozen=True):
    """A draft; `version` counts its edits."""

    draft_id: UUID
    name: str
    rules: list[dict[str, Any]]
    in_force_from: datetime | None
    based_on: int | None
    version: int
    updated_at: datetime
    updated_by: str


class DraftTold(Struct, frozen=True):
    """What is told of a draft."""

    name: str
    rules: list[dict[str, Any]]
    in_force_from: datetime | None = None
    based_on: int | None = None
