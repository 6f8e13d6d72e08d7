"""Repeat purchases: who bought twice or more within the period."""

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Measure, Outcome, People, Text
from kpi.parts.often import Often
from kpi.pictures import Picture
from kpi.splits import rate_at_order


@MEASURES.register("repeat_purchase_rate")
class RepeatPurchaseRate(Measure):
    """{c ∈ B : P(c,[s,e)) ≥ 2} / #B; on one side, two purchases of that status. It grows with the period's length."""

    title = Text(en="Repeat purchase rate", fr="Taux d’achat répété")
    definition = Text(
        en="Of the customers who bought in the period, the share that bought at least twice in it. The longer the"
        " period, the higher the rate: compare periods of the same length. On the members' side, both purchases were"
        " made as a member.",
        fr="Parmi les clients qui ont acheté pendant la période, la part qui a acheté au moins deux fois pendant"
        " celle-ci. Plus la période est longue, plus le taux monte : comparez des périodes de même longueur. Du côté"
        " des membres, les deux achats ont été faits en tant que membre.",
    )
    formula = Text(
        en="customers with two purchases or more in the period / customers who bought",
        fr="clients ayant fait au moins deux achats pendant la période / clients ayant acheté",
    )
    unit = "ratio"
    additivity = "none"
    inputs = ("purchases", "members")
    split = "at_order"
    draws = frozenset({"often"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Ask the buyers whether they bought again, for all and for each status."""
        everybody, member, other = (
            People(side.buyers, side.twice) for side in (facts.everybody, facts.member, facts.other)
        )
        return rate_at_order(everybody, member, other)

    def picture(self, facts: PeriodFacts) -> Picture:
        """Show how many went on to the second, the third and the fourth purchase of the period."""
        often: Often = facts.parts["often"]
        return Picture(steps=often.at_least)
