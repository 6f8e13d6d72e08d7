"""Segments without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

import loyalty.background  # noqa: F401 - the doors name the homes of conditions
from loyalty.programs.facts import ProgramFacts
from loyalty.segments.condition import load_all
from loyalty.segments.facts import InSegment, SegmentFacts
from loyalty.segments.staff import SegmentSeen, Tried, Wanted
from tests.admin.fake_people import NORA, NOW

AT_RISK = [
    {"kind": "orders", "at_least": 3, "days": 365},
    {"kind": "spent", "at_least_minor": 15000},
    {"kind": "last_purchase_before", "days": 60},
    {"kind": "member", "is_member": True},
]


def a_segment(key: str, name: str, conditions: list[dict[str, Any]] | None, **more: Any) -> SegmentFacts:  # noqa: ANN401
    """Make a segment."""
    facts = {"kept_by": None, "version": 1, "customers": 1234, "refreshed_at": NOW, "asked_at": None} | more
    return SegmentFacts(key=key, name=name, conditions=conditions, created_at=NOW, changed_at=NOW, **facts)


def some_segments() -> dict[str, SegmentFacts]:
    """Give one at rest, one that is being counted, and one that another room keeps."""
    listed = [
        a_segment("at-risk", "Good customers who may be lost", AT_RISK),
        a_segment("new", "New", [{"kind": "joined_within", "days": 30}], refreshed_at=None, customers=0, asked_at=NOW),
        a_segment("promoters", "Promoters", None, kept_by="surveys", customers=2),
    ]
    return {segment.key: segment for segment in listed}


def some_in_it() -> list[InSegment]:
    """Give a few who are in one."""
    return [
        InSegment(NORA, ["1797", "N-1797"], "Nora Fieldstone", "nora@example.com", NOW),
        InSegment(UUID(int=2), ["2070"], None, None, NOW),
    ]


@dataclass
class FakeSegments:
    """The verbs, over a table. `refusal`: what saving and deleting are refused with."""

    kept: dict[str, SegmentFacts] = field(default_factory=some_segments)
    people: list[InSegment] = field(default_factory=some_in_it)
    more: bool = False
    refusal: str = ""
    asked: list[str] = field(default_factory=list)
    tries: list[list[dict[str, Any]]] = field(default_factory=list)

    async def listed(self, _: ProgramFacts) -> list[SegmentFacts]:
        """List them by key."""
        return [self.kept[key] for key in sorted(self.kept)]

    async def seen(
        self, _: ProgramFacts, key: str, after: UUID | None = None, *, whole: bool = False
    ) -> SegmentSeen | None:
        """Give one with its people; those after somebody are none."""
        if key not in self.kept:
            return None
        people = [] if after else self.people
        return SegmentSeen(self.kept[key], people, self.more and not whole and not after)

    async def tried(self, _: ProgramFacts, conditions: list[dict[str, Any]]) -> Tried:
        """Find everybody, whatever is asked."""
        load_all(conditions)
        self.tries.append(conditions)
        return Tried(12, [msgspec.structs.replace(one, since=None) for one in self.people])

    async def save(self, _: ProgramFacts, wanted: Wanted) -> str:
        """Write it down."""
        if self.refusal:
            return self.refusal
        if wanted.key in self.kept and wanted.version not in {None, self.kept[wanted.key].version}:
            return "edited_meanwhile"
        before = self.kept.get(wanted.key) or a_segment(wanted.key, "", [])
        self.kept[wanted.key] = msgspec.structs.replace(before, name=wanted.name, conditions=wanted.conditions)
        return ""

    async def refresh(self, _: ProgramFacts, key: str) -> str:
        """Note who asked."""
        self.asked.append(key)
        return ""

    async def delete(self, _: ProgramFacts, key: str) -> str:
        """Take it away."""
        if not self.refusal:
            self.kept.pop(key, None)
        return self.refusal
