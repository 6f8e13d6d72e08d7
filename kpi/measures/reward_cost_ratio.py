"""How much rewards cost, against what members buy."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, Text
from kpi.parts.money import HandedOver, Rewards
from kpi.reasons import NO_REWARD_COST
from kpi.splits import quotient, without


@MEASURES.register("reward_cost_ratio")
class RewardCostRatio(Measure):
    """(Σ (kept - net) of member purchases + what was handed over - what of that came back) / Σ net of the former.

    Kept and net are rounded once a purchase, so a kept discount is what `net` leaves out, to the cent. The ratio may
    exceed 1; where more came back than was given, it is below 0.
    """

    title = Text(en="Reward cost ratio", fr="Coût des récompenses")
    definition = Text(
        en="What rewards cost for each unit of revenue from members in the period: discounts on members’ purchases and"
        " what those paid, both after refunds; and gifts, free products and vouchers that were redeemed, less those"
        " taken back. An article costs its unit cost of that day, anything else what you say that it is worth.",
        fr="Ce que coûtent les récompenses, rapporté au chiffre d’affaires des membres pendant la période : les remises"
        " sur les achats des membres et ce que ceux-ci ont payé, après remboursements ; et les cadeaux, produits"
        " offerts et bons utilisés, moins ceux qui ont été repris. Un article coûte son coût unitaire de ce jour-là,"
        " le reste la valeur que vous lui donnez.",
    )
    formula = Text(
        en="(reward discounts kept + rewards handed over − taken back) / net amount of members’ purchases",
        fr="(remises de récompense conservées + récompenses remises − reprises) / montant net des achats des membres",
    )
    unit = "ratio"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "members", "points", "costs")
    split = "none"
    needs = frozenset({"rewards", "handed_over"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide what rewards cost by what members paid, where all of it has a cost."""
        kept: Rewards = facts.parts["rewards"]
        over: HandedOver = facts.parts["handed_over"]
        counts = {
            "revenue_minor": kept.net,
            "discounts_minor": kept.rewards,
            "handed_over_minor": over.given,
            "taken_back_minor": over.returned,
        }
        if over.uncosted:
            return without(NO_REWARD_COST, counts=counts | {"rewards_without_cost": over.uncosted})
        return Outcome({"all": quotient(kept.rewards + over.given - over.returned, kept.net)}, counts=counts)
