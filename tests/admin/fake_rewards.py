"""Rewards without a database, for the panel over a fake desk."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from loyalty.errors import Invalid
from loyalty.programs.facts import ProgramFacts
from loyalty.rewards.kind import RewardFacts
from loyalty.rewards.offers import NewOffer
from loyalty.rewards.staff import ByForm, Done, RewardSeen, Taker, Takers
from loyalty.rewards.terms import Description, Terms
from tests.admin.fake_people import NORA, NOW

VOUCHER, MUG, PAYMENT = UUID(int=101), UUID(int=102), UUID(int=103)


def a_reward(reward_id: UUID, name: str, kind: str, price: int, settings: dict[str, Any], **more: Any) -> RewardFacts:  # noqa: ANN401
    """Make a reward."""
    return RewardFacts(reward_id, kind, name, price, settings, **more)


def some_rewards() -> dict[UUID, RewardSeen]:
    """Give a pool of codes with terms, a gift of which none is left, and a retired one."""
    terms = Terms(
        stock=500,
        per_member_limit=1,
        limit_per="month",
        minimum_tier="silver",
        tier_prices={"gold": 400},
        segments=["at-risk"],
        description=Description("A film of your choice.", "Un film au choix."),
    )
    settings = {"source": "uploaded", "prefix": "", "length": 10, "worth_minor": 1150}
    voucher = a_reward(VOUCHER, "Cinema ticket", "voucher_code", 500, settings, terms=terms, edition=3)
    mug = a_reward(MUG, "Mug", "gift", 120, {"worth_minor": None}, terms=Terms(stock=5))
    pays = {"points_per_step": 100, "step_minor": 100, "least_points": 50, "most_points": None, "most_share": "50"}
    payment = a_reward(PAYMENT, "Pay with points", "points_payment", 50, pays, active=False)
    return {
        VOUCHER: RewardSeen(voucher, 12, 37, 37, last_at=NOW),
        MUG: RewardSeen(mug, 5, 0, None, last_at=NOW),
        PAYMENT: RewardSeen(payment, 1_850, more=True),
    }


def some_takers() -> list[Taker]:
    """Give one of each state."""
    redeemed = Taker(
        UUID(int=1), NORA, "Nora Fieldstone", "nora@example.com", "1797", NOW, 500, 500, 0, "captured", "A-7"
    )
    return [
        redeemed,
        replace(redeemed, redemption_id=UUID(int=2), name=None, email=None, state="open", captured=0, code=None),
        replace(redeemed, redemption_id=UUID(int=3), returned=500),
        replace(redeemed, redemption_id=UUID(int=4), state="released", captured=0, code=None),
        replace(redeemed, redemption_id=UUID(int=5), state="timed_out", captured=0, code=None, shop_id=None, name="Bo"),
    ]


@dataclass
class FakeRewards:
    """The verbs, over a table. `refusal`: what saving is refused with."""

    kept: dict[UUID, RewardSeen] = field(default_factory=some_rewards)
    takers: list[Taker] = field(default_factory=some_takers)
    more: bool = False
    refusal: str = ""
    codes: list[str] = field(default_factory=list)
    offered: list[NewOffer] = field(default_factory=list)
    editions: list[int] = field(default_factory=list)

    async def listed(self, _: ProgramFacts, *, counted: bool = True) -> list[RewardSeen]:  # noqa: ARG002 - as the real one
        """List them."""
        return list(self.kept.values())

    async def seen(
        self, _: ProgramFacts, reward_id: UUID, after: UUID | None = None, *, whole: bool = False
    ) -> Takers | None:
        """Give one with those who asked for it; those after somebody are none."""
        if reward_id not in self.kept:
            return None
        takers = self.takers if self.kept[reward_id].last_at and not after else []
        return Takers(self.kept[reward_id], takers, bool(takers) and self.more and not whole)

    async def offer(self, _: ProgramFacts, __: ByForm, new: NewOffer) -> Done:
        """Note it."""
        if self.refusal == "invalid":
            msg = "This kind of reward needs a price in points."
            raise Invalid(msg, pointer="/price_points")
        if self.refusal == "unknown":
            raise Invalid("", problems=[Invalid("", pointer="/tier_prices/gold"), Invalid("", pointer="/segments/0")])
        self.offered.append(new)
        return Done(code=self.refusal) if self.refusal else Done(MUG)

    async def edit(self, _: ProgramFacts, __: ByForm, reward_id: UUID, edition: int, new: NewOffer) -> Done:
        """Note it."""
        self.offered.append(new)
        self.editions.append(edition)
        return Done(code=self.refusal) if self.refusal else Done(reward_id)

    async def set_offered(self, _: ProgramFacts, __: ByForm, reward_id: UUID, *, offered: bool) -> Done:
        """Write it down."""
        before = self.kept[reward_id]
        self.kept[reward_id] = replace(before, reward=replace(before.reward, active=offered))
        return Done(reward_id)

    async def add_codes(self, _: ProgramFacts, __: ByForm, reward_id: UUID, codes: list[str]) -> Done:
        """Take them all."""
        self.codes += codes
        return Done(reward_id, added=len(codes), known=1)
