"""How long customers take from one purchase to the next."""

from dataclasses import replace

import numpy as np

from kpi.facts import PeriodFacts
from kpi.measure import MEASURES, Distribution, Measure, Outcome, Text
from kpi.parts.gaps import DAY, Gaps, SummedGaps
from kpi.parts.waits import LONGEST_DAYS, Waits
from kpi.pictures import Picture
from kpi.splits import SEGMENTS, Sums, by_order
from kpi.survival import curve


@MEASURES.register("days_between_purchases")
class DaysBetweenPurchases(Measure):
    """Mean of placed(o) - placed(the purchase before), o in [s,e) with rank ≥ 2: Σ seconds / number, told in days.

    The median and the histogram stand beside it. Deviates from a time since the first visit, which is no purchase, and
    from a sum of rates, which is no time.
    """

    title = Text(en="Time between purchases", fr="Temps entre achats")
    definition = Text(
        en="How many days had passed, on average, since the same customer's previous purchase; first purchases have"
        " none and are left out, and so are customers who never come back. The status is that at the later purchase.",
        fr="Nombre moyen de jours écoulés depuis l’achat précédent du même client ; les premiers achats n’en ont pas et"
        " sont écartés, comme les clients qui ne reviennent jamais. Le statut est celui du second des deux achats.",
    )
    formula = Text(
        en="time between each purchase of the period and the one before / number of such gaps",
        fr="temps entre chaque achat de la période et le précédent / nombre de ces intervalles",
    )
    unit = "days"
    additivity = "none"
    less_is_better = True
    inputs = ("purchases", "members")
    split = "at_order"
    needs = frozenset({"gaps"})
    draws = frozenset({"waits"})

    def outcome(self, facts: PeriodFacts) -> Outcome:
        """Divide the time by the gaps, for all and for each status, and tell how the gaps spread."""
        gaps: Gaps | SummedGaps = facts.parts["gaps"]
        spread = {name: Distribution(side.median, side.by_day) for name, side in zip(SEGMENTS, gaps.sides, strict=True)}
        everything, member, other = (Sums(side.sums.seconds, side.number, side.clusters) for side in gaps.sides)
        return replace(by_order(everything, member, other, unit=DAY), distributions=spread)

    def picture(self, facts: PeriodFacts) -> Picture:
        """Show how soon purchases are followed by another, with those that are not yet: gaps know only who came back.

        The status is that at the purchase which is waited from.
        """
        waits: Waits = facts.parts["waits"]
        chosen = (np.ones(len(waits.member), dtype=np.bool_), waits.member, ~waits.member)
        return Picture(
            curves={
                name: curve(waits.watched[which], waits.followed[which], DAY, LONGEST_DAYS)
                for name, which in zip(SEGMENTS, chosen, strict=True)
            }
        )
