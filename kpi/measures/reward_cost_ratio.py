"""How much of what members buy is paid with rewards."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.money import Rewards
from kpi.splits import quotient


@MEASURES.register("reward_cost_ratio")
class RewardCostRatio(Measure):
    """Σ (kept - net) / Σ net of member purchases: the reward's part of what is kept, against what members paid.

    Both are rounded once a purchase, so a kept reward is what `net` leaves out, to the cent. It may exceed 1.
    """

    title = Text(en="Reward cost ratio", fr="Coût des récompenses")
    definition = Text(
        en="Discounts given for rewards on members’ purchases, for each unit of revenue from members in the period,"
        " both after refunds.",
        fr="Remises accordées au titre des récompenses sur les achats des membres, rapportées au chiffre d’affaires des"
        " membres pendant la période, l’un et l’autre après remboursements.",
    )
    formula = Text(
        en="reward discounts kept / net amount of members’ purchases",
        fr="remises de récompense conservées / montant net des achats des membres",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "none"
    needs = frozenset({"rewards"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what rewards paid by what members paid."""
        kept: Rewards = facts.parts["rewards"]
        return Outcome({"all": quotient(kept.rewards, kept.net)}, counts={"revenue_minor": kept.net})
