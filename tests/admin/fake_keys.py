"""Keys without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from loyalty.programs.facts import ProgramFacts
from loyalty.programs.keys import KeyFacts
from loyalty.programs.staff import KeysSeen, Made, NewKey, StorefrontFacts
from tests.admin.fake_people import NOW

TILL = UUID(int=70)


def a_key(number: int, name: str, **more: Any) -> KeyFacts:  # noqa: ANN401
    """Make a key."""
    facts: dict[str, Any] = {
        "storefront": "Web shop",
        "last4": f"k{number:03}",
        "scopes": ["*"],
        "state": "live",
        "created_at": NOW - timedelta(days=90),
        "expires_at": None,
        "last_used_at": NOW,
        "revoked_at": None,
    }
    return KeyFacts(key_id=UUID(int=70 + number), name=name, **facts | more)


def some_keys() -> list[KeyFacts]:
    """Give one that may do two things, two of which one has taken over, and one that was revoked."""
    return [
        a_key(0, "Checkout", scopes=["purchases:read", "purchases:write"], last_used_at=None),
        a_key(1, "Nightly", created_at=NOW, expires_at=NOW + timedelta(days=30)),
        a_key(2, "Nightly"),
        a_key(3, "Old till", state="revoked", revoked_at=NOW),
    ]


@dataclass
class FakeKeys:
    """The verbs, over a list. `refusal`: what each verb that changes answers."""

    storefronts_listed: list[StorefrontFacts] = field(
        default_factory=lambda: [
            StorefrontFacts(1, "Market stall", "default"),
            StorefrontFacts(2, "Web shop", "default"),
        ]
    )
    kept: list[KeyFacts] = field(default_factory=some_keys)
    refusal: str = ""
    made: list[NewKey] = field(default_factory=list)
    rotated: list[tuple[UUID, timedelta | None]] = field(default_factory=list)

    async def seen(self, program: ProgramFacts) -> KeysSeen:
        """Give all there are."""
        assert program.program_id
        return KeysSeen(self.storefronts_listed, self.kept)

    async def storefronts(self, program: ProgramFacts) -> list[StorefrontFacts]:
        """Give the storefronts."""
        assert program.program_id
        return self.storefronts_listed

    async def create(self, program: ProgramFacts, new: NewKey) -> Made:
        """Write it down."""
        if self.refusal:
            return Made("", self.refusal)
        self.made.append(new)
        return Made(f"lk_live_{program.program_id}_a-new-secret-made0001")

    async def rotate(self, program: ProgramFacts, key_id: UUID, old_lives: timedelta | None) -> Made:
        """Write it down."""
        if self.refusal:
            return Made("", self.refusal)
        self.rotated.append((key_id, old_lives))
        return Made(f"lk_live_{program.program_id}_a-new-secret-made0002")

    async def revoke(self, program: ProgramFacts, key_id: UUID) -> str:
        """End it, if it is there."""
        assert program.program_id
        if key_id not in {key.key_id for key in self.kept}:
            return "not_found"
        self.kept = [
            msgspec.structs.replace(key, state="revoked", revoked_at=NOW) if key.key_id == key_id else key
            for key in self.kept
        ]
        return ""
