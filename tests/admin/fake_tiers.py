"""Tiers without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from loyalty.programs.facts import ProgramFacts
from loyalty.tiers.facts import Floor
from loyalty.tiers.foreseeing import Moves, Uncounted
from loyalty.tiers.rules import Progress
from loyalty.tiers.scheme import Calendar, Scheme, StoredScheme, Tier
from loyalty.tiers.staff import FloorByStaff, PersonTier, Published, TiersSeen
from tests.admin.fake_people import NOW

SILVER = Tier("silver", {"en": "Silver", "fr": "Argent"}, 20_000)
GOLD = Tier(
    "gold",
    {"en": "Gold", "fr": "Or"},
    50_000,
    "1.5",
    {"en": ["Free delivery", "A gift on your birthday"], "fr": ["Livraison offerte", "Un cadeau d’anniversaire"]},
)
SCHEME = Scheme("money_spent", Calendar(), [SILVER, GOLD], 30)


def on_the_way() -> PersonTier:
    """Give somebody at silver, held there by staff, with 80.00 to gold."""
    at = Progress("silver", 42_000, "gold", 8_000, date(2018, 12, 31), date(2019, 12, 31))
    return PersonTier(SCHEME, at, Floor("silver", date(2018, 6, 30), "A parcel that was lost", "user:1", NOW))


@dataclass
class FakeTiers:
    """The verbs, over one scheme. `refusal`: of holding somebody; `done`: what publishing comes to."""

    scheme: StoredScheme | None = field(default_factory=lambda: StoredScheme(3, SCHEME))
    members: dict[str | None, int] = field(default_factory=lambda: {"silver": 1_234, "gold": 56, None: 7_890})
    refusal: str = ""
    done: Published = field(default_factory=Published)
    moves: Moves | Uncounted = field(default_factory=lambda: Moves(up=12, down=1, kept=34))
    foresaw: list[Scheme] = field(default_factory=list)
    published: list[Scheme] = field(default_factory=list)
    floors: list[FloorByStaff] = field(default_factory=list)

    async def seen(self, _: ProgramFacts, *, counted: bool = True) -> TiersSeen:  # noqa: ARG002 - as the real one
        """Give the tiers."""
        return TiersSeen(self.scheme, self.members)

    async def foreseen(self, _: ProgramFacts, scheme: Scheme) -> Moves | Uncounted:
        """Have some move, and keep under which tiers."""
        self.foresaw.append(scheme)
        return self.moves if self.scheme else "unpublished"

    async def publish(
        self,
        _: ProgramFacts,
        scheme: Scheme,
        user_id: UUID,  # noqa: ARG002 - as the real one
        version: int | None = None,
    ) -> Published:
        """Keep what is published."""
        if self.scheme is not None and version not in {None, self.scheme.version}:
            return Published("edited_meanwhile")
        self.published.append(scheme)
        return self.done

    async def hold(self, _: ProgramFacts, asked: FloorByStaff) -> str:
        """Keep what is asked for."""
        self.floors.append(asked)
        return self.refusal
