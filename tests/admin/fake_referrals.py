"""Referrals without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from uuid import UUID

from loyalty.programs.facts import ProgramFacts
from loyalty.referrals.staff import Person, ReferralSeen, ReferralsSeen
from loyalty.referrals.terms import StoredTerms, Terms
from tests.admin.fake_people import NOW, STALE

TERMS = Terms(on=True, referrer_points=500, friend_points=300, minimum_minor=5_000, per_month=5)
ANN = Person(UUID(int=11), "Ann Weber", "ann@example.com", "c-11")
FAY = Person(UUID(int=12), "Fay Brown", "fay@example.com", "c-12")
GUS = Person(UUID(int=13), None, None, "c-13")
WAITS = ReferralSeen(UUID(int=21), "in_review", "shared_trace", NOW, FAY, ANN, TERMS, shared=["address"])
REWARDED = ReferralSeen(
    UUID(int=22), "rewarded", None, NOW, GUS, ANN, TERMS, NOW, friend_points=300, referrer_points=500
)
TYPO = ReferralSeen(UUID(int=23), "refused", "unknown_code", NOW, GUS, None, TERMS)


@dataclass
class FakeReferrals:
    """The verbs, over a few referrals. `refusal`: what a decision is refused with."""

    terms: StoredTerms = field(default_factory=lambda: StoredTerms(4, TERMS))
    all: list[ReferralSeen] = field(default_factory=lambda: [WAITS, REWARDED, TYPO])
    more: bool = False
    refusal: str = ""
    asked: list[tuple[str | None, UUID | None]] = field(default_factory=list)
    decided: list[tuple[UUID, bool]] = field(default_factory=list)
    published: list[Terms] = field(default_factory=list)

    async def seen(self, _: ProgramFacts, state: str | None = None, after: UUID | None = None) -> ReferralsSeen:
        """Give those of a state."""
        self.asked.append((state, after))
        counts = {one.state: sum(other.state == one.state for other in self.all) for one in self.all}
        waiting = [one for one in self.all if one.state == "in_review"]
        listed = [one for one in self.all if state in {None, one.state}]
        return ReferralsSeen(self.terms, counts, waiting, listed, self.more)

    async def decide(
        self,
        _: ProgramFacts,
        user_id: UUID,  # noqa: ARG002 - as the real one
        request_id: str,  # noqa: ARG002 - as above
        referral_id: UUID,
        *,
        let_through: bool,
    ) -> str:
        """Keep what was decided."""
        self.decided.append((referral_id, let_through))
        return self.refusal

    async def publish(
        self,
        _: ProgramFacts,
        terms: Terms,
        user_id: UUID,  # noqa: ARG002 - as above
        version: int | None = None,
    ) -> str:
        """Keep what is published."""
        if version == STALE:
            return "edited_meanwhile"
        self.published.append(terms)
        return self.refusal
